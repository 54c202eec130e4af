"""Which dialect another server reads is found out with two requests at most, and remembered."""

import asyncio
import threading

import pytest
from tests.activitypub.far import NOW, ORIGIN, OURS, Far
from tests.evilhost import page, redirect

from rookery.activitypub.cavage import read_cavage
from rookery.activitypub.keys import public_keys
from rookery.activitypub.knocking import BOTH_REFUSED_S, KNOWN_S, MOST_HOSTS, Manner, ServerShutOut, build_knocking
from rookery.activitypub.message_signatures import read_message_signature
from rookery.activitypub.multikeys import is_signed_by, parse_pem
from rookery.activitypub.signatures import SignedRequest
from rookery.activitypub.signing import Dialect, Signer, sign_all, signer_of
from rookery.model.blocks import DomainAllow, FederationMode
from rookery.network.outward import Ask
from rookery.storage.domainblocks import insert_allow
from rookery.storage.peering import set_mode

BODY = b'{"type":"Like"}'


@pytest.fixture
async def far(db, evil) -> Far:
    return Far(db, evil)


def understands(far, *dialects, code="202 Accepted", refusal="401 No"):
    """Let the inbox take what is signed in one of these dialects."""

    async def answer(reader, writer):
        _, headers, _ = far.evil.requests[-1]
        spoken = Dialect.STANDARD if "signature-input" in headers else Dialect.CAVAGE
        writer.write(page("", code=code if spoken in dialects else refusal))
        await writer.drain()

    far.evil.paths["/inbox"] = answer


def spoken(far):
    return ["signature-input" in headers for _, headers, _ in far.evil.requests]


async def sends(far, host="far.example"):
    ask = Ask(far.url("/inbox", host), "POST", headers=(("content-type", "application/activity+json"),), body=BODY)
    return (await far.knocking.fetch(ask, await far.signer())).code


def as_received(far, place=-1) -> SignedRequest:
    line, headers, body = far.evil.requests[place]
    method, target, _ = line.split(" ")
    return SignedRequest(method, target, headers, body, f"http://{headers['host']}")


def is_signed_by_us(far, read, place=-1) -> bool:
    claim = read(as_received(far, place), NOW)
    assert claim.key_id == f"{ORIGIN}/actor#main-key"
    return any(is_signed_by(OURS.public_key(), claim.signature, text) for text in claim.texts)


async def test_what_we_send_is_believed_by_who_reads_either_dialect(far):
    understands(far, Dialect.STANDARD)
    assert await sends(far) == 202
    assert is_signed_by_us(far, read_cavage, 0)
    assert is_signed_by_us(far, read_message_signature, 1)


async def test_an_old_server_is_asked_once(far):
    understands(far, Dialect.CAVAGE)
    assert [await sends(far) for _ in range(3)] == [202] * 3
    assert spoken(far) == [False] * 3


@pytest.mark.parametrize("refusal", ["401 No", "400 What"])
async def test_a_server_that_reads_the_standard_alone_is_remembered_for_a_week(far, refusal):
    understands(far, Dialect.STANDARD, refusal=refusal)
    assert [await sends(far) for _ in range(3)] == [202] * 3
    assert spoken(far) == [False, True, True, True]
    far.clock.now += KNOWN_S + 1
    assert await sends(far) == 202
    assert spoken(far)[4:] == [False, True]


async def test_a_server_that_learns_another_dialect_is_understood_again(far):
    understands(far, Dialect.STANDARD)
    await sends(far)
    understands(far, Dialect.CAVAGE)
    assert await sends(far) == 202
    assert await sends(far) == 202
    assert spoken(far)[2:] == [True, False, False]


@pytest.mark.parametrize("row", [pytest.param(0, id="GEN-13")])
async def test_who_refuses_both_is_not_asked_twice_for_an_hour(far, row):
    understands(far)
    assert [await sends(far) for _ in range(5)] == [401] * 5
    assert len(far.evil.requests) == 6
    far.clock.now += BOTH_REFUSED_S + 1
    await sends(far)
    assert len(far.evil.requests) == 8


