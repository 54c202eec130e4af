"""Who says that they sent something: nobody speaks for somebody else, later than they did, or twice (K3).

Each case carries the row of the ledger that it proves. Nothing that is refused leaves a row behind.
"""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from tests.activitypub.far import BOBS, EVES, NOW, ORIGIN, Far, changed, delivery, reading
from tests.evilhost import page, redirect

from rookery.activitypub import foreignkeys
from rookery.activitypub.digests import digest_of
from rookery.activitypub.foreignkeys import MOST_FAILURES, PER_HOST, REFRESH_S, TRUSTED_S, KeyUnavailable, KeyUnknown
from rookery.activitypub.multikeys import multikey_from, pem_from
from rookery.activitypub.proofs import make_proof
from rookery.activitypub.signatures import PAST_S, SKEW_S, SignatureRefused
from rookery.activitypub.verifier import SignatureReplayed, SignerIsAnother, SignerRefused
from rookery.model.blocks import DomainBlock, Severity
from rookery.storage.accounts import insert_account
from rookery.storage.domainblocks import insert_domain_block

WHEN = datetime.fromtimestamp(NOW, UTC)
TABLES = ("accounts", "posts", "events", "jobs", "keyrings")


@pytest.fixture
async def far(db, evil) -> Far:
    return Far(db, evil)


async def is_refused(far, db, request, kind=SignatureRefused) -> bool:
    """True when nobody is believed to have sent it, and nothing was written down."""
    with pytest.raises(kind):
        await far.verifier.verify_delivery(request)
    return all([await db.reader.all(f"SELECT * FROM {table} WHERE 1 = 1") == [] for table in TABLES])


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(0, id="CVE-2025-54888 / GHSA-6jcc-xgcr-q3h4"),
        pytest.param(0, id="GoToSocial v0.13.2 (#2608)"),
        pytest.param(0, id="bookwyrm fb10a0ba1"),
    ],
)
@pytest.mark.parametrize("dialect", ["cavage", "standard"])
async def test_a_good_signature_does_not_speak_for_another_actor(far, db, dialect, row):
    bob, eve = far.actor(), far.actor("eve", EVES)
    assert await is_refused(far, db, delivery(eve, bob.follows(), dialect=dialect), SignerIsAnother)


def claims_bob(far, eve, bob, **more):
    """A key document on eve's server that names bob as its owner."""
    public = {"owner": bob.uri, "controller": bob.uri, "publicKeyPem": pem_from(EVES.public_key())}
    multikey = {"publicKeyMultibase": multikey_from(eve.ed25519.public_key()), "type": "Multikey"}
    return {"id": far.url("/keys/1", "evil.example")} | public | multikey | more


@pytest.mark.parametrize("dialect", ["cavage", "standard"])
@pytest.mark.parametrize(
    "row",
    [
        pytest.param(0, id="CVE-2026-96625 (GHSA-q9f8-5hc7-898f)"),
        pytest.param(0, id="Akkoma 2025.03 (a)"),
    ],
)
async def test_a_key_that_names_its_owner_is_not_the_owners_key(far, db, dialect, row):
    bob, eve = far.actor(), far.actor("eve", EVES, "evil.example")
    for document in (
        claims_bob(far, eve, bob),
        claims_bob(far, eve, bob, id=bob.uri),
        {"id": bob.uri, "publicKey": claims_bob(far, eve, bob)},
        bob.document | {"publicKey": claims_bob(far, eve, bob)},
        eve.document | {"publicKey": claims_bob(far, eve, bob)},
    ):
        far.keys.failures.clear()
        far.shows("/keys/1", document)
        request = delivery(bob, dialect=dialect, key=EVES, key_id=far.url("/keys/1", "evil.example"))
        assert await is_refused(far, db, request, KeyUnknown)


async def test_on_bobs_own_server_too_bob_must_name_the_key(far, db):
    bob = far.actor()
    key_id = far.url("/uploads/eve.json")
    for owner in (bob.uri, far.url("/nobody")):
        far.keys.failures.clear()
        far.shows("/uploads/eve.json", {"id": key_id, "owner": owner, "publicKeyPem": pem_from(EVES.public_key())})
        assert await is_refused(far, db, delivery(bob, key=EVES, key_id=key_id), KeyUnknown)


async def test_the_same_holds_for_proofs_inside_documents(far, db):
    bob, eve = far.actor(), far.actor("eve", EVES, "evil.example")
    far.shows("/keys/1", claims_bob(far, eve, bob))
    forged = make_proof(eve.ed25519, far.url("/keys/1", "evil.example"), bob.follows(), WHEN)
    assert await is_refused(far, db, delivery(eve, forged))


