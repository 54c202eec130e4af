"""A hostile server that keeps every form: signed as it should be, and up to no good.

What makes us ask others, what fills our disk, what comes again after a restart, and names that evade a block.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.activitypub.far import EVES
from tests.activitypub.postbox import PUBLIC, box
from tests.evilhost import door_for
from tests.measures import suspend_account

from rookery.actions.domainblocks import DomainWishes, block_domain
from rookery.actions.receiving import check_server, host_of
from rookery.activitypub.inbox_journal import KEPT_S, Room
from rookery.activitypub.markup import MOST_TOKENS, read_markup
from rookery.activitypub.multikeys import multikey_from
from rookery.activitypub.proofs import make_proof
from rookery.activitypub.remote import ARRIVALS_PER_MINUTE
from rookery.activitypub.verifier import FORWARDED_S
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity
from rookery.model.incoming import ServerRefused
from rookery.ops.fediverse import build_fediverse

__all__ = ["box"]


@pytest.fixture
async def ana(world):
    return await world.person("ana")


@pytest.fixture
async def bea(box, ana):
    """Somebody whom ana follows."""
    bea = box.person("bea")
    await bea.followed_by(ana)
    return bea


async def rows(box, sql: str, **more) -> list:
    return [tuple(row) for row in await box.app.db.reader.all(sql, **more)]


async def followers(ana) -> list[str]:
    return [one["acct"] for one in await ana.calls("GET", f"/api/v1/accounts/{ana.id}/followers")]


# --- one small delivery is no lever ----------------------------------------------------------------------------------


async def test_an_answer_that_arrives_plans_a_small_visit_and_never_a_whole_thread(box, ana, bea):
    await bea.delivers(bea.creates("so there", inReplyTo="https://victim.example/posts/1"))
    assert await rows(box, "SELECT kind FROM jobs WHERE kind LIKE 'Fetch%'") == [("FetchOrigin",)]


async def test_a_flood_of_answers_and_quotes_plans_so_many_visits_and_no_more(box, ana, bea):
    for number in range(ARRIVALS_PER_MINUTE + 5):
        aim = f"https://victim.example/posts/{number}"
        assert (await bea.sends(bea.creates("an answer", inReplyTo=aim))).code == 202
        assert (await bea.sends(bea.creates("a quote", quote=aim))).code == 202
    await box.settle()
    planned = dict(await rows(box, "SELECT kind, count(*) FROM jobs WHERE kind LIKE 'Fetch%' GROUP BY kind"))
    # A minute may end while they arrive.
    assert all(planned[kind] <= 2 * ARRIVALS_PER_MINUTE for kind in ("FetchOrigin", "FetchQuote"))
    assert await rows(box, "SELECT count(*) FROM posts") == [(2 * ARRIVALS_PER_MINUTE + 10,)]


@pytest.mark.parametrize("part", ["<b>x", "<ul><li>x", "<div>x</div>", "<blockquote>x", "< x"])
def test_a_page_of_tags_is_read_as_far_as_people_read(part):
    read = read_markup(part * (400_000 // len(part)))
    assert 0 < read.text.count("x") <= MOST_TOKENS // 2


# --- what cannot be handled fills no disk ----------------------------------------------------------------------------


async def test_what_is_set_aside_has_its_room_for_each_server_and_for_all(box, ana, bea):
    eve = box.person("eve", key=EVES, host="evil.example")
    await eve.follows(ana)
    await bea.delivers(bea.activity("Delete", "https://elsewhere.example/posts/1"))
    backlog = box.fediverse.journal.backlog
    backlog.room = Room(aside_of_host=(5, 1 << 20))
    for number in range(9):
        await eve.delivers(eve.activity("Delete", f"https://elsewhere.example/posts/{number}"))
    kept = await box.aside()
    assert [one.host for one in kept] == ["evil.example"] * 5 + ["far.example"]
    backlog.room = Room(aside_of_host=(5, 10_250))
    await eve.delivers(eve.activity("Delete", "https://elsewhere.example/x", content="x" * 10_000))
    kept = await box.aside()
    assert [one.host for one in kept] == ["evil.example", "far.example"]
    backlog.room = Room(aside_of_all=(1, 1 << 20))
    await box.fediverse.journal.forget_old()
    assert [one.id for one in await box.aside()] == [kept[0].id]


# --- what came once does nothing again, whoever remembers it ---------------------------------------------------------


@pytest.mark.parametrize("dialect", ["cavage", "standard"])
@pytest.mark.parametrize("has_id", [True, False])
async def test_a_follow_that_is_sent_again_after_a_restart_does_nothing(box, ana, dialect, has_id):
    cid = box.person("cid")
    follow, stop = cid.activity("Follow", box.uri_of(ana)), cid.activity("Undo", "")
    if not has_id:
        del follow["id"]
    stop["object"] = {**follow, "type": "Follow"}
    body = json.dumps(follow).encode()
    headers = cid.headers(body, dialect=dialect)
    assert (await box.stranger.call("POST", "/inbox", body=body, headers=headers)).code == 202
    await box.settle()
    assert await followers(ana) == [cid.handle]
    await cid.delivers(stop)
    assert await followers(ana) == []
    box.fediverse = build_fediverse(box.app, door_for())  # all that was in memory is forgotten
    box.world.wire.inbox, box.processing = box.fediverse.inbox, box.fediverse.processing
    assert (await box.stranger.call("POST", "/inbox", body=body, headers=headers)).code == 202
    await box.settle()
    assert await followers(ana) == []


@pytest.mark.parametrize(("age_s", "code"), [(FORWARDED_S - 60, 202), (FORWARDED_S + 60, 401)])
async def test_what_is_forwarded_counts_while_the_journal_would_know_it_again(box, ana, bea, age_s, code):
    assert FORWARDED_S + 3600 < KEPT_S, "with the hour by which a clock may be ahead"
    key, key_id = Ed25519PrivateKey.generate(), f"{bea.uri}#ed25519"
    shown = {"id": key_id, "type": "Multikey", "controller": bea.uri}
    bea.shows_self(assertionMethod=[shown | {"publicKeyMultibase": multikey_from(key.public_key())}])
    made_at = datetime.now(UTC) - timedelta(seconds=age_s)
    said = make_proof(key, key_id, bea.activity("Announce", bea.note("again"), to=[PUBLIC]), made_at)
    mallory = box.person("mallory", key=EVES, host="evil.example")
    box.fediverse.verifier.keys.forget_actor(bea.uri)
    assert (await mallory.sends(said)).code == code


# --- names that evade a block ----------------------------------------------------------------------------------------

SPELLINGS = (
    "https://evil.example./u",
    "https://EVIL.example:443/u",
    "http://evil.EXAMPLE.:80/u",
    "https://a.evil.example./",
)


@pytest.mark.parametrize("uri", [*SPELLINGS, "https://\u24d4vil.example/u", "https://evil\u3002example/u"])
async def test_no_spelling_of_its_name_takes_a_server_out_of_its_block(box, uri):
    assert host_of(uri) in ("evil.example", "a.evil.example")
    await block_domain(box.app, "evil.example", DomainWishes(Severity.SUSPEND), by=OPERATOR)
    with pytest.raises(ServerRefused):
        await check_server(box.app.db.reader, "nice.example", uri)


@pytest.mark.parametrize("severity", [Severity.SUSPEND, Severity.SILENCE])
async def test_a_blocked_server_is_blocked_under_the_handles_of_another_one_too(box, ana, severity):
    """The person is at evil.example and has a handle of nice.example, which agrees."""
    eve = box.person("eve", key=EVES, host="evil.example")
    handle = f"eve@nice.example:{box.evil.port}"
    box.village.names(handle, eve.uri)
    eve.shows_self(webfinger=handle)
    await eve.followed_by(ana)
    await eve.delivers(eve.creates("hello"))
    [post] = await ana.home()
    assert post["account"]["acct"] == handle
    await block_domain(box.app, "evil.example", DomainWishes(severity), by=OPERATOR)
    await box.settle()
    [standing] = await rows(box, "SELECT suspended_at, silenced_at FROM accounts WHERE uri = :uri", uri=eve.uri)
    assert [bool(at) for at in standing] == [severity is Severity.SUSPEND, severity is Severity.SILENCE]
    if severity is Severity.SUSPEND:
        assert await ana.home() == []


async def test_who_is_suspended_here_is_not_let_back_by_the_own_server(world, box, ana, bea):
    account = await box.fediverse.remote.get_account(bea.uri)
    await suspend_account(box.app, account.id, by=OPERATOR)
    for is_suspended in (True, False):
        bea.shows_self(suspended=is_suspended)
        box.forgives()
        await box.fediverse.remote.get_account(bea.uri, fresh=True)
        [(at,)] = await rows(box, "SELECT suspended_at FROM accounts WHERE uri = :uri", uri=bea.uri)
        assert at