async def test_many_deliveries_at_once_to_who_refuses_both_are_few_requests_more(far):
    understands(far)
    await asyncio.gather(*(sends(far) for _ in range(10)))
    assert len(far.evil.requests) <= 20
    before = len(far.evil.requests)
    await asyncio.gather(*(sends(far) for _ in range(10)))
    assert len(far.evil.requests) == before + 10


@pytest.mark.parametrize("code", ["403 No", "404 Not Found", "410 Gone", "500 Oh", "202 Accepted"])
async def test_other_answers_are_no_reason_to_knock_again(far, code):
    understands(far, Dialect.CAVAGE, Dialect.STANDARD, code=code)
    assert await sends(far) == int(code[:3])
    assert len(far.evil.requests) == 1


async def test_hosts_are_remembered_apart_and_not_without_end(far):
    understands(far, Dialect.STANDARD)
    await sends(far, "one.example")
    assert far.knocking.manner_of(far.url("", "one.example")).dialect is Dialect.STANDARD
    assert far.knocking.manner_of(far.url("", "two.example")).dialect is Dialect.CAVAGE
    for number in range(MOST_HOSTS + 5):
        far.knocking.remember(f"https://{number}.example", Manner(Dialect.STANDARD, NOW + 1))
    assert len(far.knocking.manners) == MOST_HOSTS
    assert far.knocking.manner_of("https://0.example").dialect is Dialect.CAVAGE


async def test_a_redirected_reading_is_signed_for_each_address(far):
    far.evil.paths |= {"/old": redirect("/new?x=1"), "/new": page("here")}
    await far.knocking.fetch(Ask(far.url("/old")), await far.signer())
    assert is_signed_by_us(far, read_cavage, 0) and is_signed_by_us(far, read_cavage, 1)
    await far.knocking.fetch(Ask(far.url("/old", "two.example")), await far.signer())
    far.knocking.remember(far.url("", "three.example"), Manner(Dialect.STANDARD, NOW + 9))
    await far.knocking.fetch(Ask(far.url("/old", "three.example")), await far.signer())
    assert is_signed_by_us(far, read_message_signature, -2) and is_signed_by_us(far, read_message_signature, -1)


async def test_many_requests_are_signed_away_from_the_loop(far):
    signer, threads = await far.signer(), set()

    def clock() -> float:
        threads.add(threading.current_thread())
        return NOW

    asks = [(Ask(far.url(f"/inbox/{number}"), "POST", body=BODY), signer, Dialect.CAVAGE) for number in range(50)]
    done = await sign_all(asks, clock)
    assert [ask.url for ask in done] == [ask.url for ask, _, _ in asks]
    assert threading.current_thread() not in threads


async def test_an_account_signs_with_the_key_that_it_shows(world):
    [ana] = await world.people("ana")
    signer = await signer_of(world.app, int(ana.id), f"{ORIGIN}/@ana")
    shown = parse_pem((await public_keys(world.app, int(ana.id))).rsa_pem)
    assert signer.key_id == f"{ORIGIN}/@ana#main-key"
    assert shown.public_numbers() == signer.rsa.public_key().public_numbers()
    assert "rsa" not in repr(signer) and isinstance(signer, Signer)


async def test_a_server_that_is_shut_out_is_asked_for_nothing(far):
    async def is_out(host):
        return host == "bad.example"

    far.knocking.is_shut_out = is_out
    understands(far, Dialect.CAVAGE)
    with pytest.raises(ServerShutOut):
        await sends(far, "BAD.example")
    assert far.evil.connection_count == 0
    assert await sends(far) == 202


async def test_what_ops_builds_asks_the_one_predicate(far, make_nest, db):
    nest = make_nest(is_test=True)
    knocking = build_knocking(nest.app, far.door)
    async with db.transaction() as tx:
        await set_mode(tx, FederationMode.ALLOWLIST)
        await insert_allow(tx, DomainAllow(1, "friends.example", 1))
    understands(far, Dialect.CAVAGE)
    far.knocking = knocking
    assert await sends(far, "friends.example") == 202
    with pytest.raises(ServerShutOut):
        await sends(far)
