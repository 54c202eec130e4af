"""The description of the client API says what is served, and nothing else."""

import jsonschema_rs
import pytest
from tests.described import complaint_about
from tests.parameters import described_in, mentions, read_by

from rookery.mastodon.openapi import document_from_routes
from rookery.mastodon.openapi_notation import schema_from_kind, schemas_from_entities
from rookery.mastodon.openapi_routes import DRAFTS, lines_by_route, parse_line
from rookery.mastodon.openapi_server_entities import ENTITIES
from rookery.mastodon.tables import ROUTES


def references(value):
    """Every entity that a document names."""
    if isinstance(value, dict):
        return {value["$ref"]} if "$ref" in value else set().union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


async def test_a_program_reads_what_the_server_answers(world):
    reply = await world.stranger.get("/api/openapi.json")
    assert reply.json["openapi"] == "3.1.1"
    served = {(route.method.lower(), route.path) for route in ROUTES}
    assert {(method, path) for path, methods in reply.json["paths"].items() for method in methods} == served
    publish = reply.json["paths"]["/api/v1/statuses"]["post"]
    assert publish["security"] == [{"token": ["write:statuses"]}, {"token": ["write"]}]
    assert "300 requests per 3 h and account" in publish["description"]


async def test_a_program_that_has_the_description_is_told_so_and_caches_may_keep_it(world):
    first = await world.stranger.get("/api/openapi.json")
    said = [value for name, value in first.all_headers if name == b"cache-control"]
    assert said == [b"public, max-age=300"]
    again = await world.stranger.get("/api/openapi.json", headers={"if-none-match": first.headers["etag"]})
    assert (again.code, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert again.headers["access-control-allow-origin"] == "*"
    other = await world.stranger.get("/api/openapi.json", headers={"if-none-match": '"other"'})
    assert (other.code, other.body) == (200, first.body)
    private = [value for name, value in (await world.stranger.get("/api/v1/instance/rules")).all_headers]
    assert b"private, no-store" in private


def test_every_route_is_described_and_nothing_else_is():
    assert lines_by_route().keys() == {route.key for route in ROUTES}


def test_every_entity_that_is_named_is_there_and_every_one_there_is_named():
    document = document_from_routes(ROUTES, "http://localhost:3000")
    named = {reference.rpartition("/")[2] for reference in references(document)} - document["components"][
        "responses"
    ].keys()
    extended = {text.split()[0] for text in ENTITIES.values() if " + " in text}
    assert named <= document["components"]["schemas"].keys()
    assert (ENTITIES.keys() | DRAFTS.keys()) - named - extended == set()


def test_operations_have_names_of_their_own():
    paths = document_from_routes(ROUTES, "http://localhost:3000")["paths"].values()
    names = [operation["operationId"] for path in paths for operation in path.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("body", "is_right"),
    [(b'{"count":1}', True), (b'{"count":"1"}', False), (b"{}", False), (b'{"count":1,"more":2}', False)],
)
def test_an_answer_unlike_its_description_is_seen(body, is_right):
    path, headers = "/api/v1/notifications/unread_count", {"content-type": "application/json"}
    assert (complaint_about("GET", path, 200, headers, body) is None) is is_right


def test_an_undescribed_deprecation_is_seen():
    headers = {"content-type": "application/json", "deprecation": "@1"}
    assert complaint_about("GET", "/api/v1/notifications/unread_count", 200, headers, b'{"count":1}')


def test_the_notation_is_read_as_it_is_written():
    schema = schemas_from_entities({"A": "id:id b~:[text]?", "B": "A + c=flag d:{count} e:(x|y)"}, is_closed=True)["B"]
    judge = jsonschema_rs.validator_for(schema)
    assert judge.is_valid({"id": "1", "c": True, "d": {"k": 1}, "e": "x"})
    assert judge.is_valid({"id": "1", "b": None, "c": True, "d": {}, "e": "y"})
    assert not judge.is_valid({"id": "x", "c": True, "d": {}, "e": "y"})
    assert not judge.is_valid({"id": "1", "c": True, "d": {}, "e": "z"})
    assert parse_line("Posts", "[Status] q!:text deprecated").parameters == (("q", "text", True),)
    with pytest.raises(ValueError, match="unknown kind"):
        schema_from_kind("sentence")


# Read on the way of these routes by a function that serves others too, and of no meaning for them.
OF_OTHERS = {
    "/api/v1/streaming/": {"list", "only_media", "tag", "stream"},  # one reader of names for all streams
    "/api/v1/accounts/search": {"account_id", "resolve", "type"},  # the search of everything, asked for people alone
    "/api/v1/accounts/update_credentials": {"visibility"},  # `source[privacy]` under the name that posts give it
    "/api/v2/filters/keywords/{id}": {"id", "_destroy"},  # a keyword among a filter's
}

# Described, and read by their names in a table of a lower floor.
IN_TABLES = {
    "POST /api/v1/admin/measures": "timelines/figures.py has the measures",
    "POST /api/v1/admin/dimensions": "timelines/figures.py has the dimensions",
    "POST /api/v1/markers": "actions/markers.py has the timelines",
}


def unsaid(route) -> set[str]:
    """What a handler reads and its line does not describe."""
    excused = {name for path, names in OF_OTHERS.items() if route.path.startswith(path) for name in names}
    return read_by(route.handler) - described_in(lines_by_route()[route.key]) - excused


@pytest.mark.parametrize("route", [one for one in ROUTES if "v1_alpha" not in one.path], ids=lambda route: route.key)
def test_every_parameter_that_is_read_is_described_and_every_described_one_is_read(route):
    assert unsaid(route) == set()
    line = lines_by_route()[route.key]
    sent = [name for name, kind, _ in line.parameters if kind != "file"]
    unread = [name for name in sent if not mentions(route.handler, name)]
    assert bool(unread) == (route.key in IN_TABLES), unread


def test_a_parameter_that_nobody_described_is_seen():
    [route] = [one for one in ROUTES if one.key == "GET /api/v1/timelines/public"]
    assert {"local", "remote", "only_media", "max_id", "limit"} <= read_by(route.handler)
    assert read_by(route.handler) - described_in(lines_by_route()["GET /api/v1/timelines/home"]) >= {"local", "remote"}
    assert not mentions(route.handler, "nonsense")


def test_no_excuse_outlives_its_reason():
    for path, names in OF_OTHERS.items():
        routes = [route for route in ROUTES if route.path.startswith(path)]
        read = {name for route in routes for name in read_by(route.handler) - described_in(lines_by_route()[route.key])}
        assert names <= read | {"tag", "stream"}, path
