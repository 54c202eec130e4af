"""From the addresses that other servers know to accounts and posts that are here, theirs and ours.

Owns: which addresses are ours (the pages `/@name` and `/@name/short-id`), finding what an address names. Never: asks
another server. What is found may be hidden from whoever named it; the caller asks (K5).
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.model.accounts import Account
from rookery.model.ids import InvalidId, PostId, parse_short_id
from rookery.model.posts import Post
from rookery.storage import accounts, far_posts, posts
from rookery.storage.database import Reader


def is_ours(app: App, uri: str) -> bool:
    """True when only this server may say what the address names."""
    base = app.settings.base_url
    return uri == base or uri.startswith((f"{base}/", f"{base}#", f"{base}?"))


async def find_account_named(app: App, reader: Reader, uri: str) -> Account | None:
    """Return the account of an address, suspended ones too."""
    if not is_ours(app, uri):
        return await accounts.find_account_by_uri(reader, uri)
    name = uri.removeprefix(f"{app.settings.base_url}/@")
    if name == uri or "/" in name or "@" in name:
        return None
    return await accounts.find_account_by_name(reader, name)


async def find_post_named(app: App, reader: Reader, uri: str) -> Post | None:
    """Return the post or repost of an address, whoever may see it."""
    if not is_ours(app, uri):
        post_id = await far_posts.find_post_id(reader, uri)
        return await posts.find_post(reader, post_id) if post_id else None
    name, _, short = uri.removeprefix(f"{app.settings.base_url}/@").partition("/")
    try:
        post = await posts.find_post(reader, PostId(parse_short_id(short)))
    except InvalidId:
        return None
    author = await find_account_named(app, reader, f"{app.settings.base_url}/@{name}") if post else None
    return post if post and author and author.id == post.author_id and post.is_local else None


async def find_original_named(app: App, reader: Reader, uri: str) -> Post | None:
    """Return the post of an address, and what it repeats for a repost."""
    post = await find_post_named(app, reader, uri)
    if post and post.repost_of_id:
        return await posts.find_post(reader, post.repost_of_id)
    return post
