"""Taking in posts of other servers, new and changed.

Owns: receive_post. A post is its uri, and its author's for good (K4); a version of one that is known goes to
actions/receiving_versions.py. What a post answers or quotes is joined when it is here, or when it comes; whoever
answers or quotes a post of ours that it may not see is not joined to it (K5).
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.naming import find_original_named, is_ours
from rookery.actions.posts import counts_in_profile, is_public, published_event
from rookery.actions.quotes import check_quotable, counts_as_quote
from rookery.actions.receiving import get_sender
from rookery.actions.receiving_acts import apply_act
from rookery.actions.receiving_parts import post_from_incoming, store_belongings, store_tags
from rookery.actions.receiving_versions import take_version
from rookery.actions.repeating import repeatable
from rookery.model.accounts import Account
from rookery.model.events import PostRefreshed
from rookery.model.ids import AccountId, PostId
from rookery.model.incoming import IncomingPost, NotTheirs, check_uri
from rookery.model.media import Attachment
from rookery.model.posts import Post
from rookery.model.quotes import QuoteRefused, QuoteState
from rookery.storage import accounts, far_posts, posts, quotes, waiting
from rookery.storage.database import Reader, StorageConflict, Transaction
from rookery.storage.far_emoji import put_far_emoji


@repeatable
async def receive_post(app: App, incoming: IncomingPost, *, by_uri: str) -> PostId | None:
    """Store a far post or a version of it; return its id, None when its author or staff here deleted it.

    by_uri: the account that speaks, or from whose server the post was fetched.
    Raises NotTheirs, IncomingRefused, and what get_sender raises.
    """
    check_uri(incoming.uri)
    if incoming.author_uri != by_uri or is_ours(app, incoming.uri):
        raise NotTheirs(incoming.uri)
    async with app.db.transaction() as tx:
        author, standing = await get_sender(app, tx, by_uri)
        if await far_posts.is_kept_out(tx, incoming.uri, by_uri):
            return None
        if not standing.takes_media:
            incoming = replace(incoming, attachments=(), emoji=())
        for emoji in incoming.emoji:
            await put_far_emoji(tx, author.domain, emoji)
        known_id = await far_posts.find_post_id(tx, incoming.uri)
        known = await posts.find_held_post(tx, known_id)
        if known is None:
            return await store_new(app, tx, incoming, author)
        if known.author_id != author.id or known.repost_of_id:
            raise NotTheirs(incoming.uri)
        await take_version(app, tx, incoming, known, author)
    return known.id


async def store_new(app: App, tx: Transaction, incoming: IncomingPost, author: Account) -> PostId:
    """Write the rows of a post that was not here, join it to what is, and do what waited for it."""
    post = await post_from_incoming(app, tx, incoming, author)
    answered = await find_answered(app, tx, incoming, author)
    if answered:
        post = replace(
            post, reply_to_id=answered.id, reply_to_author_id=answered.author_id, thread_id=answered.thread_id
        )
    elif incoming.reply_to_uri:
        post = replace(post, reply_to_author_id=AccountId(0))
    post = await with_quoted(app, tx, incoming, post)
    # The rows of pictures come after the post's, which says that there are some.
    row = replace(post, media=(Attachment,)) if incoming.attachments else post  # type: ignore[arg-type]
    if not await posts.insert_post(tx, row):
        raise StorageConflict  # the id is taken, or somebody stored it a moment ago
    if incoming.reply_to_uri and answered is None:
        await far_posts.put_link(tx, post.id, "reply", incoming.reply_to_uri)
    if incoming.quote_of_uri and post.quote_of_id is None:
        await far_posts.put_link(tx, post.id, "consented" if incoming.is_consented else "quote", incoming.quote_of_uri)
    await store_belongings(app, tx, incoming, post, author)
    if answered and is_public(post.audience):
        await posts.count_replies(tx, answered.id, 1)
    if post.quote_of_id and counts_as_quote(post):
        await quotes.count_quotes(tx, post.quote_of_id, 1)
    if counts_in_profile(post.audience):
        await accounts.count_post(tx, author.id, step=1, posted_at_us=post.published_at_us)
    named = tuple(mention for mention in post.mentions if not mention.is_silent)
    event = published_event(row if len(named) == len(row.mentions) else replace(row, mentions=named))
    await record_event(app, tx, replace(event, tags=tuple(await store_tags(app, tx, incoming, post))))
    await join_waiting(app, tx, post)
    return post.id


async def find_answered(app: App, reader: Reader, incoming: IncomingPost, author: Account) -> Post | None:
    """Return the post that this one answers, when it is here and for its author (K5)."""
    answered = await find_original_named(app, reader, incoming.reply_to_uri) if incoming.reply_to_uri else None
    return answered if answered and await may_join(reader, answered, author.id) else None


async def may_join(reader: Reader, post: Post, author_id: int) -> bool:
    """True when an account may be put below a post or show it: of ours, only what it may see."""
    return not post.is_local or bool(await posts.list_visible_ids(reader, [post.id], author_id))


async def with_quoted(app: App, reader: Reader, incoming: IncomingPost, post: Post) -> Post:
    """Return the post with what it quotes, when that is here."""
    quoted = await find_original_named(app, reader, incoming.quote_of_uri) if incoming.quote_of_uri else None
    if quoted is None:
        return post
    state = await quote_state(reader, quoted, post.author_id, is_consented=incoming.is_consented)
    return replace(post, quote_of_id=quoted.id, quote_state=state)


async def quote_state(reader: Reader, quoted: Post, author_id: AccountId, *, is_consented: bool) -> QuoteState:
    """Return what holds between a quote and what it quotes: of ours our policy says it, else the proof of consent."""
    if quoted.author_id == author_id or (is_consented and not quoted.is_local):
        return QuoteState.ACCEPTED
    if not quoted.is_local:
        return QuoteState.PENDING
    try:
        await check_quotable(reader, quoted, author_id)
    except QuoteRefused:
        return QuoteState.REJECTED
    return QuoteState.ACCEPTED if await may_join(reader, quoted, author_id) else QuoteState.REJECTED


async def join_waiting(app: App, tx: Transaction, post: Post) -> None:
    """Join what waited for a post: answers, quotes, likes, reposts, pins."""
    uri = post.uri or ""
    for waiting_id in await far_posts.list_linked(tx, uri, "reply"):
        await join_answer(app, tx, waiting_id, post)
    for kind in ("quote", "consented"):
        for waiting_id in await far_posts.list_linked(tx, uri, kind):
            await join_quote(app, tx, waiting_id, post, kind)
    for act in await waiting.list_acts(tx, uri):
        await apply_act(app, tx, post, act)
    await waiting.drop_acts_on(tx, uri)


async def join_answer(app: App, tx: Transaction, answer_id: PostId, post: Post) -> None:
    """Put an answer that came first below what it answers."""
    answer = await posts.find_post(tx, answer_id)
    await far_posts.delete_link(tx, answer_id, "reply")
    if answer is None or answer.id == post.id or answer.thread_id == post.thread_id:
        return
    await far_posts.join_reply(tx, answer, post)
    if is_public(answer.audience):
        await posts.count_replies(tx, post.id, 1)
    await record_event(app, tx, PostRefreshed(answer.id, answer.author_id))


async def join_quote(app: App, tx: Transaction, quoting_id: PostId, post: Post, kind: str) -> None:
    """Show a quoted post in the quote that came first."""
    quoting = await posts.find_post(tx, quoting_id)
    await far_posts.delete_link(tx, quoting_id, kind)
    if quoting is None:
        return
    state = await quote_state(tx, post, quoting.author_id, is_consented=kind == "consented")
    await far_posts.join_quote(tx, quoting_id, post.id, state.value)
    if counts_as_quote(replace(quoting, quote_of_id=post.id, quote_state=state)):
        await quotes.count_quotes(tx, post.id, 1)
    await record_event(app, tx, PostRefreshed(quoting.id, quoting.author_id))
