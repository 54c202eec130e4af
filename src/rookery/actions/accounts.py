"""Changing a profile.

Owns: change_profile. Links in bio and fields become facets here, mentions in them are looked up like those of a post.
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.posts import resolve_mentions
from rookery.actions.repeating import repeatable
from rookery.model.accounts import Account, ProfileChange, ProfileField, check_profile
from rookery.model.events import AccountChanged
from rookery.model.ids import AccountId
from rookery.model.text import parse_facets
from rookery.storage import accounts


@repeatable
async def change_profile(app: App, account_id: AccountId, change: ProfileChange) -> Account:
    """Store what the person changed; return the account as it is now. Raises ProfileRefused, AccountNotFound."""
    check_profile(change)
    bio_facets = (await resolve_mentions(app, parse_facets(change.bio or ""), account_id))[0]
    async with app.db.transaction() as tx:
        before = await accounts.get_account(tx, account_id)
        after = with_change(before, change)
        if change.bio is not None:
            after = replace(after, bio_facets=bio_facets)
        await accounts.update_profile(tx, after)
        await record_event(app, tx, AccountChanged(account_id))
    return await accounts.get_account(app.db.reader, account_id)


def with_change(before: Account, change: ProfileChange) -> Account:
    """Return the account with the changed values."""
    after = before
    for name in ("display_name", "bio", "avatar_alt", "header_alt"):
        value = getattr(change, name)
        if value is not None:
            after = replace(after, **{name: value.strip()})
    for name in ("is_locked", "is_bot", "is_discoverable", "is_indexable", "hides_network"):
        value = getattr(change, name)
        if value is not None:
            after = replace(after, **{name: value})
    for name in ("avatar", "header"):
        keys = (None, None) if name in change.removes else getattr(change, name)
        if keys is not None:
            changed = {f"{name}_key": keys[0], f"{name}_still_key": keys[1]}
            after = replace(after, **changed)  # type: ignore[arg-type]  # keys all
    if change.fields is not None:
        after = replace(after, fields=tuple(fields_from(change.fields, before.fields)))
    return after


def fields_from(pairs: tuple[tuple[str, str], ...], before: tuple[ProfileField, ...]) -> list[ProfileField]:
    """Build the fields; one that stays the same keeps its verification, an empty one is left out."""
    known = {(field.name, field.value): field for field in before}
    built = []
    for name, value in pairs:
        label, text = name.strip(), value.strip()
        if label or text:
            built.append(known.get((label, text)) or ProfileField(label, text, parse_facets(text)))
    return built