@pytest.mark.parametrize("row", [pytest.param(0, id="GHSA-8863-8468-7hq7")])
async def test_an_actor_that_redirects_to_another_is_not_that_other(far, db, row):
    eve = far.actor("eve", EVES)
    bob = replace(far.actor(), rsa=EVES)
    far.evil.paths["/users/bob"] = redirect("/users/eve")
    assert await is_refused(far, db, delivery(bob), KeyUnknown)
    far.keys.failures.clear()
    far.shows("/users/bob", eve.document)
    assert await is_refused(far, db, delivery(bob), KeyUnknown)
    far.keys.failures.clear()
    far.evil.paths["/users/bob"] = redirect(far.url("/users/bob2", "evil.example"))
    far.shows("/users/bob2", bob.document)
    assert await is_refused(far, db, delivery(bob), KeyUnknown)


@pytest.mark.parametrize("dialect", ["cavage", "standard"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"body": b'{"type":"Delete"}'}, id="CVE-2023-49079 / GHSA-3f39-6537-3cgc"),
        pytest.param({"origin": "https://other.example"}, id="CVE-2023-49079 host"),
        pytest.param({"target": "/@ben/inbox"}, id="GEN-07 inbox"),
        pytest.param({"method": "PUT"}, id="CVE-2026-28432"),
    ],
)
async def test_nothing_that_was_signed_can_be_exchanged(far, db, dialect, change):
    request = delivery(far.actor(), dialect=dialect)
    assert await is_refused(far, db, replace(request, **change))
    if "body" in change:
        digest = {"digest": digest_of(change["body"])}
        assert await is_refused(far, db, changed(replace(request, **change), **digest))


@pytest.mark.parametrize("row", [pytest.param(0, id="mastodon#37375")])
async def test_doubled_parts_of_a_signature_are_refused(far, db, row):
    request = delivery(far.actor())
    header = request.headers["signature"]
    for doubled in (f"{header},{header}", f'{header},keyId="x"', f'keyId="x",{header}', f'{header},headers="date"'):
        assert await is_refused(far, db, changed(request, signature=doubled))
    standard = delivery(far.actor(), dialect="standard")
    for name in ("signature", "signature-input"):
        doubled = f"{standard.headers[name]}, {standard.headers[name]}"
        assert await is_refused(far, db, changed(standard, **{name.replace("-", "_"): doubled}))


@pytest.mark.parametrize("dialect", ["cavage", "standard"])
@pytest.mark.parametrize(
    "late_s",
    [
        pytest.param(-PAST_S - 1, id="Akkoma 2025.10 (a)"),
        pytest.param(SKEW_S + 1, id="GEN-08"),
        pytest.param(-400 * 86_400, id="GEN-03"),
    ],
)
async def test_a_signature_out_of_time_is_refused(far, db, dialect, late_s):
    assert await is_refused(far, db, delivery(far.actor(), dialect=dialect, at=NOW + late_s))


@pytest.mark.parametrize("dialect", ["cavage", "standard"])
@pytest.mark.parametrize("row", [pytest.param(0, id="GEN-07")])
async def test_a_signature_counts_once(far, dialect, row):
    request = delivery(far.actor(), dialect=dialect)
    await far.verifier.verify_delivery(request)
    for late_s in (0, PAST_S):
        far.clock.now = NOW + late_s
        with pytest.raises(SignatureReplayed):
            await far.verifier.verify_delivery(request)
    far.clock.now = NOW + PAST_S + 1
    with pytest.raises(SignatureRefused):
        await far.verifier.verify_delivery(request)


@pytest.mark.parametrize("dialect", ["cavage", "standard"])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="GEN-02"),
        pytest.param("", id="GEN-02 empty"),
        pytest.param("MD5=" + base64.b64encode(b"x" * 16).decode(), id="GEN-02 algorithm"),
        pytest.param("SHA-256=garbage", id="GEN-02 garbage"),
    ],
)
async def test_a_delivery_has_the_digest_of_its_body(far, db, dialect, value):
    request = delivery(far.actor(), dialect=dialect)
    name = "digest" if dialect == "cavage" else "content_digest"
    assert await is_refused(far, db, changed(request, **{name: value}))
    emptied = replace(request, body=b"")
    assert await is_refused(far, db, emptied)


@pytest.mark.parametrize("row", [pytest.param(0, id="GEN-04")])
async def test_one_signature_of_plain_components_is_read(far, db, row):
    request = delivery(far.actor(), dialect="standard")
    inputs, made = request.headers["signature-input"], request.headers["signature"]
    for change in (
        {"signature_input": f"{inputs}, other={inputs.partition('=')[2]}", "signature": f"{made}, other={made[5:]}"},
        {"signature_input": inputs.replace('"@method"', '"@method";req')},
        {"signature_input": inputs.replace('"@method"', '"@query-param";name="x"')},
        {"signature_input": inputs.replace('"@target-uri"', '"@path"')},
        {"signature_input": inputs.replace("sig1", "sig2")},
        {"signature": made.replace(":", "!")},
    ):
        assert await is_refused(far, db, changed(request, **change))


