"""Accounts and posts of other servers, fetched and believed only about themselves."""

import asyncio
import json

import pytest
from tests.activitypub.village import remote_for
from tests.evilhost import evil, page, redirect

from rookery.actions.domainblocks import DomainWishes, block_domain
from rookery.actions.jobs import run_due_jobs
from rookery.actions.receiving import receive_deletion
from rookery.activitypub.remote import RemoteNotFound, RemoteRefused, RemoteUnavailable
from rookery.activitypub.visiting import visit_handlers
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity
from rookery.model.ids import now_us
from rookery.model.posts import Audience
from rookery.storage import far_accounts, jobs, posts
from rookery.storage.accounts import find_account_by_uri
from rookery.storage.jobs import Job

__all__ = ["evil"]


async def test_somebody_whom_nobody_knew_is_fetched_and_kept(remote, village):
    bea = village.person("bea")
    account = await remote.get_account(bea.uri)
    assert (account.handle, account.display_name) == (bea.handle, "Bea")
    assert (await remote.get_account(bea.uri)).id == account.id
    assert village.asked("/users/bea") == 1


async def test_requests_are_signed_by_the_server_and_want_documents(remote, village):
    bea = village.person("bea")
    await remote.get_account(bea.uri)
    _, headers, _ = next(one for one in village.evil.requests if one[0].startswith("GET /users/bea"))
    assert "/actor#main-key" in headers["signature"]
    assert "application/activity+json" in headers["accept"] and "application/ld+json" in headers["accept"]


async def test_a_post_brings_its_author(remote, village):
    bea = village.person("bea")
    uri = bea.note("good morning")
    post = await remote.get_post(uri)
    assert (post.text, post.uri, post.audience) == ("good morning", uri, Audience.PUBLIC)
    assert (await find_account_by_uri(remote.app.db.reader, bea.uri)).id == post.author_id
    assert (await remote.get_post(uri)).id == post.id
    assert village.asked("/users/bea/posts/1") == 1


async def test_a_post_for_followers_keeps_its_audience(remote, village):
    bea = village.person("bea")
    post = await remote.get_post(bea.note("for friends", to=[f"{bea.uri}/followers"], cc=[]))
    assert post.audience is Audience.FOLLOWERS


async def test_ours_are_read_from_the_database_and_never_fetched(remote, village, world):
    [ana] = await world.people("ana")
    mine = await ana.publishes("here")
    base = world.app.settings.base_url
    assert (await remote.get_account(f"{base}/@ana")).id == ana.id
    assert (await remote.get_post(mine["uri"])).id == int(mine["id"])
    for wrong in (f"{base}/@nobody", f"{base}/users/eve"):
        with pytest.raises(RemoteNotFound):
            await remote.get_account(wrong)
    assert village.evil.requests == []


async def test_a_hundred_who_want_the_same_person_make_one_request(remote, village):
    bea = village.person("bea")
    found = await asyncio.gather(*(remote.get_account(bea.uri) for _ in range(100)))
    assert len({one.id for one in found}) == 1
    assert village.asked("/users/bea") == 1


async def test_a_thousand_mentions_of_a_dead_host_make_one_request(world):
    tries = []

    async def nowhere(host, port):
        tries.append(host)
        raise OSError("no such name")

    remote = remote_for(world.app, nowhere)
    outcomes = await asyncio.gather(
        *(remote.get_account(f"http://dead.example/users/{n}") for n in range(1000)), return_exceptions=True
    )
    assert {type(one) for one in outcomes} == {RemoteUnavailable}
    assert len(tries) == 1
    remote.fetcher.failures.clock.now += 3600
    with pytest.raises(RemoteUnavailable):
        await remote.get_account("http://dead.example/users/1")
    assert len(tries) == 2, "after a while it is tried again"


async def test_what_is_missing_is_not_asked_for_again_so_soon(remote, village):
    for _ in range(3):
        with pytest.raises(RemoteNotFound):
            await remote.get_post(village.url("/nothing"))
    assert village.asked("/nothing") == 1
    remote.fetcher.clock.now += 3600
    village.person("bea")
    with pytest.raises(RemoteNotFound):
        await remote.get_post(village.url("/nothing"))
    assert village.asked("/nothing") == 2


