"""Who sent this: keys are fetched from where they belong, remembered, fetched again, and refused."""

import asyncio
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.activitypub.far import BOBS, EVES, KIND, NOW, ORIGIN, Far, changed, delivery, reading
from tests.architecture.source import ROOT, read_tree
from tests.evilhost import page

from rookery.activitypub.cavage import read_cavage, sign_cavage
from rookery.activitypub.foreignkeys import FAILED_S, REFRESH_S, REFUSED_S, TRUSTED_S, KeyUnavailable, KeyUnknown
from rookery.activitypub.keys import public_keys
from rookery.activitypub.multikeys import is_signed_by, parse_pem, pem_from
from rookery.activitypub.proofs import make_proof
from rookery.activitypub.replays import Replays
from rookery.activitypub.signatures import SignatureMismatch, SignatureMissing, SignatureRefused, SignedRequest
from rookery.activitypub.verifier import (
    SignatureReplayed,
    SignerIsAnother,
    SignerRefused,
    VerifiedActor,
    build_verifier,
)
from rookery.model.blocks import DomainBlock, Severity
from rookery.model.errors import Malformed
from rookery.storage.accounts import insert_account
from rookery.storage.domainblocks import insert_domain_block

HOST = "far.example"


@pytest.fixture
async def far(db, evil) -> Far:
    return Far(db, evil)


@pytest.mark.parametrize("dialect", ["cavage", "standard"])
async def test_bob_is_believed_in_both_dialects(far, dialect):
    bob = far.actor()
    for request in (delivery(bob, dialect=dialect), reading(bob, dialect=dialect)):
        signer = await far.verifier.verify_request(request)
        assert (signer.uri, signer.key_id, signer.host, signer.account) == (bob.uri, bob.key_id, HOST, None)
    assert far.asked() == 1, "his key is remembered"


async def test_our_fetch_of_a_key_is_signed_and_asks_for_nothing_else(far):
    await far.verifier.verify_request(reading(far.actor()))
    [[_, headers, _]] = far.evil.requests
    assert f'keyId="{ORIGIN}/actor#main-key"' in headers["signature"]
    assert headers["accept"].startswith(KIND)


async def test_bobs_account_comes_with_him_and_checking_leaves_no_row(far, db):
    bob = far.actor()
    await far.verifier.verify_request(reading(bob))
    assert await db.reader.all("SELECT id FROM accounts") == []
    async with db.transaction() as tx:
        await insert_account(tx, account_id=5, username="bob", domain=HOST, uri=bob.uri, created_at_us=1)
    signer = await far.verifier.verify_request(reading(bob))
    assert signer.account is not None and signer.account.username == "bob"


async def test_a_request_without_signature_is_told_so(far):
    with pytest.raises(SignatureMissing):
        await far.verifier.verify_request(changed(reading(far.actor()), signature=None))


async def test_eve_cannot_sign_with_bobs_name(far):
    bob = far.actor()
    with pytest.raises(SignatureMismatch):
        await far.verifier.verify_request(delivery(bob, key=EVES))


async def test_a_key_may_stand_in_a_document_of_its_own(far):
    bob = far.actor()
    key_id = f"{bob.uri}/main-key"
    key = {"id": key_id, "owner": bob.uri, "publicKeyPem": pem_from(BOBS.public_key())}
    far.shows("/users/bob", bob.document | {"publicKey": key})
    far.shows("/users/bob/main-key", key)
    assert (await far.verifier.verify_request(delivery(bob, key_id=key_id))).uri == bob.uri


async def test_a_key_may_stand_behind_a_part_of_the_actor(far):
    bob = far.actor()  # as servers do that show strangers nothing but the key
    key_id = f"{bob.uri}/main-key"
    key = {"id": key_id, "owner": bob.uri, "publicKeyPem": pem_from(BOBS.public_key())}
    far.shows("/users/bob", bob.document | {"publicKey": key})
    far.shows("/users/bob/main-key", {"id": bob.uri, "type": "Person", "publicKey": key})
    assert (await far.verifier.verify_request(delivery(bob, key_id=key_id))).uri == bob.uri


