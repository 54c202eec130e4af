"""The client API described for programs: an OpenAPI document made from the routes that are served.

Owns: the document and its route. Paths, methods, scopes, limits and sentences come from the route tables, parameters
and answers from openapi_routes.py and the entities. Never: describes a route that does not answer.
Spec: https://spec.openapis.org/oas/v3.1.1
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from rookery import __version__
from rookery.mastodon.face import MastodonFace
from rookery.mastodon.openapi_notation import KINDS, Schema, schema_from_kind, schemas_from_entities
from rookery.mastodon.openapi_routes import DRAFTS, Line, lines_by_route
from rookery.mastodon.openapi_server_entities import ENTITIES
from rookery.model.callers import ALL_SCOPES
from rookery.network.requests import Request
from rookery.network.responses import ENCODE_JSON, JSON_TYPE, Answer, Response
from rookery.network.routes import PARAMETER, Route, RouteTable

routes: RouteTable[MastodonFace] = RouteTable()
# The same for everybody, and the next release changes it: five minutes spare the work and hide nothing for long.
SHARED = (b"cache-control", b"public, max-age=300")
CACHING = frozenset((b"cache-control",))
LINK = re.compile(r"https://\S+[^\s.,;)]")
# Path values that are ids; the others are names, codes and keys.
IDS = frozenset(("id", "item", "quoting"))
ERRORS = {
    "400": "What was sent cannot be read, or a parameter is missing.",
    "401": "The token is missing, wrong or no longer good.",
    "403": "The token has none of the scopes, or the person may not do this.",
    "404": "There is no such record, or it is hidden from whoever asks.",
    "409": "Somebody else changed the same thing at the same time; read it again.",
    "413": "The body is too large.",
    "422": "A value breaks a rule; the sentence says which one.",
    "429": "Too many requests; `X-RateLimit-Reset` says when to come back.",
    "503": "Not now; `Retry-After` says when to come back.",
}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


@routes.route("GET", "/api/openapi.json", who="anyone")
async def show_description(face: MastodonFace, request: Request) -> Answer:
    """Describe the client API for programs. Spec: https://spec.openapis.org/oas/v3.1.1, RFC 9110 §13.1.2"""
    body, tag = described(face.routes, face.app.settings.base_url)
    headers = [SHARED, (b"etag", tag)]
    if tag in request.headers.get(b"if-none-match", b""):
        return Response(b"", 304, headers, says=CACHING)
    return Response(body, 200, [JSON_TYPE, *headers], says=CACHING)


@lru_cache(4)
def described(served: tuple[Route[Any], ...], base_url: str) -> tuple[bytes, bytes]:
    """Return the document of these routes as JSON, and its tag."""
    body = ENCODE_JSON(document_from_routes(served, base_url))
    return body, b'"%b"' % hashlib.sha256(body).hexdigest()[:32].encode()


def document_from_routes(served: Sequence[Route[Any]], base_url: str, *, is_closed: bool = False) -> Schema:
    """Return the OpenAPI document of these routes.

    is_closed: refuse fields that are not described, for tests. Raises KeyError for a route that nothing describes.
    """
    lines = lines_by_route()
    paths: dict[str, Schema] = {}
    for route in served:
        path = PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = operation_from_route(route, lines[route.key])
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Rookery, client API",
            "version": __version__,
            "summary": "The Mastodon client API as this server speaks it.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "schemas": schemas_from_entities({**ENTITIES, **DRAFTS}, is_closed=is_closed),
            "securitySchemes": {"token": oauth_flows()},
            "responses": {code: error_answer(sentence) for code, sentence in ERRORS.items()},
        },
    }


def oauth_flows() -> Schema:
    """Return how an app gets a token."""
    scopes = dict.fromkeys(sorted(ALL_SCOPES), "")
    ends = {"tokenUrl": "/oauth/token", "scopes": scopes}
    return {
        "type": "oauth2",
        "flows": {
            "authorizationCode": {"authorizationUrl": "/oauth/authorize", **ends},
            "clientCredentials": ends,
        },
    }


