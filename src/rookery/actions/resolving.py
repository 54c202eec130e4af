"""Asking other servers for people and posts, for somebody who waits: a handle, an address, the mentioned of a text.

Owns: what text is worth asking for, how long a person waits, how many handles of one text are asked for. Never: knows a
network (`App.resolver` does), is called inside a transaction. Where no network can find anybody, nobody is found.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from rookery.actions.app import App
from rookery.model.accounts import Account, AccountNotFound, split_handle
from rookery.model.errors import Refusal, Unavailable
from rookery.model.ids import AccountId, PostId
from rookery.model.resolving import Resolved
from rookery.model.text import Facet, FacetKind
from rookery.storage import accounts

LOOKING_S, MENTIONS_S = 10.0, 4.0
MOST_MENTIONS = 10
MAX_ADDRESS_CHARACTERS = 2048
HANDLE = re.compile(
    r"(?:acct:)?@?([\w](?:[\w.~+-]{0,198}[\w~-])?)@((?:[\w](?:[\w-]{0,61}[\w])?\.)+[\w-]{2,63}|localhost)(:\d{1,5})?"
)
T = TypeVar("T")


class FarServerSilent(Unavailable):
    """Another server did not answer while somebody waited."""

    def __init__(self) -> None:
        super().__init__("the other server does not answer now; try again later", 60)


def handle_in(app: App, text: str) -> tuple[str, str] | None:
    """Return name and domain when a text is the handle of somebody on another server."""
    found = HANDLE.fullmatch(text.strip())
    if found is None:
        return None
    domain = f"{found[2]}{found[3] or ''}".casefold()
    here = (app.settings.server.domain.casefold(), app.settings.base_url.partition("://")[2].casefold())
    return None if domain in here else (found[1], domain)


def is_far_address(app: App, text: str) -> bool:
    """True when a text is the address of something on another server."""
    is_link = text.startswith(("https://", "http://")) and len(text) <= MAX_ADDRESS_CHARACTERS
    return is_link and text.split() == [text] and not f"{text}/".startswith(f"{app.settings.base_url}/")


def is_far_name(app: App, text: str) -> bool:
    """True when another server would be asked what a text names."""
    return app.resolver is not None and (is_far_address(app, text) or handle_in(app, text) is not None)


async def look_up(app: App, text: str) -> Resolved | None:
    """Return who or what a handle or an address of another server names, and have more of it brought.

    None for any other text, and when there is nobody of that name. Raises NotFound, Invalid, Unavailable.
    """
    if app.resolver is None:
        return None
    handle = handle_in(app, text)
    if handle is not None:
        account = await within(LOOKING_S, app.resolver.find_handle(*handle))
        found = Resolved(account=account) if account else None
    elif is_far_address(app, text):
        found = await within(LOOKING_S, app.resolver.find_address(text))
    else:
        return None
    if found and found.account:
        await app.resolver.plan_profile(found.account.id)
    if found and found.post:
        await app.resolver.plan_thread(found.post.id)
    return found


async def within(seconds: float, asking: Awaitable[T]) -> T:
    """Wait so long for another server. Raises FarServerSilent, and what the asking raises."""
    try:
        async with asyncio.timeout(seconds):
            return await asking
    except TimeoutError:
        raise FarServerSilent from None


async def meet_mentioned(app: App, facets: Iterable[Facet], *, wait_s: float = MENTIONS_S) -> None:
    """Have unknown people whom a text names found, as far as that is quick; who is not found stays plain text."""
    if app.resolver is None:
        return
    unknown: dict[tuple[str, str], None] = {}
    for facet in facets:
        if facet.kind is FacetKind.MENTION and (handle := await find_unknown(app, facet.value)):
            unknown[handle] = None
    asked = list(unknown)[:MOST_MENTIONS]
    if asked:
        tasks = [asyncio.create_task(meet(app, *handle)) for handle in asked]
        _, late = await asyncio.wait(tasks, timeout=wait_s)
        for task in late:
            task.cancel()


async def find_unknown(app: App, raw: str) -> tuple[str, str] | None:
    """Return name and domain of a far handle that nobody has met here."""
    try:
        name, domain = split_handle(raw, app.settings.server.domain)
    except AccountNotFound:
        return None
    known = await accounts.find_account_by_name(app.db.reader, name, domain) if domain else None
    return (name, domain) if domain and known is None else None


async def meet(app: App, name: str, domain: str) -> Account | None:
    """Return the account of a far handle, None without a word when it cannot be had."""
    if app.resolver is None:
        return None
    try:
        return await within(LOOKING_S, app.resolver.find_handle(name, domain))
    except Refusal:
        return None


async def plan_profile(app: App, account_id: AccountId) -> None:
    """Somebody looks at an account: have more of it brought, when it lives elsewhere."""
    if app.resolver is not None:
        await app.resolver.plan_profile(account_id)


async def plan_thread(app: App, post_id: PostId) -> None:
    """Somebody reads a thread: have the rest of it brought."""
    if app.resolver is not None:
        await app.resolver.plan_thread(post_id)