async def test_an_actor_may_only_name_the_key_that_stands_elsewhere(far):
    bob = far.actor()
    key_id = f"{bob.uri}/main-key"
    far.shows("/users/bob", bob.document | {"publicKey": key_id})
    far.shows("/users/bob/main-key", {"id": key_id, "owner": bob.uri, "publicKeyPem": pem_from(BOBS.public_key())})
    assert (await far.verifier.verify_request(delivery(bob, key_id=key_id))).uri == bob.uri


async def test_one_of_several_keys_is_found_and_an_ed25519_key_signs(far):
    bob = far.actor()
    other = {"id": f"{bob.uri}#old", "owner": bob.uri, "publicKeyPem": pem_from(EVES.public_key())}
    far.shows("/users/bob", bob.document | {"publicKey": [other, bob.document["publicKey"]]})
    request = delivery(bob, dialect="standard", key=bob.ed25519, key_id=f"{bob.uri}#ed25519")
    assert (await far.verifier.verify_request(request)).uri == bob.uri
    assert (await far.verifier.verify_request(delivery(bob))).uri == bob.uri
    assert (await far.verifier.verify_request(delivery(bob, key=EVES, key_id=f"{bob.uri}#old"))).uri == bob.uri


async def test_a_new_key_is_learnt_when_the_old_one_does_not_fit(far):
    bob = far.actor()
    await far.verifier.verify_request(reading(bob))
    new = replace(bob, rsa=EVES)
    far.shows("/users/bob", new.document)
    far.clock.now += REFRESH_S + 1
    at = int(far.clock.now)
    assert (await far.verifier.verify_request(delivery(new, at=at))).uri == bob.uri
    assert far.asked() == 2
    with pytest.raises(SignatureMismatch):
        await far.verifier.verify_request(delivery(bob, at=at))
    assert far.asked() == 2, "once in five minutes"


async def test_a_key_is_fetched_again_after_a_day(far):
    bob = far.actor()
    await far.verifier.verify_request(reading(bob))
    far.clock.now += TRUSTED_S + 1
    far.evil.paths["/users/bob"] = page("gone", code="410 Gone")
    with pytest.raises(KeyUnknown):
        await far.verifier.verify_request(reading(bob, at=int(far.clock.now)))


async def test_many_who_need_a_key_at_once_cause_one_fetch(far):
    bob = far.actor()
    requests = [reading(bob, f"/@ana/{number}") for number in range(20)]
    await asyncio.gather(*map(far.verifier.verify_request, requests))
    assert far.asked() == 1


@pytest.mark.parametrize(
    ("answer", "error", "pause_s"),
    [
        (page("no", code="404 Not Found"), KeyUnknown, REFUSED_S),
        (page("gone", code="410 Gone"), KeyUnknown, REFUSED_S),
        (page("{}", "text/html"), KeyUnknown, REFUSED_S),
        (page("no json", KIND), KeyUnknown, REFUSED_S),
        (page("[]", KIND), KeyUnknown, REFUSED_S),
        (page("[" * 5000, KIND), KeyUnknown, REFUSED_S),
        (page("{}", KIND), KeyUnknown, REFUSED_S),
        (page("broken", code="500 Oh"), KeyUnavailable, FAILED_S),
        (b"HTTP/1.1 nonsense\r\n\r\n", KeyUnavailable, FAILED_S),
    ],
)
async def test_a_key_that_cannot_be_had_is_not_asked_for_again_at_once(far, answer, error, pause_s):
    bob = far.actor()
    far.evil.paths["/users/bob"] = answer
    for _ in range(3):
        with pytest.raises(error):
            await far.verifier.verify_request(reading(bob))
    assert far.asked() == 1
    far.actor()
    far.clock.now += pause_s + 1
    assert (await far.verifier.verify_request(reading(bob, at=int(far.clock.now)))).uri == bob.uri


