"""Push subscriptions of the client API: one per access token.

Owns: /api/v1/push/subscription. Spec: https://docs.joinmastodon.org/methods/push/
"""

from __future__ import annotations

from typing import Any

from rookery.actions.pushes import (
    SubscriptionDraft,
    choose_pushes,
    get_subscription,
    subscribe,
    unsubscribe,
    vapid_key,
)
from rookery.mastodon.face import MastodonFace
from rookery.mastodon.forms import Form, read_form
from rookery.mastodon.push_words import ALERTS
from rookery.model.pushes import PushChoice, PushPolicy, PushSubscription
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable

routes: RouteTable[MastodonFace] = RouteTable()
PATH = "/api/v1/push/subscription"


def choice_from_form(form: Form) -> PushChoice:
    """Read `data[alerts][…]` and `data[policy]`; what is not named is off, as on Mastodon."""
    data = form.under("data")
    alerts = data.under("alerts")
    kinds = frozenset(kind for word, kind in ALERTS.items() if alerts.flag(word))
    return PushChoice(kinds, PushPolicy(data.choice("policy", [policy.value for policy in PushPolicy], "all")))


async def json_from_subscription(face: MastodonFace, shown: PushSubscription) -> dict[str, Any]:
    """Return the WebPushSubscription entity. Its id is a number, as Mastodon sends it."""
    return {
        "id": shown.id,
        "endpoint": shown.endpoint,
        "standard": shown.is_standard,
        "alerts": {word: kind in shown.choice.kinds for word, kind in ALERTS.items()},
        "policy": shown.choice.policy.value,
        "server_key": (await vapid_key(face.app)).public,
    }


def token_of(request: Request) -> str:
    """Return the access token as it was sent: apps with several accounts find it again in the message."""
    raw = request.headers.get(b"authorization", b"")
    if raw[:7].lower() == b"bearer ":
        return raw[7:].strip().decode("latin-1")
    return next((str(value) for name, value in request.query() if name == "access_token"), "")


@routes.route("POST", PATH, who="user", scope="push")
async def create_subscription(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/push/#create."""
    form = await read_form(request)
    asked = form.under("subscription")
    keys = asked.under("keys")
    draft = SubscriptionDraft(
        asked.required("endpoint"),
        keys.required("p256dh"),
        keys.required("auth"),
        asked.flag("standard"),
        choice_from_form(form),
        token_of(request),
    )
    made = await subscribe(face.app, request.caller, draft)
    return json_response(await json_from_subscription(face, made))


@routes.route("GET", PATH, who="user", scope="push")
async def show_subscription(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/push/#get."""
    found = await get_subscription(face.app, request.caller)
    return json_response(await json_from_subscription(face, found))


@routes.route("PUT PATCH", PATH, who="user", scope="push")
async def change_subscription(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/push/#update."""
    choice = choice_from_form(await read_form(request))
    changed = await choose_pushes(face.app, request.caller, choice)
    return json_response(await json_from_subscription(face, changed))


@routes.route("DELETE", PATH, who="user", scope="push")
async def delete_subscription(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/push/#delete."""
    await unsubscribe(face.app, request.caller)
    return json_response({})