async def test_a_blocked_server_is_never_asked_not_even_by_a_redirect(world, remote, village):
    bea = village.person("bea")
    await block_domain(world.app, "far.example", DomainWishes(severity=Severity.SUSPEND), by=OPERATOR)
    village.evil.paths["/door"] = redirect(bea.uri)
    for uri in (bea.uri, f"{bea.uri}/posts/1"):
        with pytest.raises(RemoteRefused):
            await remote.get_account(uri)
    assert village.evil.requests == []
    with pytest.raises(RemoteRefused):
        await remote.get_account(village.evil.url("/door", "innocent.example"))
    assert village.asked("/users/bea") == 0


# Whose an id is: GHSA-3fjr-858r-92rw, CVE-2026-34148, Akkoma 3.12, GHSA-jhrq-qvrm-qr36.


async def test_a_document_about_somebody_of_another_server_is_not_believed(remote, village):
    bea = village.person("bea")
    village.evil.paths["/fake"] = page(json.dumps(bea.document(name="Eve")), "application/activity+json")
    with pytest.raises(RemoteRefused):
        await remote.get_account(village.evil.url("/fake", "evil.example"))
    assert await find_account_by_uri(remote.app.db.reader, bea.uri) is None


async def test_a_redirect_to_another_server_makes_nobody_of_it(remote, village):
    bea = village.person("bea")
    village.evil.paths["/users/mallory"] = redirect(bea.uri)
    with pytest.raises(RemoteRefused):
        await remote.get_account(village.evil.url("/users/mallory", "evil.example"))


async def test_a_document_that_names_another_id_of_its_server_is_fetched_there_once(remote, village):
    bea = village.person("bea")
    village.shows("/alias", bea.document())
    assert (await remote.get_account(village.url("/alias"))).uri == bea.uri
    assert village.asked("/users/bea") == 1
    village.shows("/a", {"id": village.url("/b"), "type": "Person"})
    village.shows("/b", {"id": village.url("/c"), "type": "Person"})
    with pytest.raises(RemoteRefused):
        await remote.get_account(village.url("/a"))
    assert village.asked("/c") == 0


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/ld+json", "image/png"])
async def test_a_file_that_somebody_uploaded_is_no_document(remote, village, kind):
    bea = village.person("bea")
    village.shows("/users/bea", bea.document(), kind=kind)
    with pytest.raises(RemoteRefused):
        await remote.get_account(bea.uri)


async def test_both_names_of_a_document_are_taken(remote, village):
    bea = village.person("bea")
    kind = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"; charset=utf-8'
    village.shows("/users/bea", bea.document(), kind=kind)
    assert (await remote.get_account(bea.uri)).username == "bea"


async def test_a_post_that_names_an_author_elsewhere_is_not_believed(remote, village):
    bea = village.person("bea")
    uri = bea.note("hello", attributedTo="http://other.example/users/zoe")
    with pytest.raises(RemoteRefused):
        await remote.get_post(uri)
    assert await posts.find_post(remote.app.db.reader, 1) is None


async def test_what_is_no_account_and_no_post_is_neither(remote, village):
    bea = village.person("bea")
    uri = bea.note("hello")
    with pytest.raises(RemoteRefused):
        await remote.get_account(uri)
    with pytest.raises(RemoteRefused):
        await remote.get_post(bea.uri)


async def test_a_deleted_post_stays_out(remote, village):
    bea = village.person("bea")
    uri = bea.note("oops")
    await remote.get_post(uri)
    assert await receive_deletion(remote.app, uri, by_uri=bea.uri)
    assert await remote.get_post(uri) is None
    assert village.asked("/users/bea/posts/1") == 1


# Handles: the six cases of a name that two sides must agree on.


async def test_a_handle_leads_to_its_account(remote, village):
    bea = village.person("bea")
    assert (await remote.find_handle("bea", village.domain)).uri == bea.uri
    assert (await remote.find_handle("BEA", village.domain.upper())).uri == bea.uri, "now it is known"
    assert await remote.find_handle("nobody", village.domain) is None