async def test_who_was_deleted_is_not_believed_from_memory(far):
    bob = far.actor()
    await far.verifier.verify_request(reading(bob))
    far.keys.forget_actor(bob.uri)
    far.evil.paths["/users/bob"] = page("gone", code="410 Gone")
    with pytest.raises(KeyUnknown):
        await far.verifier.verify_request(reading(bob))


async def test_an_activity_is_its_actors_own(far):
    bob, eve = far.actor(), far.actor("eve", EVES)
    signer, activity = await far.verifier.verify_delivery(delivery(bob))
    assert (signer.uri, activity) == (bob.uri, bob.follows())
    for actor in (bob.uri, {"id": bob.uri}, [eve.uri], None, 1, {}):
        with pytest.raises(SignerIsAnother):
            await far.verifier.verify_delivery(delivery(eve, eve.follows() | {"actor": actor}))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"1", b"[" * 9999])
async def test_a_body_that_is_no_activity_is_refused_when_its_sender_is_known(far, body):
    with pytest.raises(Malformed):
        await far.verifier.verify_delivery(delivery(far.actor(), body))


async def test_what_is_forwarded_counts_with_its_actors_proof(far):
    bob, eve = far.actor(), far.actor("eve", EVES)
    when = datetime.fromtimestamp(NOW, UTC)
    proved = make_proof(bob.ed25519, f"{bob.uri}#ed25519", bob.follows(), when)
    signer, _ = await far.verifier.verify_delivery(delivery(eve, proved))
    assert signer.uri == bob.uri
    for change in ({"object": f"{ORIGIN}/@ben"}, {"actor": far.url("/users/cleo")}, {"more": 1}, {"proof": []}):
        with pytest.raises(SignatureRefused):
            await far.verifier.verify_delivery(delivery(eve, proved | change))


async def test_a_proof_belongs_to_the_author_of_the_document(far):
    bob, eve = far.actor(), far.actor("eve", EVES)
    when = datetime.fromtimestamp(NOW, UTC)
    note = {"type": "Note", "attributedTo": bob.uri, "content": "hello"}
    proved = make_proof(bob.ed25519, f"{bob.uri}#ed25519", note, when)
    assert (await far.verifier.verify_document(proved, "attributedTo")).uri == bob.uri
    by_eve = make_proof(eve.ed25519, f"{eve.uri}#ed25519", note, when)
    with pytest.raises(SignerIsAnother):
        await far.verifier.verify_document(by_eve, "attributedTo")
    with pytest.raises(SignatureMissing):
        await far.verifier.verify_document(note, "attributedTo")


PROOF_CHANGES = [
    {"type": "Other"},
    {"cryptosuite": "eddsa-rdfc-2022"},
    {"proofPurpose": "authentication"},
    {"created": "now"},
    {"created": "2099-01-01T00:00:00Z"},
    {"created": None},
    {"expires": "2020-01-01T00:00:00Z"},
    {"proofValue": "z111"},
    {"proofValue": None},
    {"proofValue": "z" + "0" * 88},
    {"verificationMethod": None},
    {"verificationMethod": "a b"},
    {"@context": "https://other.example"},
]


@pytest.mark.parametrize("change", PROOF_CHANGES, ids=str)
async def test_a_proof_that_is_changed_anywhere_proves_nothing(far, change):
    bob = far.actor()
    proved = make_proof(bob.ed25519, f"{bob.uri}#ed25519", bob.follows(), datetime.fromtimestamp(NOW, UTC))
    with pytest.raises(SignatureRefused):
        await far.verifier.verify_document(proved | {"proof": proved["proof"] | change}, "actor")
    with pytest.raises(SignatureRefused):
        await far.verifier.verify_document(proved | {"proof": [proved["proof"]] * 2}, "actor")
    assert (await far.verifier.verify_document(proved | {"proof": [proved["proof"]]}, "actor")).uri == bob.uri


async def test_a_signature_counts_once_where_it_does_something(far):
    bob = far.actor()
    request = delivery(bob)
    await far.verifier.verify_request(request)
    with pytest.raises(SignatureReplayed):
        await far.verifier.verify_request(request)
    for _ in range(2):
        await far.verifier.verify_request(reading(bob))


