"""Writing posts.

Owns: publish_post, one transaction with its event inside, and what edits (actions/edits.py) and removals
(actions/removals.py) share with it. Mentions are looked up before the transaction, on other servers too as far as that
is quick (actions/resolving.py); an unknown handle stays plain text.
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.moved import check_not_moved
from rookery.actions.quotes import claim_quoted, find_quoted
from rookery.actions.repeating import repeatable
from rookery.actions.resolving import meet_mentioned
from rookery.model.accounts import AccountNotFound, split_handle
from rookery.model.errors import NotAllowed
from rookery.model.events import PostPublished
from rookery.model.ids import AccountId, MediaId, PollId, PostId, now_us
from rookery.model.media import Attachment, MediaNotFound
from rookery.model.posts import (
    Audience,
    Draft,
    Mention,
    Poll,
    PollDraft,
    PollOption,
    Post,
    PostRefused,
    check_draft,
)
from rookery.model.quotes import QuoteState, policy_within
from rookery.model.scheduled_posts import ScheduledPostNotFound
from rookery.model.text import Facet, FacetKind, tag_key
from rookery.storage import accounts, media, polls, posts, scheduled_posts
from rookery.storage.apps import find_app
from rookery.storage.database import Reader, Transaction
from rookery.storage.tags import list_tag_rules

IDEMPOTENCY_US = 24 * 3600 * 1_000_000


class AccountSuspended(NotAllowed):
    """The author may not write any more."""

    def __init__(self) -> None:
        super().__init__("this account is suspended and cannot post")


@repeatable
async def publish_post(
    app: App, draft: Draft, *, idempotency_key: str | None = None, scheduled_id: int | None = None
) -> Post:
    """Store a local post, once per key within a day. scheduled_id: the post that waited until now; it waits no more.

    Raises PostEmpty, PostTooLong, PollRefused, PostRefused, PostNotFound (of the answered or quoted post),
    QuoteRefused, MediaNotFound, AccountSuspended, ScheduledPostNotFound.
    """
    facets = check_draft(draft, app.settings.post_limits)
    reader = app.db.reader
    now = now_us()
    if idempotency_key and (earlier := await find_earlier(reader, draft.author_id, idempotency_key, now)):
        return earlier
    answered = await posts.get_visible_post(reader, draft.reply_to_id, draft.author_id) if draft.reply_to_id else None
    if answered and answered.repost_of_id:
        answered = await posts.get_visible_post(reader, answered.repost_of_id, draft.author_id)
    quoted = await find_quoted(reader, draft.quote_of_id, draft.author_id)
    await meet_mentioned(app, facets)
    facets, mentions = await resolve_mentions(app, facets, draft.author_id)
    if draft.allowed_mentions is not None:
        check_mentions(mentions, draft.allowed_mentions)
    post = with_quote(post_from_draft(app, draft, facets, mentions, answered, now), quoted)
    async with app.db.transaction() as tx:
        if idempotency_key and (earlier := await claim_key(tx, post, idempotency_key, now)):
            return earlier
        if scheduled_id is not None and not await scheduled_posts.take_scheduled(tx, scheduled_id, now):
            raise ScheduledPostNotFound
        await store_post(app, tx, post, draft, now)
        await record_event(app, tx, published_event(post))
    return await with_belongings(app, post, draft)


async def with_belongings(app: App, post: Post, draft: Draft) -> Post:
    """Return the published post with its pictures and the name of its app."""
    author = await find_app(app.db.reader, draft.app_id) if draft.app_id is not None else None
    return replace(
        post,
        media=tuple(await own_media(app.db.reader, draft.author_id, draft.media_ids)),
        app_name=author.name if author else None,
        app_website=author.website if author else None,
    )


async def find_earlier(reader: Reader, author_id: AccountId, key: str, now: int) -> Post | None:
    """Return the post that this key made within a day, unless it was deleted since."""
    post_id = await posts.find_idempotent(reader, author_id, key[:200], now - IDEMPOTENCY_US)
    return await posts.find_post(reader, post_id) if post_id else None


async def claim_key(tx: Transaction, post: Post, key: str, now: int) -> Post | None:
    """Take an idempotency key for a post, or return the post that has it; of many at once one gets it."""
    since = now - IDEMPOTENCY_US
    if await posts.claim_idempotent(tx, post.author_id, key[:200], post.id, now_us=now, since_us=since):
        return None
    earlier = await find_earlier(tx, post.author_id, key, now)
    if earlier is None:
        await posts.put_idempotent(tx, post.author_id, key[:200], post.id, now)
    return earlier


def check_mentions(mentions: tuple[Mention, ...], allowed: tuple[AccountId, ...]) -> None:
    """Raises PostRefused when the text names somebody whom the app did not expect."""
    unexpected = [mention.username for mention in mentions if mention.account_id not in allowed]
    if unexpected:
        raise PostRefused(f"the post would notify people you did not choose: {', '.join(unexpected)}")


def post_from_draft(
    app: App, draft: Draft, facets: tuple[Facet, ...], mentions: tuple[Mention, ...], answered: Post | None, now: int
) -> Post:
    """Build the post; its thread is that of what it answers."""
    post_id = PostId(app.ids.next_id())
    poll = poll_from_draft(post_id, draft.poll, now) if draft.poll else None
    return Post(
        id=post_id,
        author_id=draft.author_id,
        audience=draft.audience,
        text=draft.text,
        html=None,
        facets=facets,
        content_warning=draft.content_warning,
        is_sensitive=draft.is_sensitive or bool(draft.content_warning),
        language=draft.language,
        reply_to_id=answered.id if answered else None,
        reply_to_author_id=answered.author_id if answered else None,
        thread_id=answered.thread_id if answered else post_id,
        repost_of_id=None,
        published_at_us=now,
        mentions=mentions,
        poll=poll,
        quote_policy=policy_within(draft.audience, draft.quote_policy),
    )


def with_quote(post: Post, quoted: Post | None) -> Post:
    """Return the post with what it quotes; it goes no wider than that, when that is an own post for followers.

    A far author is asked by the wire, whatever their policy says: their own server gives the proof that others want.
    """
    if quoted is None:
        return post
    audience = max(post.audience, quoted.audience) if quoted.audience is Audience.FOLLOWERS else post.audience
    policy = policy_within(audience, post.quote_policy)
    state = QuoteState.ACCEPTED if quoted.is_local else QuoteState.PENDING
    return replace(post, audience=audience, quote_policy=policy, quote_of_id=quoted.id, quote_state=state)


def poll_from_draft(post_id: PostId, draft: PollDraft, now: int) -> Poll:
    """Build a poll without votes; the titles lose outer spaces."""
    options = tuple(PollOption(title.strip(), 0) for title in draft.options)
    expires_at_us = now + draft.lasts_s * 1_000_000
    return Poll(PollId(post_id), expires_at_us, draft.is_multiple, draft.hides_totals, 0, options)  # type: ignore[arg-type]


async def store_post(app: App, tx: Transaction, post: Post, draft: Draft, now: int) -> None:
    """Write the rows of a new post. Raises PostNotFound, QuoteRefused, MediaNotFound, AccountSuspended, MovedAway."""
    await claim_quoted(tx, post)
    author = await accounts.get_account(tx, post.author_id)
    if author.suspended_at_us:
        raise AccountSuspended
    if author.moved_to_id:
        await check_not_moved(tx, author.id)
    placeholder = (Attachment,) if draft.media_ids else ()
    await posts.insert_post(tx, replace(post, media=placeholder), app_id=draft.app_id)  # type: ignore[arg-type]
    for place, media_id in enumerate(draft.media_ids):
        if not await media.attach_media(tx, draft.author_id, media_id, post.id, place):
            raise MediaNotFound
    if draft.media_ids:
        await check_media(tx, draft.author_id, draft.media_ids)
    if post.poll:
        await polls.put_poll(tx, post.poll)
    if tags := tags_of(post.facets):
        await check_tags(tx, tags)
        await posts.replace_tags(tx, post.id, tags, app.ids.next_id(), now)
    if post.reply_to_id and is_public(post.audience):
        await posts.count_replies(tx, post.reply_to_id, 1)
    if counts_in_profile(post.audience):
        await accounts.count_post(tx, post.author_id, step=1, posted_at_us=now)


async def check_tags(reader: Reader, tags: dict[str, str]) -> None:
    """Raises PostRefused for a hashtag that may not be used here."""
    for name, rule in (await list_tag_rules(reader, tags)).items():
        if not rule.is_usable:
            raise PostRefused(f"the hashtag #{tags[name]} may not be used on this server")


async def check_media(reader: Reader, account_id: AccountId, ids: tuple[MediaId, ...]) -> None:
    """Raises PostRefused while something is still being made or when it failed, and for a video that is not alone."""
    found = await own_media(reader, account_id, ids)
    if len(found) > 1 and any(attachment.plays for attachment in found):
        raise PostRefused("a post has one video or sound alone, or pictures")
    for attachment in found:
        if attachment.state == "waiting":
            raise PostRefused("an upload is still being prepared; wait a moment and post again")
        if attachment.state == "failed":
            raise PostRefused("an upload could not be read; remove it and try another one")


async def own_media(reader: Reader, account_id: AccountId, ids: tuple[MediaId, ...]) -> list[Attachment]:
    """Return an account's uploads in the order of the ids. Raises MediaNotFound."""
    if not ids:
        return []
    found = await media.list_own_media(reader, account_id, ids)
    if any(media_id not in found for media_id in ids):
        raise MediaNotFound
    return [found[media_id] for media_id in ids]


