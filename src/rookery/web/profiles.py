"""Profiles: who somebody is, what they posted, and what is between them and the visitor.

Owns: `/@name` with its tabs, followers and followed, the forms of a relation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from rookery.actions.follows import (
    FollowWishes,
    answer_request,
    block_account,
    follow_account,
    mute_account,
    unblock_account,
    unfollow_account,
    unmute_account,
)
from rookery.actions.resolving import meet, plan_profile
from rookery.model.accounts import Account, AccountNotFound, ProfileField, split_handle
from rookery.model.errors import NotFound
from rookery.model.ids import AccountId, now_us
from rookery.model.markup import render_html
from rookery.network.limits import FOLLOWING
from rookery.network.responses import Answer
from rookery.storage.accounts import find_account_by_name
from rookery.storage.marks import list_pinned
from rookery.storage.members import find_member
from rookery.storage.moves import find_new_home
from rookery.storage.pages import AccountChoice, list_of_account
from rookery.storage.relations import FOLLOWED, FOLLOWERS, Relation, list_pairs, list_relations
from rookery.web.fields import Fields
from rookery.web.fragments import local_links
from rookery.web.guards import safe_path
from rookery.web.lists import PAGE_PEOPLE, find_people, older_link, show_posts, view_of, window_of
from rookery.web.people import Person, header_path
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
TABS = {
    "": AccountChoice(no_replies=True),
    "replies": AccountChoice(),
    "media": AccountChoice(only_media=True, no_reposts=True),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """An account with its rendered words. new_home: where it has moved to."""

    account: Account
    person: Person
    bio: Markup
    fields: list[tuple[str, Markup, bool]]
    header: str | None
    new_home: Person | None = None


def drawn_value(field: ProfileField, account: Account, visit: Visit) -> Markup:
    """Return what stands in a field, with links and emoji; escaped by render_html."""
    base_url = visit.face.base_url
    html = local_links(render_html(field.value, field.facets, base_url), base_url)
    return Markup(visit.face.templates.emoji.draw_html(html, account.domain))  # noqa: S704


def profile_of(account: Account, visit: Visit) -> Profile:
    """Return a profile as its page shows it; bio and fields are escaped by render_html."""
    base_url, emoji = visit.face.base_url, visit.face.templates.emoji
    fields = [
        (field.name, drawn_value(field, account, visit), field.verified_at_us is not None) for field in account.fields
    ]
    html = local_links(render_html(account.bio, account.bio_facets, base_url), base_url)
    bio = Markup(emoji.draw_html(html, account.domain))  # noqa: S704
    return Profile(account, Person.of(account), bio, fields, header_path(account))


async def with_new_home(profile: Profile, visit: Visit) -> Profile:
    """Return the profile with where its account has moved to, when that may be shown."""
    home = await find_new_home(visit.face.app.db.reader, profile.account.id) if profile.account.moved_to_id else None
    return replace(profile, new_home=Person.of(home)) if home and not home.suspended_at_us else profile


async def account_of(visit: Visit) -> Account:
    """Return the account that the path names; for a member one that nobody here knew is looked for on its server.

    Raises AccountNotFound, for suspended ones too.
    """
    await visit.face.live.catch_up()
    name, domain = split_handle(visit.value("name"), visit.face.app.settings.server.domain)
    account = await find_account_by_name(visit.face.app.db.reader, name, domain)
    if account is None and domain and visit.member and visit.request.method == "GET":
        account = await meet(visit.face.app, name, domain)
        await visit.face.live.catch_up()
    if account is None or account.suspended_at_us:
        raise AccountNotFound
    await visit.face.templates.emoji.learn_people([account])
    return account


async def relation_to(visit: Visit, account: Account) -> Relation | None:
    """Return what is between the visitor and an account, None for strangers and oneself."""
    if visit.viewer is None or visit.viewer == account.id:
        return None
    return (await list_relations(visit.face.app.db.reader, visit.viewer, [account.id], now_us())).get(account.id)


async def tabs_of(visit: Visit, account: Account) -> dict[str, AccountChoice]:
    """Return the tabs of a profile that its owner shows, each with its posts."""
    member = await find_member(visit.face.app.db.reader, account.id) if account.is_local else None
    shows = dict(TABS)
    if member and not member.preferences.shows_media_replies:
        shows["media"] = replace(TABS["media"], no_replies=True)
    if member and not member.preferences.shows_media:
        del shows["media"]
    return shows


@routes.page("/@{name}")
async def show_profile(visit: Visit) -> Answer:
    """Somebody's page."""
    account = await account_of(visit)
    if visit.value("name") != account.handle:
        return visit.go(f"/@{account.handle}")
    if visit.member:
        await plan_profile(visit.face.app, account.id)
    tab = visit.query.get("tab", "")
    shows = await tabs_of(visit, account)
    choice = shows.get(tab)
    if choice is None:
        raise NotFound("no such tab")
    reader, viewer = visit.face.app.db.reader, visit.viewer_or_nobody
    shown = await show_posts(visit, lambda window: list_of_account(reader, account.id, viewer, window, choice))
    pinned: list[Markup] = []
    if not tab and shown.is_first:
        ids = await list_pinned(reader, account.id, viewer)
        pinned = await visit.face.renders.posts(ids, view_of(visit))
    answer = visit.page(
        "profile.html",
        is_public=True,
        profile=await with_new_home(profile_of(account, visit), visit),
        relation=await relation_to(visit, account),
        tab=tab,
        tabs=list(shows),
        shown=shown,
        pinned=pinned,
    )
    if not account.is_indexable:
        answer.headers.append((b"x-robots-tag", b"noindex"))
    return answer


