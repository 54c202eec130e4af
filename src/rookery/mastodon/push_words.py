"""The message inside a push, as apps of this API read it; our own pages' service worker reads the same.

Owns: names of alerts, the payload, its sentences in English and French. Whether something may be told is asked right
here, at the last moment (storage/notification_gate.py), and the member's filters with it: what a filter hides is not
told, what it warns of comes without its words. Spec: Mastodon, app/serializers/web/notification_serializer.rb
"""

from __future__ import annotations

from typing import Any

from rookery.actions.app import App
from rookery.actions.push_sending import PushErrand, PushMessage
from rookery.mastodon.accounts_json import profile_picture_urls
from rookery.mastodon.notifications_json import WORDS
from rookery.model.accounts import Account
from rookery.model.filters import FilterAction, strictest_match
from rookery.model.ids import now_us, short_id
from rookery.model.notifications import Notification, NotificationKind
from rookery.model.posts import Post, words_of_post
from rookery.model.pushes import TEST_ID
from rookery.network.responses import ENCODE_JSON
from rookery.storage.accounts import find_account
from rookery.storage.filters import list_filters
from rookery.storage.members import find_member
from rookery.storage.notification_gate import find_tellable
from rookery.storage.posts import find_post

ALERTS = {
    "mention": "mention",
    "status": "post",
    "reblog": "repost",
    "follow": "follow",
    "follow_request": "follow_request",
    "favourite": "like",
    "poll": "poll",
    "update": "update",
    "quote": "quote",
    "quoted_update": "quoted_update",
    "admin.sign_up": "sign_up",
    "admin.report": "report",
    "added_to_collection": "collected",
    "collection_update": "collection_update",
}
BODY_CHARACTERS, NAME_CHARACTERS = 140, 60
URGENT = (NotificationKind.MENTION, NotificationKind.FOLLOW_REQUEST)
SENTENCES = {
    "en": {
        "mention": "{name} mentioned you",
        "repost": "{name} boosted your post",
        "like": "{name} favorited your post",
        "follow": "{name} followed you",
        "follow_request": "{name} has requested to follow you",
        "poll": "A poll by {name} has ended",
        "post": "{name} just posted",
        "update": "{name} edited a post",
        "quote": "{name} quoted your post",
        "quoted_update": "{name} edited a post you quoted",
        "report": "{name} reported somebody",
        "sign_up": "{name} joined",
        "collected": "{name} put you into a collection",
        "collection_update": "{name} changed a collection that you are in",
        "waits": "{name} asks to join",
        "filtered": "Filtered: {name}",
        "test": "Notifications work",
        "tested": "This is how {name} will tell you.",
    },
    "fr": {
        "mention": "{name} vous a mentionné·e",
        "repost": "{name} a partagé votre message",
        "like": "{name} a ajouté votre message à ses favoris",
        "follow": "{name} vous suit",
        "follow_request": "{name} demande à vous suivre",
        "poll": "Un sondage de {name} est terminé",
        "post": "{name} vient de publier",
        "update": "{name} a modifié un message",
        "quote": "{name} a cité votre message",
        "quoted_update": "{name} a modifié un message que vous avez cité",
        "report": "{name} a signalé quelqu’un",
        "sign_up": "{name} a rejoint le serveur",
        "collected": "{name} vous a ajouté·e à une collection",
        "collection_update": "{name} a modifié une collection dont vous faites partie",
        "waits": "{name} demande à rejoindre le serveur",
        "filtered": "Filtré\u00a0: {name}",
        "test": "Les notifications fonctionnent",
        "tested": "Voilà comment {name} vous préviendra.",
    },
}


def language_of(locale: str | None) -> str:
    """Return the language of the sentences for a member's choice."""
    head = (locale or "en").replace("_", "-").partition("-")[0].lower()
    return head if head in SENTENCES else "en"


def cut(text: str, most: int) -> str:
    """Return one line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


async def write_push(app: App, errand: PushErrand) -> PushMessage | None:
    """Return the message of an errand, None when there is nothing to tell (any more)."""
    language = language_of(errand.locale)
    if errand.notification_id == TEST_ID:
        return message_of_test(app, errand, language)
    reader, viewer = app.db.reader, errand.subscription.account_id
    policy = errand.subscription.choice.policy
    found = await find_tellable(reader, viewer, errand.notification_id, policy, now_us())
    account = await find_account(reader, found.from_id) if found else None
    if found is None or account is None or found.kind not in errand.subscription.choice.kinds:
        return None
    post = await find_post(reader, found.post_id) if found.post_id is not None else None
    body = await body_of(app, errand, post, account, language)
    if body is None:
        return None
    payload = payload_of(app, errand, found, account, body)
    newcomer = await find_member(reader, account.id) if found.kind == NotificationKind.SIGN_UP else None
    if newcomer and newcomer.state == "pending":
        payload["title"] = SENTENCES[language]["waits"].format(name=account.username)
    return PushMessage(ENCODE_JSON(payload), "high" if found.kind in URGENT else "normal")


async def body_of(app: App, errand: PushErrand, post: Post | None, account: Account, language: str) -> str | None:
    """Return the words under the title; a filter's name in place of words it warns of, None for hidden ones."""
    if post is None:
        return cut(account.bio, BODY_CHARACTERS)
    viewer = errand.subscription.account_id
    filters = await list_filters(app.db.reader, viewer)
    match = strictest_match(filters, "notifications", words_of_post(post), [post.id], now_us())
    if match is None or post.author_id == viewer:
        return cut(post.content_warning or post.text, BODY_CHARACTERS)
    if match.action is FilterAction.HIDE:
        return None
    return SENTENCES[language]["filtered"].format(name=cut(match.title, NAME_CHARACTERS))


def payload_of(app: App, errand: PushErrand, told: Notification, account: Account, body: str) -> dict[str, Any]:
    """Return the payload; `url` is for our own pages and ignored by apps.

    The id is a number, as Mastodon sends it: apps in Swift drop a message in which it is a text. Script reads its
    nearest double, which storage/notifications.py takes for the id.
    """
    base_url = app.settings.base_url
    language = language_of(errand.locale)
    name = cut(account.display_name, NAME_CHARACTERS) or account.username
    return {
        "access_token": errand.access_token,
        "preferred_locale": errand.locale or "en",
        "notification_id": told.id,
        "notification_type": WORDS[NotificationKind(told.kind)],
        "icon": profile_picture_urls(account, base_url, "avatar")[1],
        "title": SENTENCES[language][told.kind].format(name=name),
        "body": body,
        "url": f"{base_url}/notifications#n-{short_id(told.id)}",
    }


def message_of_test(app: App, errand: PushErrand, language: str) -> PushMessage:
    """Return the message that a person asked for to see that it comes."""
    base_url, texts = app.settings.base_url, SENTENCES[language]
    payload = {
        "access_token": errand.access_token,
        "preferred_locale": errand.locale or "en",
        "notification_id": TEST_ID,
        "notification_type": "test",
        "icon": f"{base_url}/static/avatar.png",
        "title": texts["test"],
        "body": texts["tested"].format(name=app.settings.nest.title),
        "url": f"{base_url}/settings/notifications",
    }
    return PushMessage(ENCODE_JSON(payload), "high")
