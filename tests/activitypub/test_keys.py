"""Keys of our own: made once, sealed at rest, replaced when asked, and ready before anybody needs them."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_curve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st
from tests.activitypub.far import Far, signed

from rookery.actions.sealing import sealer_of
from rookery.activitypub.foreignkeys import REFRESH_S
from rookery.activitypub.keys import (
    KEPT_REPLACED_US,
    KeysAhead,
    forget_replaced,
    public_keys,
    replace_keys,
    replaced_keys,
    signing_keys,
)
from rookery.activitypub.multikeys import (
    KeyRefused,
    decode_base58,
    encode_base58,
    is_signed_by,
    multikey_from,
    parse_multikey,
    parse_pem,
    pem_from,
    same_key,
)
from rookery.model.events import KeysRotated
from rookery.model.ids import MAX_ID
from rookery.storage.audit import list_entries
from rookery.storage.log import read_events

ROWS = "SELECT sealed, rsa_public, ed25519_public FROM keyrings ORDER BY id"


async def test_an_account_and_the_server_have_keys_of_their_own_that_stay(world):
    ana, ben = await world.people("ana", "ben")
    hers, his, ours = [await public_keys(world.app, who) for who in (int(ana.id), int(ben.id), None)]
    assert len({hers, his, ours}) == 3
    assert await public_keys(world.app, int(ana.id)) == hers
    assert await public_keys(world.app, None) == ours
    assert hers.rsa_pem.startswith("-----BEGIN PUBLIC KEY-----\n") and hers.ed25519.startswith("z6Mk")
    assert parse_pem(hers.rsa_pem).key_size == 2048


async def test_what_the_private_halves_sign_the_public_ones_prove(world):
    [ana] = await world.people("ana")
    public, private = await public_keys(world.app, int(ana.id)), await signing_keys(world.app, int(ana.id))
    assert is_signed_by(parse_pem(public.rsa_pem), private.rsa.sign(b"x", PKCS1v15(), SHA256()), b"x")
    assert is_signed_by(parse_multikey(public.ed25519), private.ed25519.sign(b"x"), b"x")
    assert not is_signed_by(parse_multikey(public.ed25519), private.ed25519.sign(b"x"), b"y")


async def test_many_who_ask_at_once_get_the_same_keys(world):
    [ana] = await world.people("ana")
    got = await asyncio.gather(*(public_keys(world.app, int(ana.id)) for _ in range(20)))
    assert len(set(got)) == 1
    assert len(await world.app.db.reader.all(ROWS)) == 1


async def test_no_private_half_lies_in_the_database_or_opens_for_another_account(world):
    ana, ben = await world.people("ana", "ben")
    await public_keys(world.app, int(ana.id))
    private = await signing_keys(world.app, int(ana.id))
    [[sealed, *_]] = await world.app.db.reader.all(ROWS)
    assert private.ed25519.private_bytes_raw() not in bytes.fromhex(sealed)
    assert sealer_of(world.app).open(sealed, f"keys of account {ben.id}") is None
    assert "…" in repr(private)


async def test_replaced_keys_leave_their_public_half_for_a_week_and_no_private_one(world):
    [ana] = await world.people("ana")
    old = await public_keys(world.app, int(ana.id))
    await replace_keys(world.app, int(ana.id))
    new = await public_keys(world.app, int(ana.id))
    assert new != old
    assert await replaced_keys(world.app, int(ana.id)) == [old]
    assert [bool(row[0]) for row in await world.app.db.reader.all(ROWS)] == [False, True]
    private = await signing_keys(world.app, int(ana.id))
    assert is_signed_by(parse_multikey(new.ed25519), private.ed25519.sign(b"x"), b"x")
    assert await forget_replaced(world.app) == 0
    async with world.app.db.transaction() as tx:
        await tx.run(
            "UPDATE keyrings SET replaced_at = replaced_at - :week WHERE replaced_at > 0", week=KEPT_REPLACED_US + 1
        )
    assert await forget_replaced(world.app) == 1
    assert await replaced_keys(world.app, int(ana.id)) == []


async def test_new_keys_are_told_of_and_stand_in_the_log(world):
    [ana] = await world.people("ana")
    await public_keys(world.app, int(ana.id))
    await public_keys(world.app, None)
    await replace_keys(world.app, int(ana.id))
    await replace_keys(world.app, None)
    told = [entry.event for entry in await read_events(world.app.db.reader, 0)]
    assert [one for one in told if isinstance(one, KeysRotated)] == [KeysRotated(ana.id), KeysRotated(None)]
    entries = await list_entries(world.app.db.reader, before=MAX_ID, limit=2)
    assert [(one.act, one.subject) for one in entries] == [("keys_rotated", "localhost"), ("keys_rotated", "ana")]


async def test_who_remembers_an_old_key_learns_the_new_one_from_the_actor(world, db, evil):
    [ana] = await world.people("ana")
    far = Far(db, evil)
    actor = f"{far.url('/@ana')}"

    async def shows():
        keys = await public_keys(world.app, int(ana.id))
        public = {"id": f"{actor}#main-key", "owner": actor, "publicKeyPem": keys.rsa_pem}
        far.shows("/@ana", {"id": actor, "type": "Person", "publicKey": public})

    async def reads():
        private = await signing_keys(world.app, int(ana.id))
        at = int(far.clock.now)
        request = signed("GET", "/@bob", b"", private.rsa, f"{actor}#main-key", "cavage", at)
        return (await far.verifier.verify_request(request)).uri

    await shows()
    assert await reads() == actor
    await replace_keys(world.app, int(ana.id))
    await shows()
    far.clock.now += REFRESH_S + 1
    assert await reads() == actor
    assert evil.asked("/@ana") == 2


async def test_a_server_that_lost_its_sealing_key_signs_with_new_keys(world):
    old = await public_keys(world.app, None)
    sealer_of(world.app).path.unlink()
    private = await signing_keys(world.app, None)
    new = await public_keys(world.app, None)
    assert new != old
    assert is_signed_by(parse_multikey(new.ed25519), private.ed25519.sign(b"x"), b"x")


async def test_keys_are_made_ahead_for_everybody_who_has_none(world):
    people = await world.people("ana", "ben", "cleo")
    ahead = KeysAhead(world.app)
    assert await ahead.make_some() == 3
    assert await ahead.make_some() == 0
    [dora] = await world.people("dora")
    assert await ahead.make_some() == 1
    made = await world.app.db.reader.all(ROWS)
    shown = {(await public_keys(world.app, int(who.id))).ed25519 for who in (*people, dora)}
    assert shown == {row[2] for row in made}, "all of them were there already"


async def test_keys_go_with_their_account(world):
    [ana] = await world.people("ana")
    await public_keys(world.app, int(ana.id))
    async with world.app.db.transaction() as tx:
        await tx.run("DELETE FROM accounts WHERE id = :id", id=int(ana.id))
    assert await world.app.db.reader.all(ROWS) == []


@given(st.binary(max_size=80))
def test_base58_reads_what_it_wrote(raw):
    assert decode_base58(encode_base58(raw)) == raw


def test_multibase_of_the_specification_is_read_and_written():
    # W3C vc-di-eddsa, appendix B.1: the public key of its test vectors.
    text = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    assert multikey_from(parse_multikey(text)) == text


def test_both_kinds_of_keys_survive_the_trip():
    for key in (generate_private_key(65537, 2048).public_key(), Ed25519PrivateKey.generate().public_key()):
        assert same_key(parse_multikey(multikey_from(key)), key)
        assert same_key(parse_pem(pem_from(key)), key)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: generate_private_key(65537, 1024), id="GEN-06"),
        pytest.param(lambda: generate_private_key(3, 2048), id="GEN-06 exponent"),
        pytest.param(lambda: generate_curve(SECP256R1()), id="GEN-06 curve"),
    ],
)
def test_a_weak_key_is_refused_in_every_writing(make):
    key = make().public_key()
    with pytest.raises(KeyRefused):
        parse_pem(pem_from(key))


@pytest.mark.parametrize(
    "text", ["", "z", "z6Mk", "zzzz0", "m7QEAAA", "z" + "1" * 3000, "z" + encode_base58(b"\xe7\x01" + b"x" * 33)]
)
def test_what_is_no_multikey_is_refused(text):
    with pytest.raises(KeyRefused):
        parse_multikey(text)


@pytest.mark.parametrize(
    "text", ["", "x", "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----", "é", "x" * 10_000]
)
def test_what_is_no_pem_is_refused(text):
    with pytest.raises(KeyRefused):
        parse_pem(text)
