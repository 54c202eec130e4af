"""Following hashtags, and showing some on the own profile.

Owns: both, each harmless the second time, each one transaction with its event inside; what staff decides about one.
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.audit import record_act
from rookery.actions.repeating import repeatable
from rookery.model.audit import Act, Governor
from rookery.model.events import AccountChanged, FiltersChanged
from rookery.model.ids import AccountId, now_us
from rookery.model.permissions import Permission, check_permission
from rookery.model.tags import MAX_FEATURED_TAGS, MAX_FOLLOWED_TAGS, Tag, TagNotFound, TagRefused
from rookery.model.text import tag_key
from rookery.storage import tags


@repeatable
async def rule_tag(
    app: App,
    tag_id: int,
    *,
    by: Governor,
    shown: str | None = None,
    is_usable: bool | None = None,
    is_trendable: bool | None = None,
    is_listable: bool | None = None,
) -> None:
    """Decide what may happen with a hashtag; None leaves a value. Raises TagNotFound, TagRefused, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_TAXONOMIES)
    async with app.db.transaction() as tx:
        tag = await tags.get_tag_by_id(tx, tag_id)
        if shown is not None:
            if tag_key(shown.removeprefix("#")) != tag.name:
                raise TagRefused("only capitals and accents of a hashtag's spelling can change")
            await tags.spell_tag(tx, tag.name, shown.removeprefix("#"))
        rule = (await tags.list_tag_rules(tx, [tag.name]))[tag.name]
        wishes = {"is_usable": is_usable, "is_trendable": is_trendable, "is_listable": is_listable}
        rule = replace(rule, **{name: value for name, value in wishes.items() if value is not None})
        await tags.put_tag_rule(tx, tag.name, rule, now_us())
        await record_act(app, tx, by, Act.TAG_CHANGED, subject=f"#{tag.name}")


@repeatable
async def follow_tag(app: App, account_id: AccountId, tag: Tag) -> None:
    """Let public posts with a hashtag into the own home. Raises TagRefused over the limit."""
    async with app.db.transaction() as tx:
        if await tags.count_followed_tags(tx, account_id) >= MAX_FOLLOWED_TAGS:
            raise TagRefused(f"you follow {MAX_FOLLOWED_TAGS} hashtags already; unfollow one first")
        await tags.ensure_tag(tx, tag, app.ids.next_id())
        if await tags.follow_tag(tx, account_id, tag.name, app.ids.next_id()):
            await record_event(app, tx, FiltersChanged(account_id))


@repeatable
async def unfollow_tag(app: App, account_id: AccountId, tag: Tag) -> None:
    """Stop following a hashtag."""
    async with app.db.transaction() as tx:
        if await tags.unfollow_tag(tx, account_id, tag.name):
            await record_event(app, tx, FiltersChanged(account_id))


@repeatable
async def feature_tag(app: App, account_id: AccountId, tag: Tag) -> None:
    """Put a hashtag on the own profile. Raises TagRefused over the limit."""
    async with app.db.transaction() as tx:
        await tags.ensure_tag(tx, tag, app.ids.next_id())
        if not await tags.feature_tag(tx, account_id, tag.name, app.ids.next_id()):
            return
        if len(await tags.list_featured_tags(tx, account_id)) > MAX_FEATURED_TAGS:
            raise TagRefused(f"you feature {MAX_FEATURED_TAGS} hashtags already; take one off first")
        await record_event(app, tx, AccountChanged(account_id))


@repeatable
async def unfeature_tag(app: App, account_id: AccountId, tag: Tag) -> None:
    """Take a hashtag off the own profile."""
    async with app.db.transaction() as tx:
        if await tags.unfeature_tag(tx, account_id, tag.name):
            await record_event(app, tx, AccountChanged(account_id))


@repeatable
async def unfeature_by_id(app: App, account_id: AccountId, row_id: int) -> None:
    """Take a hashtag off the own profile, by the id of its place there. Raises TagNotFound."""
    async with app.db.transaction() as tx:
        name = await tags.find_featured_name(tx, account_id, row_id)
        if name is None:
            raise TagNotFound
        await tags.unfeature_tag(tx, account_id, name)
        await record_event(app, tx, AccountChanged(account_id))