def test_the_memory_of_signatures_is_bounded_and_forgets_what_is_out_of_time():
    replays = Replays(most=3)
    assert [replays.is_new("k", bytes([number]), 100, 0) for number in (1, 2, 1, 3, 4)] == [
        True,
        True,
        False,
        True,
        True,
    ]
    assert len(replays.seen) == 3
    assert replays.is_new("k", b"\x04", 300, 200), "its time was over"
    assert len(replays.seen) == 1
    assert replays.is_new("other", b"\x04", 300, 200)


async def test_nobody_from_a_suspended_server_is_heard_or_asked(far, db):
    bob = far.actor(host="social.far.example")
    block = DomainBlock(1, HOST, Severity.SUSPEND, False, False, "", "", False, 1)
    async with db.transaction() as tx:
        await insert_domain_block(tx, block)
    with pytest.raises(SignerRefused):
        await far.verifier.verify_request(reading(bob))
    assert far.evil.connection_count == 0


async def test_who_is_only_limited_is_heard(far, db):
    block = DomainBlock(1, HOST, Severity.SILENCE, False, False, "", "", False, 1)
    async with db.transaction() as tx:
        await insert_domain_block(tx, block)
    assert await far.verifier.verify_request(reading(far.actor()))


async def test_nobody_gets_a_second_name_by_writing_the_first_in_capitals(far):
    bob = far.actor()
    shouting = replace(bob, uri=far.url("/users/bob", "FAR.example"))
    far.shows("/users/bob", shouting.document)
    for key_id in (bob.key_id, shouting.key_id):
        with pytest.raises(KeyUnknown):
            await far.verifier.verify_request(delivery(bob, key_id=key_id))


async def test_a_server_verifies_with_its_own_name_and_key(world, evil):
    app = world.app
    far, origin = Far(app.db, evil), app.settings.base_url
    verifier = build_verifier(replace(app, settings=replace(app.settings, is_test=True)), far.door)
    bob, now = far.actor(), int(time.time())
    added = sign_cavage(BOBS, bob.key_id, "GET", origin.partition("://")[2], "/@ana", b"", now)
    headers = {"host": origin.partition("://")[2]} | {name.lower(): value for name, value in added}
    signer = await verifier.verify_request(SignedRequest("GET", "/@ana", headers, b"", origin))
    assert signer.uri == bob.uri
    [[line, sent, body]] = evil.requests
    asked = SignedRequest("GET", line.split(" ")[1], sent, body, f"http://{sent['host']}")
    claim = read_cavage(asked, now)
    shown = parse_pem((await public_keys(app, None)).rsa_pem)
    assert claim.key_id == f"{origin}/actor#main-key"
    assert is_signed_by(shown, claim.signature, claim.texts[0])


def test_only_the_verifier_makes_a_verified_actor():
    with pytest.raises(TypeError):
        VerifiedActor("", "", "", None, object())  # type: ignore[arg-type]
    makers = {module.name for module in read_tree() if "VerifiedActor(" in module.text}
    assert makers <= {"rookery.activitypub.verifier"}


SNIPPET = """
from rookery.activitypub.verifier import Handler, VerifiedActor

async def follow(actor: VerifiedActor, activity: dict[str, object]) -> None: ...
async def careless(actor: str, activity: dict[str, object]) -> None: ...
good: Handler = follow
wrong: Handler = careless

async def main(somebody: VerifiedActor) -> None:
    await good(somebody, {})
    await good("https://far.example/users/bob", {})
    await good(VerifiedActor("https://far.example/users/bob"), {})
    somebody.uri = "https://far.example/users/eve"
"""


def test_types_keep_everybody_else_away_from_a_handler(tmp_path):
    path = tmp_path / "snippet.py"
    path.write_text(SNIPPET)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache"), str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = sorted(int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line)
    assert set(lines) == {7, 11, 12, 13}, done.stdout