def tags_of(facets: tuple[Facet, ...]) -> dict[str, str]:
    """Return the hashtags of a text: key -> as written first."""
    tags: dict[str, str] = {}
    for facet in facets:
        if facet.kind is FacetKind.TAG:
            tags.setdefault(tag_key(facet.value), facet.value)
    return tags


def published_event(post: Post) -> PostPublished:
    """Everything that readers need to place the post."""
    return PostPublished(
        post_id=post.id,
        author_id=post.author_id,
        audience=int(post.audience),
        repost_of_id=post.repost_of_id,
        reply_to_id=post.reply_to_id,
        reply_to_author_id=post.reply_to_author_id,
        mentioned_ids=tuple(mention.account_id for mention in post.mentions),
        tags=tuple(tags_of(post.facets)),
        has_media=bool(post.media),
        is_local=post.is_local,
        quote_of_id=post.quote_of_id,
    )


async def resolve_mentions(
    app: App, facets: tuple[Facet, ...], author_id: AccountId
) -> tuple[tuple[Facet, ...], tuple[Mention, ...]]:
    """Look up every handle; return the facets with account ids, and each mentioned account once, not the author."""
    resolved: list[Facet] = []
    mentions: dict[int, Mention] = {}
    for facet in facets:
        if facet.kind is not FacetKind.MENTION:
            resolved.append(facet)
            continue
        try:
            name, domain = split_handle(facet.value, app.settings.server.domain)
        except AccountNotFound:
            resolved.append(facet)
            continue
        account = await accounts.find_account_by_name(app.db.reader, name, domain)
        if account is None or account.suspended_at_us:
            resolved.append(facet)
            continue
        resolved.append(replace(facet, value=account.handle, account_id=account.id))
        if account.id != author_id:
            mentions[account.id] = Mention(account.id, account.username, account.domain)
    return tuple(resolved), tuple(mentions.values())


def counts_in_profile(audience: Audience) -> bool:
    """True when a post is among those that a profile counts: what is for mentioned people alone tells nobody else."""
    return audience is not Audience.MENTIONED


def is_public(audience: Audience) -> bool:
    """True when strangers may read it."""
    return audience <= Audience.UNLISTED
