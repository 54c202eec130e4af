"""From parameters to a changed profile.

Owns: the spelling of update_credentials in every form that apps send.
Spec: https://docs.joinmastodon.org/methods/accounts/#update_credentials
"""

from __future__ import annotations

import re
from dataclasses import replace

from rookery.actions.app import App
from rookery.actions.members import change_preferences
from rookery.actions.pictures import make_profile_picture
from rookery.mastodon.face import MastodonFace
from rookery.mastodon.forms import Form
from rookery.mastodon.post_forms import audience_from_form, language_from_form, policy_from_form
from rookery.model.accounts import ProfileChange
from rookery.model.errors import Invalid
from rookery.model.ids import AccountId
from rookery.model.members import Preferences
from rookery.model.posts import Audience
from rookery.model.quotes import QuotePolicy
from rookery.network.requests import Request
from rookery.storage.members import find_member

MAX_ATTRIBUTION_DOMAINS = 100
DOMAIN_SHAPE = re.compile(r"(?:[\w](?:[\w-]{0,61}[\w])?\.)+[\w](?:[\w-]{0,61}[\w])?")


def change_from_form(form: Form) -> ProfileChange:
    """Read the texts and flags; pictures come from the uploads."""
    fields = None
    if any(key.startswith("fields_attributes") for key, _ in form.pairs):
        records = form.records("fields_attributes")
        fields = tuple((record.text("name"), record.text("value")) for record in records)
    return ProfileChange(
        display_name=form.text("display_name") if form.has("display_name") else None,
        bio=form.text("note") if form.has("note") else None,
        fields=fields,
        is_locked=form.find_flag("locked"),
        is_bot=form.find_flag("bot"),
        is_discoverable=form.find_flag("discoverable"),
        is_indexable=form.find_flag("indexable"),
        hides_network=form.find_flag("hide_collections"),
        avatar_alt=form.text("avatar_description") if form.has("avatar_description") else None,
        header_alt=form.text("header_description") if form.has("header_description") else None,
    )


async def with_pictures(face: MastodonFace, change: ProfileChange, request: Request) -> ProfileChange:
    """Make avatar and header from the uploads safe and add them to the change. Raises MediaRefused."""
    for upload in request.uploads:
        if upload.field_name == "avatar" and upload.size_bytes:
            change = replace(change, avatar=await make_profile_picture(face.media, upload.path, "avatar"))
        if upload.field_name == "header" and upload.size_bytes:
            change = replace(change, header=await make_profile_picture(face.media, upload.path, "header"))
    return change


def domains_from_form(form: Form) -> tuple[str, ...]:
    """Return the names of websites, folded, each once. Raises Invalid for what is no name."""
    names = tuple(dict.fromkeys(raw.strip().casefold() for raw in form.texts("attribution_domains") if raw.strip()))
    if len(names) > MAX_ATTRIBUTION_DOMAINS:
        raise Invalid(f"at most {MAX_ATTRIBUTION_DOMAINS} websites may name you as an author")
    for name in names:
        if len(name) > 253 or not DOMAIN_SHAPE.fullmatch(name):
            raise Invalid(f"{name[:60]!r} is not the name of a website; write it like example.org")
    return names


async def change_attribution(app: App, account_id: AccountId, form: Form) -> None:
    """Store which websites may name the person as an author, when they were sent."""
    if not any(key.startswith("attribution_domains") for key, _ in form.pairs):
        return
    domains = domains_from_form(form)
    member = await find_member(app.db.reader, account_id)
    before = member.preferences if member else Preferences()
    await change_preferences(app, account_id, replace(before, attribution_domains=domains))


async def change_writing_defaults(app: App, account_id: AccountId, source: Form) -> None:
    """Store `source[privacy]`, `source[sensitive]`, `source[language]`, `source[quote_policy]` when they were sent."""
    if not any(source.has(name) for name in ("privacy", "sensitive", "language", "quote_policy")):
        return
    member = await find_member(app.db.reader, account_id)
    before = member.preferences if member else Preferences()
    audience = Audience(before.default_audience)
    if source.has("privacy"):
        renamed = Form([("visibility", source.text("privacy"))])
        audience = audience_from_form(renamed, audience)
    after = replace(
        before,
        default_audience=int(audience),
        default_sensitive=source.flag("sensitive", before.default_sensitive),
        default_language=language_from_form(source) if source.has("language") else before.default_language,
        default_quote_policy=int(policy_from_form(source, "quote_policy", QuotePolicy(before.default_quote_policy))),
    )
    await change_preferences(app, account_id, after)
