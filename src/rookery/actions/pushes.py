"""Web push subscriptions: made and changed by who holds a token, or by a signed-in browser.

Owns: the server's VAPID key, one subscription per token or session. Never: sends (actions/push_sending.py), ends
access; a subscription goes with its token or session (K7).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rookery.actions.app import App
from rookery.actions.repeating import repeatable
from rookery.actions.sealing import sealer_of
from rookery.model.callers import Caller
from rookery.model.errors import NotSignedIn
from rookery.model.ids import CLOCK_BITS, now_us
from rookery.model.pushes import (
    TEST_ID,
    PushChoice,
    PushSubscription,
    SubscriptionNotFound,
    check_endpoint,
)
from rookery.model.settings import is_local_domain
from rookery.network.webpush import VapidKey, encode, parse_push_keys
from rookery.storage import pushes
from rookery.storage.values import find_value, keep_value

VAPID = "vapid_key"
SEALED_FOR = "push of token {}"


@dataclass(frozen=True, slots=True)
class SubscriptionDraft:
    """What an app or browser sends. token: the access token itself, '' for a browser."""

    endpoint: str
    p256dh: str
    auth: str
    is_standard: bool
    choice: PushChoice
    token: str = ""


@repeatable
async def vapid_key(app: App) -> VapidKey:
    """Return the key by which push services know this server; the first call of all makes it, for good."""
    if app.vapid is None:
        text = await find_value(app.db.reader, VAPID)
        if text is None:
            async with app.db.transaction() as tx:
                text = await keep_value(tx, VAPID, VapidKey.generate().text)
        app.vapid = VapidKey.parse(text)
    return app.vapid


@repeatable
async def subscribe(app: App, caller: Caller, draft: SubscriptionDraft) -> PushSubscription:
    """Have a token or session told of what it chose, in place of what it had.

    Raises EndpointRefused, PushKeysRefused.
    """
    if caller.account_id is None:
        raise NotSignedIn("please sign in first")
    endpoint = check_endpoint(draft.endpoint, may_be_plain=is_local_domain(app.settings.server.domain))
    keys = parse_push_keys(draft.p256dh, draft.auth)
    sealed = ""
    if caller.token_id is not None and draft.token:
        sealed = await asyncio.to_thread(sealer_of(app).seal, draft.token, SEALED_FOR.format(caller.token_id))
    made = PushSubscription(
        app.ids.next_id() >> CLOCK_BITS,  # apps read this id as a number, and some as one of 53 bits
        caller.account_id,
        caller.token_id,
        caller.session_id if caller.token_id is None else None,
        endpoint,
        encode(keys.p256dh),
        encode(keys.auth),
        draft.is_standard,
        draft.choice,
        sealed,
    )
    async with app.db.transaction() as tx:
        await pushes.put_subscription(tx, made, now_us())
    return made


async def get_subscription(app: App, caller: Caller) -> PushSubscription:
    """Return the subscription of a token or session. Raises SubscriptionNotFound."""
    found = await pushes.find_subscription(app.db.reader, token_id=caller.token_id, session_id=caller.session_id)
    if found is None:
        raise SubscriptionNotFound
    return found


@repeatable
async def choose_pushes(app: App, caller: Caller, choice: PushChoice) -> PushSubscription:
    """Change what a token or session is told of. Raises SubscriptionNotFound."""
    found = await get_subscription(app, caller)
    async with app.db.transaction() as tx:
        await pushes.set_choice(tx, found.id, choice)
    return await get_subscription(app, caller)


@repeatable
async def unsubscribe(app: App, caller: Caller) -> None:
    """Tell a token or session nothing more; harmless when it was told nothing."""
    async with app.db.transaction() as tx:
        await pushes.delete_subscription(tx, token_id=caller.token_id, session_id=caller.session_id)


@repeatable
async def send_test(app: App, caller: Caller) -> None:
    """Send the message with which a person tries their browser. Raises SubscriptionNotFound."""
    found = await get_subscription(app, caller)
    async with app.db.transaction() as tx:
        await pushes.plan_delivery(tx, found.id, TEST_ID, now_us())
