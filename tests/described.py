"""Answers of the client API held against its own description.

Owns: `complaint_about`, which tests/client.py asks about every answer that it gets, so that no test can pass while the
description is behind. A field that nothing describes is a complaint too.
"""

import json
from functools import cache

import jsonschema_rs

from rookery.mastodon.openapi import document_from_routes
from rookery.mastodon.openapi_notation import schema_from_kind
from rookery.mastodon.openapi_routes import lines_by_route
from rookery.mastodon.tables import ROUTES
from rookery.network.routes import Router

LINES = lines_by_route()
ROUTER: Router = Router()
ROUTER.mount(ROUTES, None)
COMPONENTS = document_from_routes(ROUTES, "http://localhost:3000", is_closed=True)["components"]


@cache
def validator(kind: str) -> jsonschema_rs.Validator:
    """Return the judge of one kind of answer."""
    return jsonschema_rs.validator_for({**schema_from_kind(kind), "components": COMPONENTS}, validate_formats=True)


def complaint_about(method: str, path: str, code: int, headers: dict[str, str], body: bytes) -> str | None:
    """Say how an answer differs from what is described, None when it does not or comes from elsewhere."""
    found = ROUTER.find(method, path)
    if isinstance(found, frozenset) or method == "HEAD" or not (200 <= code < 300 or code >= 400):
        return None
    route = found[0]
    line = LINES[route.key]
    if 200 <= code < 300 and line.is_old != ("deprecation" in headers):
        return f"{route.key}: described as old, or not, unlike its answer"
    kind, media = (line.answer, line.media) if code < 300 else ("Error", "application/json")
    if not headers.get("content-type", "").startswith(media):
        return f"{route.key} answers {code} with {headers.get('content-type')}"
    if not kind:
        return None
    error = next(validator(kind).iter_errors(json.loads(body)), None)
    where = "/".join(map(str, error.instance_path)) if error else ""
    return f"{route.key} answers {code} unlike {kind}, at /{where}: {error.message[:300]}" if error else None
