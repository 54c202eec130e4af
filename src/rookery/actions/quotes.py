"""Quoting: who may, and the quoted author's say afterwards.

Owns: the check before a quote is published, answer_quote and revoke_quote (states by model/quotes.py: QUOTE_STEPS),
change_quote_policy, and what a block does to quotes. Publishing itself is part of actions/posts.py.

A block in either direction ends every quote between the two for good: the quoted author could not reach it any more,
and a later peace does not speak for what was quoted before. Deleting the quoted post writes nothing: readers meet
`deleted` because it is gone; suspending its author shows `unauthorized` until they are back.
"""

from __future__ import annotations

from rookery.actions.app import App, record_event
from rookery.actions.repeating import repeatable
from rookery.model.events import QuoteAnswered, QuotePolicyChanged, QuoteRevoked
from rookery.model.ids import AccountId, PostId, now_us
from rookery.model.posts import Audience, Post, PostNotFound
from rookery.model.quotes import (
    QuoteNotFound,
    QuotePolicy,
    QuoteRefused,
    QuoteState,
    may_quote,
    next_quote_state,
    policy_within,
)
from rookery.storage import accounts, posts, quotes, relations
from rookery.storage.database import Reader, Transaction


async def find_quoted(reader: Reader, post_id: PostId | None, author_id: AccountId) -> Post | None:
    """Return the post to quote, what it repeats for a repost, None for none. Raises PostNotFound, QuoteRefused."""
    if post_id is None:
        return None
    quoted = await posts.get_visible_post(reader, post_id, author_id)
    if quoted.repost_of_id:
        quoted = await posts.get_visible_post(reader, quoted.repost_of_id, author_id)
    await check_quotable(reader, quoted, author_id)
    return quoted


async def check_quotable(reader: Reader, quoted: Post, author_id: AccountId) -> None:
    """Raises QuoteRefused when the policy or a block in either direction stands against it."""
    if quoted.author_id == author_id:
        relation = None
    else:
        found = await relations.list_relations(reader, author_id, [quoted.author_id], now_us())
        relation = found[quoted.author_id]
        if relation.is_blocking or relation.is_blocked_by:
            raise QuoteRefused
    is_follower = relation is not None and relation.is_following
    if not may_quote(quoted.quote_policy, is_author=relation is None, is_follower=is_follower):
        raise QuoteRefused


async def claim_quoted(tx: Transaction, quoting: Post) -> None:
    """Hold the quoted post while a quote is stored, so that a change of policy or a block comes before or after.

    Raises PostNotFound, QuoteRefused.
    """
    if quoting.quote_of_id is None:
        return
    fresh = await posts.find_held_post(tx, quoting.quote_of_id)
    if fresh is None:
        raise PostNotFound
    if fresh.author_id != quoting.author_id:
        await accounts.lock_accounts(tx, quoting.author_id, fresh.author_id)
    await check_quotable(tx, fresh, quoting.author_id)
    if counts_as_quote(quoting):
        await quotes.count_quotes(tx, fresh.id, 1)


def counts_as_quote(post: Post) -> bool:
    """True when a post adds to the quotes of another: what strangers cannot read tells nobody that it is there."""
    return (
        post.quote_of_id is not None and post.quote_state is QuoteState.ACCEPTED and post.audience <= Audience.UNLISTED
    )


@repeatable
async def revoke_quote(app: App, account_id: AccountId, quoted_id: PostId, quoting_id: PostId) -> None:
    """Take an own post out of somebody's quote, for good. Harmless the second time. Raises QuoteNotFound."""
    async with app.db.transaction() as tx:
        await take_step(app, tx, account_id, quoting_id, "revoke", quoted_id)


@repeatable
async def answer_quote(app: App, account_id: AccountId, quoting_id: PostId, answer: str) -> None:
    """Accept or reject a quote of an own post that waits. answer: accept or reject.

    Raises QuoteNotFound, IllegalQuoteStep.
    """
    async with app.db.transaction() as tx:
        await take_step(app, tx, account_id, quoting_id, answer, None)


async def take_step(
    app: App, tx: Transaction, account_id: AccountId, quoting_id: PostId, step: str, quoted_id: PostId | None
) -> None:
    """Move a quote of an own post to its next state. quoted_id: which post, None for whichever it quotes."""
    quoting = await posts.find_held_post(tx, quoting_id)
    if quoting is None or quoting.quote_of_id is None or quoted_id not in (None, quoting.quote_of_id):
        raise QuoteNotFound
    quoted = await posts.find_post(tx, quoting.quote_of_id)
    if quoted is None or quoted.author_id != account_id or quoting.quote_state is None:
        raise QuoteNotFound
    after = next_quote_state(quoting.quote_state, step)
    if after is not quoting.quote_state:
        await move_quote(app, tx, quoting, quoted.author_id, after)


async def move_quote(app: App, tx: Transaction, quoting: Post, quoted_author_id: AccountId, after: QuoteState) -> None:
    """Store a new state of a quote, keep the count true, tell the log."""
    quoted_id = quoting.quote_of_id
    if quoted_id is None:
        return
    await quotes.set_quote_state(tx, quoting.id, after)
    is_open = quoting.audience <= Audience.UNLISTED
    step = (after is QuoteState.ACCEPTED) - (quoting.quote_state is QuoteState.ACCEPTED)
    if is_open and step:
        await quotes.count_quotes(tx, quoted_id, step)
    if after is QuoteState.REVOKED:
        event = QuoteRevoked(quoting.id, quoting.author_id, quoted_id, quoted_author_id)
        await record_event(app, tx, event)
    else:
        answered = QuoteAnswered(quoting.id, quoting.author_id, quoted_id, quoted_author_id, after.value)
        await record_event(app, tx, answered)


async def end_quotes_between(app: App, tx: Transaction, one_id: AccountId, other_id: AccountId) -> None:
    """Revoke what two accounts quoted of each other."""
    for quoting_id, quoted_author_id in await quotes.list_quotes_between(tx, (one_id, other_id)):
        quoting = await posts.find_post(tx, quoting_id)
        if quoting:
            await move_quote(app, tx, quoting, AccountId(quoted_author_id), QuoteState.REVOKED)


@repeatable
async def change_quote_policy(app: App, account_id: AccountId, post_id: PostId, policy: QuotePolicy) -> None:
    """Say who may quote an own post from now on; quotes that are there stay. Raises PostNotFound."""
    async with app.db.transaction() as tx:
        post = await posts.find_held_post(tx, post_id)
        if post is None or post.author_id != account_id or post.repost_of_id:
            raise PostNotFound
        await store_policy(app, tx, post, policy)


async def store_policy(app: App, tx: Transaction, post: Post, policy: QuotePolicy) -> None:
    """Store a policy as far as the audience allows it, and tell the log when that changes anything."""
    if await quotes.set_quote_policy(tx, post.id, policy_within(post.audience, policy)):
        await record_event(app, tx, QuotePolicyChanged(post.id, post.author_id))
