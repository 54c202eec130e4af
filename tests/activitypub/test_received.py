"""What came over the wire is what is checked: undecoded, and nothing that came twice."""

from datetime import UTC, datetime

import pytest
from tests.activitypub.far import ORIGIN, Far, delivery

from rookery.activitypub.keys import public_keys
from rookery.activitypub.multikeys import is_signed_by, parse_multikey
from rookery.activitypub.proofs import read_proof
from rookery.activitypub.received import signed_request_from
from rookery.activitypub.signatures import SignatureMalformed
from rookery.activitypub.signing import prove
from rookery.network.requests import Request


def as_scope(request, more=()):
    path, _, query = request.target.partition("?")
    headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    return {"raw_path": path.encode(), "query_string": query.encode(), "headers": [*headers, *more]}


def as_read(request, more=()) -> Request:
    scope = as_scope(request, more)
    headers = dict(scope["headers"])
    read = Request(request.method, "/@ana/inbox", scope["query_string"], headers, "192.0.2.1", None)
    read.raw_path, read.raw_headers = scope["raw_path"], scope["headers"]
    return read


@pytest.mark.parametrize("dialect", ["cavage", "standard"])
@pytest.mark.parametrize("target", ["/@ana/inbox", "/%40ana/inbox", "/inbox?x=%20", "/inbox?x=1&y"])
async def test_a_delivery_is_checked_as_it_came(db, evil, dialect, target):
    far = Far(db, evil)
    request = delivery(far.actor(), target=target, dialect=dialect)
    got = signed_request_from(as_read(request), request.body, ORIGIN)
    assert got.target == target
    assert await far.verifier.verify_delivery(got)


@pytest.mark.parametrize("name", ["host", "date", "digest", "content-digest", "signature", "signature-input"])
async def test_a_header_that_came_twice_is_not_guessed_at(db, evil, name):
    far = Far(db, evil)
    for dialect in ("cavage", "standard"):
        request = delivery(far.actor(), dialect=dialect)
        if name not in request.headers:
            continue
        with pytest.raises(SignatureMalformed):
            signed_request_from(as_read(request, [(name.encode(), b"x")]), request.body, ORIGIN)


async def test_a_path_that_only_came_decoded_is_written_again():
    read = Request("GET", "/@ana/söhne", b"", {}, "192.0.2.1", None)
    assert signed_request_from(read, b"", ORIGIN).target == "/@ana/s%C3%B6hne"


async def test_what_an_account_proves_is_read_with_the_key_that_it_shows(world):
    [ana] = await world.people("ana")
    uri = f"{ORIGIN}/@ana"
    made = await prove(world.app, int(ana.id), uri, {"type": "Note", "attributedTo": uri})
    claim = read_proof(made, datetime.now(UTC))
    shown = parse_multikey((await public_keys(world.app, int(ana.id))).ed25519)
    assert claim.key_id == f"{uri}#ed25519"
    assert is_signed_by(shown, claim.signature, claim.texts[0])
