"""Accounts of other servers: who they are, who may say so, what is not taken."""

import pytest
from tests.far import FAR, FarPerson

from rookery.actions.domainblocks import DomainWishes, block_domain
from rookery.actions.posts import AccountSuspended
from rookery.actions.receiving_accounts import receive_account
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity
from rookery.model.incoming import (
    IncomingEmoji,
    IncomingField,
    IncomingPicture,
    IncomingRefused,
    NotTheirs,
    ServerRefused,
)
from rookery.storage import accounts, far_accounts, hosts
from rookery.storage.far_emoji import list_far_emoji


async def test_a_far_person_has_a_profile_with_everything_that_was_told(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives(
        display_name="Bea :rook:",
        bio="I live elsewhere",
        fields=(IncomingField("home", "https://bea.example"),),
        avatar=IncomingPicture("https://far.example/bea.png", "a bee"),
        is_locked=True,
        is_bot=True,
        follower_count=1200,
        following_count=7,
        post_count=99,
        emoji=(IncomingEmoji("rook", "https://far.example/rook.png"),),
    )
    shown = await ana.calls("GET", f"/api/v1/accounts/{bea.id}")
    assert (shown["acct"], shown["username"]) == ("bea@far.example", "bea")
    assert (shown["uri"], shown["url"]) == (bea.uri, "https://far.example/@bea")
    assert (shown["display_name"], shown["locked"], shown["bot"]) == ("Bea :rook:", True, True)
    assert (shown["followers_count"], shown["following_count"], shown["statuses_count"]) == (1200, 7, 99)
    assert shown["fields"][0]["name"] == "home"
    assert shown["avatar"].startswith("http://localhost:3000/media/far/")
    assert (shown["avatar_description"], shown["avatar_static"]) == ("a bee", shown["avatar"].replace("whole", "small"))
    assert shown["header"] == "http://localhost:3000/static/header.png"
    [emoji] = shown["emojis"]
    assert emoji["url"].startswith("http://localhost:3000/media/far/") and emoji["url"] != shown["avatar"]
    found = await ana.calls("GET", "/api/v1/accounts/lookup?acct=bea@far.example")
    assert found["id"] == str(bea.id)


async def test_a_profile_that_comes_twice_is_one_account_and_the_newer_words_stay(world):
    bea = await FarPerson(world).arrives(display_name="Bea", avatar=IncomingPicture("https://far.example/1.png"))
    first = bea.id
    await bea.arrives(display_name="Beatrix", is_group=True)
    assert bea.id == first
    account = await accounts.get_account(world.app.db.reader, bea.id)
    assert (account.display_name, account.is_group) == ("Beatrix", True)
    far = await far_accounts.find_far_account(world.app.db.reader, bea.id)
    assert (far.avatar_url, far.host, far.shared_inbox_url) == ("", FAR, f"https://{FAR}/inbox")
    assert (await hosts.find_host(world.app.db.reader, FAR)).failure_count == 0


async def test_nobody_speaks_for_somebody_else_or_for_us(world):
    (ana,) = await world.people("ana")
    bea, eve = FarPerson(world), FarPerson(world, "eve", "evil.example")
    with pytest.raises(NotTheirs):
        await receive_account(world.app, bea.profile(), by_uri=eve.uri)
    base, here = world.app.settings.base_url, world.app.settings.server.domain
    ours = FarPerson(world, ana.name)
    ours.uri = f"{base}/@{ana.name}"
    with pytest.raises(NotTheirs):
        await receive_account(world.app, ours.profile(), by_uri=ours.uri)
    with pytest.raises(NotTheirs):
        await receive_account(world.app, eve.profile(username="ana", domain=here), by_uri=eve.uri)
    assert await accounts.find_account_by_uri(world.app.db.reader, bea.uri) is None


async def test_a_handle_stays_with_its_account_until_its_server_proves_otherwise(world):
    bea = await FarPerson(world).arrives()
    other = FarPerson(world)
    other.uri = "https://far.example/users/2"
    with pytest.raises(IncomingRefused):
        await other.arrives()
    newer = await receive_account(world.app, other.profile(), by_uri=other.uri, is_handle_proved=True)
    found = await accounts.find_account_by_name(world.app.db.reader, "bea", FAR)
    assert found.id == newer.id != bea.id
    kept = await accounts.find_account_by_uri(world.app.db.reader, bea.uri)
    assert kept.id == bea.id


async def test_a_new_handle_is_taken_only_with_proof(world):
    bea = await FarPerson(world).arrives()
    await receive_account(world.app, bea.profile(username="trix"), by_uri=bea.uri)
    assert await accounts.find_account_by_name(world.app.db.reader, "trix", FAR) is None
    after = await receive_account(world.app, bea.profile(username="trix"), by_uri=bea.uri, is_handle_proved=True)
    assert (after.id, after.username) == (bea.id, "trix")


@pytest.mark.parametrize("domain", [FAR, "sub.far.example"])
async def test_nothing_of_a_blocked_server_is_stored(world, domain):
    await block_domain(world.app, FAR, DomainWishes(severity=Severity.SUSPEND), by=OPERATOR)
    bea = FarPerson(world, domain=domain)
    with pytest.raises(ServerRefused):
        await bea.arrives()
    hidden = FarPerson(world, "bea", domain)
    with pytest.raises(ServerRefused):  # the same server under a handle of another name
        await receive_account(world.app, hidden.profile(domain="other.example"), by_uri=hidden.uri)
    assert await accounts.find_account_by_uri(world.app.db.reader, bea.uri) is None


async def test_who_was_here_before_the_block_is_not_heard_any_more(world):
    bea = await FarPerson(world).arrives()
    await block_domain(world.app, FAR, DomainWishes(severity=Severity.SUSPEND), by=OPERATOR)
    with pytest.raises(ServerRefused):
        await bea.publishes()


async def test_a_server_whose_pictures_are_not_wanted_shows_none(world):
    (ana,) = await world.people("ana")
    await block_domain(world.app, FAR, DomainWishes(severity=Severity.NOOP, rejects_media=True), by=OPERATOR)
    bea = await FarPerson(world).arrives(
        avatar=IncomingPicture("https://far.example/bea.png"), emoji=(IncomingEmoji("rook", "https://far.example/r"),)
    )
    shown = await ana.calls("GET", f"/api/v1/accounts/{bea.id}")
    assert "far.example" not in shown["avatar"]
    assert await list_far_emoji(world.app.db.reader, [FAR], ["rook"]) == {}


async def test_an_account_that_its_server_hides_is_hidden_here_until_it_is_back(world):
    bea = await FarPerson(world).arrives()
    post_id = await bea.publishes("before")
    await bea.arrives(is_suspended=True)
    assert (await world.stranger.get(f"/api/v1/statuses/{post_id}")).code == 404
    with pytest.raises(AccountSuspended):
        await bea.publishes()
    await bea.arrives()
    assert (await world.stranger.get(f"/api/v1/statuses/{post_id}")).code == 200


async def test_an_account_that_its_server_deleted_stays_deleted(world):
    bea = await FarPerson(world).arrives()
    post_id = await bea.publishes("before")
    assert await bea.deletes(bea.uri)
    assert not await bea.deletes(bea.uri)
    assert (await world.stranger.get(f"/api/v1/statuses/{post_id}")).code == 404
    with pytest.raises(IncomingRefused):
        await bea.arrives()
    with pytest.raises(AccountSuspended):
        await bea.publishes()


async def test_the_deletion_of_a_stranger_writes_nothing(world):
    assert not await FarPerson(world).deletes("https://far.example/users/bea")
    assert not await FarPerson(world).deletes("https://far.example/users/bea/posts/1")
    assert await world.app.db.reader.all("SELECT uri FROM far_deletions") == []