@pytest.mark.parametrize("row", [pytest.param(0, id="GEN-05")])
async def test_an_algorithm_does_not_contradict_its_key(far, db, row):
    bob = far.actor()
    request = delivery(bob, dialect="standard")
    other = request.headers["signature-input"].replace("rsa-v1_5-sha256", "ed25519")
    assert await is_refused(far, db, changed(request, signature_input=other))
    old = delivery(bob, key_id=f"{bob.uri}#ed25519")
    assert await is_refused(far, db, old)


@pytest.mark.parametrize(
    ("bits", "exponent"),
    [pytest.param(1024, 65537, id="GEN-06"), pytest.param(2048, 3, id="GEN-06 exponent")],
)
async def test_a_weak_key_proves_nothing(far, db, bits, exponent):
    weak = generate_private_key(exponent, bits)
    assert await is_refused(far, db, delivery(far.actor("weak", weak)), KeyUnknown)


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "none", "rsa-sha1", "ecdsa-p256-sha256"])
async def test_a_weak_algorithm_proves_nothing(far, db, algorithm):
    bob = far.actor()
    request = delivery(bob)
    header = request.headers["signature"].replace("rsa-sha256", algorithm)
    assert await is_refused(far, db, changed(request, signature=header))


@pytest.mark.parametrize("row", [pytest.param(0, id="Akkoma 2026.08 (a)")])
async def test_who_is_blocked_suspended_or_gone_is_not_heard(far, db, row):
    bob, eve = far.actor(), far.actor("eve", EVES, "sub.evil.example")
    async with db.transaction() as tx:
        await insert_account(tx, account_id=5, username="bob", domain="far.example", uri=bob.uri, created_at_us=1)
        await tx.run("UPDATE accounts SET suspended_at = 2 WHERE id = 5")
        await insert_domain_block(tx, DomainBlock(1, "evil.example", Severity.SUSPEND, False, False, "", "", False, 1))
    for request in (delivery(bob), reading(bob), delivery(eve), reading(eve)):
        with pytest.raises(SignerRefused):
            await far.verifier.verify_request(request)
    assert far.asked("eve") == 0
    for shown in (far.url("/users/eve", "SUB.Evil.example"), far.url("/users/eve", "sub.evil.example.")):
        with pytest.raises(SignerRefused):
            await far.verifier.verify_request(delivery(eve, key_id=f"{shown}#main-key"))
    cleo = far.actor("cleo", EVES)
    await far.verifier.verify_request(reading(cleo))
    far.keys.forget_actor(cleo.uri)
    far.evil.paths["/users/cleo"] = page("gone", code="410 Gone")
    with pytest.raises(KeyUnknown):
        await far.verifier.verify_request(delivery(cleo))


@pytest.mark.parametrize(
    "row", [pytest.param(0, id="gotosocial#3198"), pytest.param(0, id="GEN-09"), pytest.param(0, id="GEN-10")]
)
async def test_a_key_changes_by_what_its_server_shows_and_the_old_one_ends_then(far, db, row):
    bob = far.actor()
    await far.verifier.verify_delivery(delivery(bob))
    update = {"id": f"{bob.uri}#update", "type": "Update", "actor": bob.uri, "object": replace(bob, rsa=EVES).document}
    await far.verifier.verify_delivery(delivery(bob, update))
    assert await is_refused(far, db, delivery(bob, key=EVES)), "what an activity says of a key is not looked at"
    far.shows("/users/bob", replace(bob, rsa=EVES).document)
    assert await is_refused(far, db, delivery(bob, update | {"more": 1}, key=EVES)), "we looked a moment ago"
    far.clock.now += REFRESH_S + 1
    at = int(far.clock.now)
    await far.verifier.verify_delivery(delivery(bob, key=EVES, at=at))
    assert await is_refused(far, db, delivery(bob, at=at))
    assert far.asked() == 2
    far.clock.now += TRUSTED_S + 1
    far.evil.paths["/users/bob"] = page("no", code="404 Not Found")
    assert await is_refused(far, db, delivery(bob, key=EVES, at=int(far.clock.now)))


