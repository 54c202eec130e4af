"""The profile as its owner edits it.

Owns: the routes under /api/v1/profile, the Profile shape: texts as they were written, pictures or nothing.
Spec: https://docs.joinmastodon.org/methods/profile/, https://docs.joinmastodon.org/entities/Profile/
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rookery.actions.accounts import change_profile
from rookery.actions.members import change_preferences
from rookery.mastodon.account_forms import change_attribution, change_from_form, with_pictures
from rookery.mastodon.accounts import PICTURE_BYTES, credentials
from rookery.mastodon.accounts_json import profile_url
from rookery.mastodon.addresses import media_url
from rookery.mastodon.dates import find_date
from rookery.mastodon.face import MastodonFace, person
from rookery.mastodon.forms import Form, read_form
from rookery.mastodon.tags_json import json_from_featured
from rookery.model.accounts import Account, AccountNotFound, ProfileChange
from rookery.model.ids import AccountId
from rookery.model.members import Preferences
from rookery.model.tags import FeaturedTag
from rookery.network.limits import UPLOADING
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.accounts import get_account
from rookery.storage.members import find_member
from rookery.storage.tags import list_featured_tags

routes: RouteTable[MastodonFace] = RouteTable()
WRITE = "write:accounts write"
# A word of apps -> the member's choice.
TABS = {
    "show_media": "shows_media",
    "show_media_replies": "shows_media_replies",
    "show_featured": "shows_featured",
}


def json_from_profile(account: Account, preferences: Preferences, tags: list[FeaturedTag], base_url: str) -> Any:
    """Return the Profile entity."""

    def picture(key: str | None) -> str | None:
        return media_url(base_url, key) if key else None

    return {
        "id": str(account.id),
        "display_name": account.display_name,
        "note": account.bio,
        "fields": [
            {"name": field.name, "value": field.value, "verified_at": find_date(field.verified_at_us)}
            for field in account.fields
        ],
        "avatar": picture(account.avatar_key),
        "avatar_static": picture(account.avatar_still_key or account.avatar_key),
        "avatar_description": account.avatar_alt,
        "header": picture(account.header_key),
        "header_static": picture(account.header_still_key or account.header_key),
        "header_description": account.header_alt,
        "locked": account.is_locked,
        "bot": account.is_bot,
        "hide_collections": account.hides_network,
        "discoverable": account.is_discoverable,
        "indexable": account.is_indexable,
        **{word: getattr(preferences, name) for word, name in TABS.items()},
        "attribution_domains": list(preferences.attribution_domains),
        "featured_tags": [json_from_featured(tag, profile_url(account, base_url)) for tag in tags],
    }


async def answer_profile(face: MastodonFace, account_id: AccountId) -> Answer:
    """Answer the Profile entity. Raises AccountNotFound."""
    reader = face.app.db.reader
    account, member = await get_account(reader, account_id), await find_member(reader, account_id)
    if member is None:
        raise AccountNotFound
    tags = await list_featured_tags(reader, account_id)
    return json_response(json_from_profile(account, member.preferences, tags, face.app.settings.base_url))


@routes.route("GET", "/api/v1/profile", who="user", scope="read:accounts profile read")
async def show_profile(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/profile/#get."""
    return await answer_profile(face, person(request))


@routes.route("PUT PATCH", "/api/v1/profile", who="user", scope=WRITE, limit=UPLOADING, body_limit=2 * PICTURE_BYTES)
async def update_profile(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/profile/#update."""
    form, account_id = await read_form(request), person(request)
    change = await with_pictures(face, change_from_form(form), request)
    await change_profile(face.app, account_id, change)
    await change_attribution(face.app, account_id, form)
    await change_tabs(face, account_id, form)
    return await answer_profile(face, account_id)


async def change_tabs(face: MastodonFace, account_id: AccountId, form: Form) -> None:
    """Store which parts of the profile page are shown, as far as they were sent."""
    chosen = {name: form.flag(word) for word, name in TABS.items() if form.find_flag(word) is not None}
    member = await find_member(face.app.db.reader, account_id)
    if chosen and member is not None:
        after = replace(member.preferences, **chosen)  # type: ignore[arg-type]  # flags all
        await change_preferences(face.app, account_id, after)


@routes.route("DELETE", "/api/v1/profile/avatar", who="user", scope=WRITE)
async def remove_avatar(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/profile/#delete-profile-avatar."""
    change = ProfileChange(avatar_alt="", removes=frozenset(["avatar"]))
    await change_profile(face.app, person(request), change)
    return json_response(await credentials(face, person(request)))


@routes.route("DELETE", "/api/v1/profile/header", who="user", scope=WRITE)
async def remove_header(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/profile/#delete-profile-header."""
    change = ProfileChange(header_alt="", removes=frozenset(["header"]))
    await change_profile(face.app, person(request), change)
    return json_response(await credentials(face, person(request)))
