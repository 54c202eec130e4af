"""A stranger's program reads the description of the client API and calls everything in it, with odd values.

Whatever it sends, no answer is a fault of the server, and each has a code and a shape that the description has.
Bounded by examples, not by time; the same examples each run.
"""

from urllib.parse import unquote, urlsplit

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from tests.described import complaint_about
from tests.journeys.server import RunningServer, server  # noqa: F401

from rookery.mastodon.openapi import document_from_routes
from rookery.mastodon.tables import ROUTES

EXAMPLES = 4
TALKERS = "/api/v1/streaming/"  # answers that never end
SCHEMA = schemathesis.openapi.from_dict(document_from_routes(ROUTES, "http://localhost:3000"))
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if not found.ok().path.startswith(TALKERS)]
BOUNDS = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Seeded:
    """A server with an owner whose app may do everything, and things whose ids a program would send."""

    def __init__(self, running: RunningServer) -> None:
        self.server = running
        who = ("--email", "ana@mail.test", "--password", "correct horse battery", "--confirmed", "--role", "owner")
        running.run("account", "create", "ana", *who)
        self.token = self.new_token()
        self.bea = running.person("bea")
        self.session = requests.Session()
        self.ids = [self.made("statuses", status=f"hello #{word} @bea", visibility="public") for word in ("one", "two")]
        self.ids.append(self.made("lists", title="friends"))
        self.ids.append(self.calls("GET", "/api/v1/accounts/lookup?acct=bea").json()["id"])

    def new_token(self) -> str:
        return self.server.run("token", "create", "ana", "--scopes", "read write follow push admin:read admin:write")[
            "token"
        ]

    def calls(self, method: str, path: str, **more: object) -> requests.Response:
        headers = {"authorization": f"Bearer {self.token}"}
        return self.session.request(method, self.server.url + path, headers=headers, timeout=30, **more)

    def made(self, what: str, **fields: str) -> str:
        return self.calls("POST", f"/api/v1/{what}", json=fields).json()["id"]

    def complaint(self, case: schemathesis.Case) -> str | None:
        """Call one operation. What does not fit into a request at all is none of the server's business."""
        headers = {"authorization": f"Bearer {self.token}"}
        answer = case.call(base_url=self.server.url, session=self.session, headers=headers, timeout=30)
        code, path = answer.status_code, urlsplit(answer.request.url).path
        described = case.operation.definition.raw["responses"]
        if code == 405 or (code == 404 and path != unquote(path)):
            return None  # the value made another path of it
        if str(code) not in described and code < 600:
            return f"{case.operation.label} answers {code}, which is not described: {answer.text[:200]}"
        sent = {name.lower(): value[0] for name, value in answer.headers.items()}
        return complaint_about(case.method, unquote(path), code, sent, answer.content)


def tried(seeded: Seeded, operation: schemathesis.APIOperation) -> list[str]:
    """Return the complaints about one operation."""
    complaints: list[str] = []

    @BOUNDS
    @given(st.data(), st.sampled_from(GenerationMode))
    def examples(data: st.DataObject, mode: GenerationMode) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = data.draw(st.sampled_from(seeded.ids) | st.just(case.path_parameters["id"]))
        if complaint := seeded.complaint(case):
            complaints.append(f"{complaint}\n    {case.as_curl_command()[:400]}")

    examples()
    return complaints[:1]


def test_nothing_that_the_description_allows_breaks_the_server(server: RunningServer) -> None:  # noqa: F811
    seeded = Seeded(server)
    complaints = [complaint for operation in OPERATIONS for complaint in tried(seeded, operation)]
    assert not complaints, "\n".join(complaints)