@routes.page("/@{name}/followers", who="member")
async def show_followers(visit: Visit) -> Answer:
    """Who follows somebody."""
    return await show_network(visit, "followers")


@routes.page("/@{name}/following", who="member")
async def show_following(visit: Visit) -> Answer:
    """Whom somebody follows."""
    return await show_network(visit, "following")


async def show_network(visit: Visit, side: str) -> Answer:
    """List people beside an account, unless it keeps them to itself."""
    account = await account_of(visit)
    hides = account.hides_network and account.id != visit.viewer
    window = window_of(visit, PAGE_PEOPLE)
    query = FOLLOWERS if side == "followers" else FOLLOWED
    reader = visit.face.app.db.reader
    rows = (
        []
        if hides
        else await list_pairs(reader, query, account.id, window, state="active", viewer=visit.viewer_or_nobody)
    )
    return visit.page(
        "people.html",
        profile=profile_of(account, visit),
        side=side,
        hides=hides,
        people=await find_people(visit, [row[1] for row in rows]),
        older=older_link(visit, [row[0] for row in rows], PAGE_PEOPLE),
    )


@routes.page("/requests", who="member")
async def show_requests(visit: Visit) -> Answer:
    """Who waits for the visitor's consent."""
    window = window_of(visit, PAGE_PEOPLE)
    rows = await list_pairs(
        visit.face.app.db.reader,
        FOLLOWERS,
        visit.account_id,
        window,
        state="requested",
        viewer=visit.viewer_or_nobody,
    )
    return visit.page(
        "requests.html",
        people=await find_people(visit, [row[1] for row in rows]),
        older=older_link(visit, [row[0] for row in rows], PAGE_PEOPLE),
    )


@routes.form("/requests")
async def decide_request(visit: Visit, fields: Fields) -> Answer:
    """Accept or refuse a follower."""
    answer = "accept" if fields.text("answer") == "accept" else "reject"
    await answer_request(visit.face.app, visit.account_id, AccountId(fields.number("account", 0)), answer)
    return visit.go("/requests")


async def change_relation(visit: Visit, other_id: AccountId, act: str) -> None:
    """Do what the path says. Raises NotFound for an act that there is not."""
    app, me = visit.face.app, visit.account_id
    match act:
        case "follow":
            await follow_account(app, me, other_id, FollowWishes())
        case "unfollow":
            await unfollow_account(app, me, other_id)
        case "hide-reposts" | "show-reposts":
            await follow_account(app, me, other_id, FollowWishes(shows_reposts=act == "show-reposts"))
        case "block":
            await block_account(app, me, other_id)
        case "unblock":
            await unblock_account(app, me, other_id)
        case "mute":
            await mute_account(app, me, other_id)
        case "unmute":
            await unmute_account(app, me, other_id)
        case _:
            raise NotFound("no such act")


@routes.form("/@{name}/relation/{act}", limit=FOLLOWING)
async def relate(visit: Visit, fields: Fields) -> Answer:
    """Follow, block, mute, and the ways back."""
    account = await account_of(visit)
    await change_relation(visit, account.id, visit.value("act"))
    return visit.go(safe_path(fields.text("back"), f"/@{account.handle}"))
