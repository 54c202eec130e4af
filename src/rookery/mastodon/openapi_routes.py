"""What every route of the client API takes and answers: one line per path and declaration, by part of the API.

Owns: the four tables as one, what their words stand for, and the drafts that bodies hold.

The first word of a line is the answer: a kind of openapi_notation.py (`kind@type` when its media type is not that of
JSON), a media type for what is no JSON, a code for a route that only ever says that. The others are parameters,
`name:kind`, `name!:kind` for one that must be sent; `@page` is the parameters of a page. They stand in the query of GET
and DELETE, else in the body, which may be JSON or a form. `deprecated` at the end: there is a better route.
"""

from __future__ import annotations

from typing import NamedTuple

from rookery.mastodon.openapi_people import PEOPLE
from rookery.mastodon.openapi_posts import POSTS
from rookery.mastodon.openapi_server import SERVER
from rookery.mastodon.openapi_staff import STAFF

PARTS = {"People": PEOPLE, "Posts": POSTS, "Server": SERVER, "Staff": STAFF}
JSON = "application/json"
PAGE = "max_id:id since_id:id min_id:id limit:count"
# What bodies hold beside plain values.
DRAFTS = {
    "FieldAttributes": "name~:text value~:text",
    "SourceChange": "privacy~:(public|unlisted|private|direct) sensitive~:flag language~:text"
    " quote_policy~:(public|followers|nobody)",
    "KeywordAttributes": "id~:id keyword~:text whole_word~:flag _destroy~:flag",
    "PollDraft": "options:[text] expires_in:count multiple~:flag hide_totals~:flag",
    "MediaAttributes": "id:id description~:text focus~:text",
    "MarkerDraft": "last_read_id:id",
    "PushKeys": "p256dh:text auth:text",
    "PushDraft": "endpoint:url keys:PushKeys standard~:flag",
    "FigureScope": "id~:id domain~:text",
    "PushData": "alerts~:{flag} policy~:(all|followed|follower|none)",
}


class Line(NamedTuple):
    """One line. part: of the API, as a tag. parameters: (name, kind, must be sent). is_old: there is a better route.

    answer: a kind or a code, empty for what is no JSON. media: its type.
    """

    part: str
    answer: str
    media: str
    parameters: tuple[tuple[str, str, bool], ...]
    is_old: bool


def lines_by_route() -> dict[str, Line]:
    """Return every line by `GET /api/…`. Raises ValueError for a route that has two."""
    lines: dict[str, Line] = {}
    for part, table in PARTS.items():
        for key, text in table.items():
            *methods, path = key.split()
            for method in methods:
                route = f"{method} {path}"
                if route in lines:
                    raise ValueError(f"described twice: {route}")
                lines[route] = parse_line(part, text)
    return lines


def parse_line(part: str, text: str) -> Line:
    """Return a line from its words."""
    answer, *words = text.replace("@page", PAGE).split()
    pairs = [word.split(":", 1) for word in words if word != "deprecated"]
    parameters = tuple((name.rstrip("!"), kind, name.endswith("!")) for name, kind in pairs)
    kind, _, media = answer.rpartition("@") if "/" in answer else (answer, "", JSON)
    return Line(part, kind, media, parameters, "deprecated" in words)