async def test_a_handle_may_have_a_domain_of_its_own(remote, village):
    bea = village.person("bea")
    own = f"split.example:{village.evil.port}"
    village.names(f"bea@{own}", bea.uri)
    village.names(bea.handle, bea.uri, subject=f"bea@{own}")
    account = await remote.find_handle("bea", own)
    assert account.handle == f"bea@{own}"
    assert (await remote.get_account(bea.uri)).handle == f"bea@{own}"


async def test_an_actor_may_say_its_domain_itself(remote, village):
    own = f"split.example:{village.evil.port}"
    bea = village.person("bea", webfinger=f"bea@{own}")
    village.names(f"bea@{own}", bea.uri)
    assert (await remote.get_account(bea.uri)).handle == f"bea@{own}"


async def test_a_domain_that_does_not_agree_lends_nobody_its_name(remote, village):
    victim = f"victim.example:{village.evil.port}"
    bea = village.person("bea", webfinger=f"bea@{victim}")
    village.names(bea.handle, bea.uri, subject=f"bea@{victim}")
    village.names(f"bea@{victim}", "http://victim.example/users/bea")
    assert (await remote.get_account(bea.uri)).handle == bea.handle


async def test_an_actor_cannot_take_the_name_of_another_one_of_its_server(remote, village):
    bea = village.person("bea")
    eve = village.person("eve")
    eve.shows_self(preferredUsername="bea")
    with pytest.raises(RemoteRefused):
        await remote.get_account(eve.uri)
    assert (await remote.get_account(bea.uri)).handle == bea.handle


async def test_a_server_without_webfinger_names_its_own(remote, village):
    bea = village.person("bea")
    village.handles.clear()
    assert (await remote.get_account(bea.uri)).handle == bea.handle


async def test_a_handle_of_ours_is_not_asked_for_elsewhere(remote, village, world):
    [ana] = await world.people("ana")
    here = world.app.settings.server.domain
    assert (await remote.find_handle("ana", here)).id == ana.id
    assert await remote.find_handle("nobody", here) is None
    bea = village.person("bea", webfinger=f"ana@{here}")
    village.names(bea.handle, bea.uri, subject=f"ana@{here}")
    assert (await remote.get_account(bea.uri)).handle == bea.handle


async def test_subjects_that_point_on_and_on_are_followed_one_step(remote, village):
    port = village.evil.port
    bea = village.person("bea")
    for n in range(5):
        village.names(f"bea@s{n}.example:{port}", bea.uri, subject=f"bea@s{n + 1}.example:{port}")
    village.names(bea.handle, bea.uri, subject=f"bea@s0.example:{port}")
    assert (await remote.get_account(bea.uri)).handle == bea.handle
    assert village.asked("/.well-known/webfinger") == 2


# Who was met long ago.


async def test_somebody_known_for_days_is_looked_at_again_in_the_background(remote, village):
    bea = village.person("bea")
    account = await remote.get_account(bea.uri)
    await remote.get_account(bea.uri)
    assert await planned(remote.app, "RefreshAccount") == []
    await grow_old(remote.app, account.id)
    for _ in range(3):
        await remote.get_account(bea.uri)
    assert await planned(remote.app, "RefreshAccount") == [{"account_id": account.id}]
    bea.shows_self(name="Beatrix")
    assert (await remote.get_account(bea.uri, fresh=True)).display_name == "Beatrix"


async def test_who_is_deleted_there_is_gone_here(remote, village):
    bea = village.person("bea")
    account = await remote.get_account(bea.uri)
    village.evil.paths["/users/bea"] = page("", code="410 Gone")
    with pytest.raises(RemoteNotFound):
        await remote.get_account(bea.uri, fresh=True)
    assert (await far_accounts.find_far_account(remote.app.db.reader, account.id)).gone_at_us


async def test_a_server_that_lost_its_pages_for_a_day_loses_nobody(remote, village):
    bea = village.person("bea")
    account = await remote.get_account(bea.uri)
    village.evil.paths["/users/bea"] = page("", code="404 Not Found")
    with pytest.raises(RemoteNotFound):
        await remote.get_account(bea.uri, fresh=True)
    assert not (await far_accounts.find_far_account(remote.app.db.reader, account.id)).gone_at_us
    village.handles.clear()
    remote.fetcher.clock.now += 3600
    with pytest.raises(RemoteNotFound):
        await remote.get_account(bea.uri, fresh=True)
    assert (await far_accounts.find_far_account(remote.app.db.reader, account.id)).gone_at_us