@pytest.mark.parametrize("row", [pytest.param(0, id="GEN-11")])
async def test_keys_without_end_cost_their_own_server_alone(far, db, row):
    bob, eve = far.actor(), far.actor("eve", EVES, "evil.example")
    signed = reading(eve)
    refused = 0
    for number in range(PER_HOST.count + 40):
        header = signed.headers["signature"].replace("/users/eve#", f"/users/{number}#")
        try:
            await far.verifier.verify_request(changed(signed, signature=header))
        except (KeyUnknown, KeyUnavailable):
            refused += 1
    assert refused == PER_HOST.count + 40
    # What the server gave back to the budget while we asked is a few requests, whatever the machine.
    assert len(far.evil.requests) < PER_HOST.count + 40
    assert (await far.verifier.verify_request(reading(bob))).uri == bob.uri
    assert far.keys.keys.keys() == {bob.key_id}


async def test_what_is_remembered_of_keys_has_a_bound(far):
    uri = far.keys.parse(far.actor().key_id)
    for number in range(MOST_FAILURES + 10):
        far.keys.note_failure(replace(uri, fragment=str(number)), 60, KeyUnknown("not there"))
    assert len(far.keys.failures) == MOST_FAILURES
    assert foreignkeys.MOST_KEYS <= 20_000


@pytest.mark.parametrize(
    ("shape", "is_bobs"),
    [
        pytest.param("{url}#main-key", True, id="GEN-12"),
        pytest.param("{upper}#main-key", True, id="GEN-12 case"),
        pytest.param("{dotted}#main-key", True, id="GEN-12 dot"),
        pytest.param("{url}", False, id="GEN-12 bare"),
        pytest.param("{url}#other", False, id="GEN-12 fragment"),
        pytest.param("{url}?x=1#main-key", False, id="GEN-12 query"),
        pytest.param("{user}#main-key", False, id="GEN-12 user"),
        pytest.param("{ours}#main-key", False, id="GEN-12 ours"),
        pytest.param("acct:bob@far.example", False, id="GEN-12 acct"),
        pytest.param("file:///etc/passwd", False, id="GEN-12 file"),
        pytest.param("{url}#main-key#main-key", False, id="GEN-12 twice"),
    ],
)
async def test_a_key_has_one_name(far, db, shape, is_bobs):
    bob = far.actor()
    names = {
        "url": bob.uri,
        "upper": far.url("/users/bob", "FAR.Example"),
        "dotted": far.url("/users/bob", "far.example."),
        "user": bob.uri.replace("://", "://bob:x@"),
        "ours": f"{ORIGIN}/@ana",
    }
    request = delivery(bob, key_id=shape.format(**names))
    if is_bobs:
        signer, _ = await far.verifier.verify_delivery(request)
        assert (signer.uri, signer.key_id) == (bob.uri, bob.key_id)
        return
    assert await is_refused(far, db, request, KeyUnknown)
    assert all("#" not in line for line, _, _ in far.evil.requests)


LD_SIGNATURE = {"type": "RsaSignature2017", "created": "2027-01-15T08:00:00Z"}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="GEN-19"),
        pytest.param({"@graph": [{"type": "Delete"}]}, id="CVE-2026-46349 / GHSA-chgx-jx3p-rf73"),
        pytest.param({"@included": [{"type": "Delete"}], "@reverse": {"actor": "x"}}, id="GHSA-53m7-2wrh-q839"),
        pytest.param(
            {"@context": {"who": {"@id": "as:actor", "@type": "@id"}}, "who": "x"},
            id="GHSA-2vxv-pv3m-3wvj (CVE-2024-32983 unverified)",
        ),
    ],
)
async def test_what_is_forwarded_with_a_signature_over_linked_data_grants_nothing(far, db, more):
    bob, eve = far.actor(), far.actor("eve", EVES)
    activity = bob.follows() | more
    raw = BOBS.sign(json.dumps(activity).encode(), PKCS1v15(), SHA256())
    signature = LD_SIGNATURE | {"creator": bob.key_id, "signatureValue": base64.b64encode(raw).decode()}
    assert await is_refused(far, db, delivery(eve, activity | {"signature": signature}), SignerIsAnother)
    assert await is_refused(far, db, delivery(eve, activity | {"proof": signature}))
    proved = make_proof(bob.ed25519, f"{bob.uri}#ed25519", bob.follows(), WHEN)
    changed_after = proved | (more or {"object": f"{ORIGIN}/@ben"})
    assert await is_refused(far, db, delivery(eve, changed_after)), "a proof covers every word"


async def test_a_proof_by_a_key_that_nobody_names_is_refused(far, db):
    bob, eve = far.actor(), far.actor("eve", EVES)
    forged = make_proof(Ed25519PrivateKey.generate(), f"{bob.uri}#ed25519", bob.follows(), WHEN)
    assert await is_refused(far, db, delivery(eve, forged))