def error_answer(sentence: str) -> Schema:
    """Return the description of one refusal."""
    return {"description": sentence, "content": {"application/json": {"schema": schema_from_kind("Error")}}}


def operation_from_route(route: Route[Any], line: Line) -> Schema:
    """Return the operation object of one route."""
    words = " ".join((route.handler.__doc__ or "").split())
    sentence = words.partition("Spec: ")[0].partition("Raises ")[0].strip()
    in_query = route.method in ("GET", "DELETE")
    operation: Schema = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z0-9]+', '_', route.path.lower())}".rstrip("_"),
        "tags": [line.part],
        "summary": sentence or route.handler.__name__.replace("_", " "),
        "description": f"Who: {route.who}. Limit: {limit_sentence(route)}.",
        "parameters": path_parameters(route) + (query_parameters(line) if in_query else []),
        "responses": answers_of(line),
        "security": security_of(route),
    }
    if line.parameters and not in_query:
        operation["requestBody"] = body_of(line)
    if link := LINK.search(words.partition("Spec: ")[2]):
        operation["externalDocs"] = {"url": link[0]}
    if line.is_old:
        operation["deprecated"] = True
    return operation


def limit_sentence(route: Route[Any]) -> str:
    """Say a limit, like `300 requests per 3 h and account`."""
    limit = route.limit
    units = ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min"), (1, "s"))
    span, unit = next((limit.per_s // seconds, unit) for seconds, unit in units if limit.per_s % seconds == 0)
    return f"{limit.count:,} requests per {span} {unit} and {'address' if limit.by == 'address' else 'account'}"


def path_parameters(route: Route[Any]) -> list[Schema]:
    """Return the values that stand in the path."""
    return [
        {"name": name, "in": "path", "required": True, "schema": schema_from_kind("id" if name in IDS else "text")}
        for name, _ in PARAMETER.findall(route.path)
    ]


def query_parameters(line: Line) -> list[Schema]:
    """Return the parameters of the query; lists are spelled `name[]`."""
    return [
        {
            "name": f"{name}[]" if kind.startswith("[") else name,
            "in": "query",
            "required": is_needed,
            "schema": schema_from_kind(kind),
        }
        for name, kind, is_needed in line.parameters
    ]


def body_of(line: Line) -> Schema:
    """Return the body: JSON or a form, and multipart alone when it may carry a file."""
    schema: Schema = {
        "type": "object",
        "properties": {name: schema_from_kind(kind) for name, kind, _ in line.parameters},
    }
    needed = [name for name, _, is_needed in line.parameters if is_needed]
    if needed:
        schema["required"] = needed
    kinds = {kind for _, kind, _ in line.parameters}
    has_file, is_plain = "file" in kinds, all(kind in KINDS or kind.startswith("(") for kind in kinds)
    types = ["multipart/form-data"] if has_file else ["application/json"]
    if is_plain and not has_file:
        types.append("application/x-www-form-urlencoded")
    return {"required": bool(needed), "content": {each: {"schema": schema} for each in types}}


def answers_of(line: Line) -> Schema:
    """Return what the route answers, refusals included."""
    answers: Schema = {code: {"$ref": f"#/components/responses/{code}"} for code in ERRORS}
    if line.answer in ERRORS:
        return answers
    if line.answer.isdigit():
        return {line.answer: {"description": "It is elsewhere."}, **answers}
    schema = schema_from_kind(line.answer or "text")
    return {"200": {"description": "Done.", "content": {line.media: {"schema": schema}}}, **answers}


def security_of(route: Route[Any]) -> list[Schema]:
    """Return which tokens open the route: any one of the scopes; an empty choice where none is needed."""
    choices: list[Schema] = [{"token": [scope]} for scope in route.scopes] or [{"token": []}]
    return [{}, *choices] if route.who == "anyone" else choices