async def planned(app, kind):
    async with app.db.transaction() as tx:
        return [job.body for job in await jobs.claim_jobs(tx, [kind])]


async def grow_old(app, account_id):
    async with app.db.transaction() as tx:
        await tx.run(
            "UPDATE far_accounts SET refreshed_at = :then WHERE account_id = :id",
            id=account_id,
            then=now_us() - 5 * 86_400_000_000,
        )


# Addresses, as people copy them.


async def test_the_address_of_a_page_leads_to_its_post_by_negotiation(remote, village):
    bea = village.person("bea")
    uri = bea.note("hello")
    village.evil.paths["/@bea/1"] = village.evil.paths["/users/bea/posts/1"]
    found = await remote.find_address(village.url("/@bea/1"))
    assert found.post.uri == uri
    assert (await remote.find_address(uri)).post.id == found.post.id


async def test_the_address_of_a_profile_leads_to_its_account(remote, village):
    bea = village.person("bea")
    village.evil.paths["/@bea"] = redirect(bea.uri)
    assert (await remote.find_address(village.url("/@bea"))).account.uri == bea.uri


@pytest.mark.parametrize("way", ["header", "head"])
async def test_a_page_may_name_its_document(remote, village, way):
    bea = village.person("bea")
    uri = bea.note("hello")
    link = f'<link href="{uri}" rel="me alternate" type="application/activity+json">'
    html = f"<!doctype html><head><link rel=icon href=/x>{link if way == 'head' else ''}</head>"
    header = {"Link": f'<{uri}>; rel="alternate"; type="application/activity+json"'} if way == "header" else {}
    village.evil.paths["/page"] = page(html, **header)
    assert (await remote.find_address(village.url("/page", "shown.example"))).post.uri == uri


async def test_a_page_that_names_a_page_is_followed_no_further(remote, village):
    link = '<link rel="alternate" type="application/activity+json" href="/page2">'
    village.evil.paths["/page"] = page(link)
    village.evil.paths["/page2"] = page(link.replace("page2", "page3"))
    with pytest.raises(RemoteRefused):
        await remote.find_address(village.url("/page"))
    assert village.asked("/page3") == 0


async def test_a_page_about_nothing_is_said_to_be_one(remote, village):
    village.evil.paths["/page"] = page("<p>hello" + "<link " * 20_000)
    with pytest.raises(RemoteRefused, match="it is a page"):
        await remote.find_address(village.url("/page"))


async def test_the_address_of_an_activity_leads_to_what_it_is_about(remote, village):
    bea = village.person("bea")
    uri = bea.note("hello")
    village.shows("/act", {"id": village.url("/act"), "type": "Create", "actor": bea.uri, "object": uri})
    assert (await remote.find_address(village.url("/act"))).post.uri == uri
    village.shows("/list", {"id": village.url("/list"), "type": "Collection"})
    assert await remote.find_address(village.url("/list")) is None


# The job that looks again.


async def test_the_job_looks_again_and_leaves_a_dead_server_after_some_tries(remote, village):
    bea = village.person("bea")
    account = await remote.get_account(bea.uri)
    await grow_old(remote.app, account.id)
    await remote.get_account(bea.uri)
    bea.shows_self(name="Beatrix")
    assert await run_due_jobs(remote.app, visit_handlers(remote)) == 1
    assert (await find_account_by_uri(remote.app.db.reader, bea.uri)).display_name == "Beatrix"
    village.evil.paths["/users/bea"] = page("", code="503 Busy")
    handle = visit_handlers(remote)["RefreshAccount"]
    for attempt in (1, 2, 3):
        with pytest.raises(RemoteUnavailable):
            await handle(Job(1, "RefreshAccount", {"account_id": account.id}, attempt))
    await handle(Job(1, "RefreshAccount", {"account_id": account.id}, 4))
    await handle(Job(1, "RefreshAccount", {"account_id": 1}, 1))
