"""Voting, and closing polls when their time is over.

Owns: who may vote and how often. The totals are kept with the poll, changed under its lock.
"""

from __future__ import annotations

from rookery.actions.app import App, record_event
from rookery.actions.repeating import repeatable
from rookery.model.errors import Invalid
from rookery.model.events import PollClosed, PollVoted
from rookery.model.ids import AccountId, PostId, now_us
from rookery.model.posts import Poll, PostNotFound
from rookery.storage import polls, posts


class VoteRefused(Invalid):
    """The poll is over, one's own, or voted in already; or the choice does not exist."""


@repeatable
async def cast_votes(app: App, account_id: AccountId, post_id: PostId, choices: tuple[int, ...]) -> None:
    """Vote once for one choice, or for several where the poll allows it. Raises PostNotFound, VoteRefused."""
    post = await posts.get_visible_post(app.db.reader, post_id, account_id)
    if post.poll is None:
        raise PostNotFound
    if post.author_id == account_id:
        raise VoteRefused("you cannot vote in your own poll")
    async with app.db.transaction() as tx:
        poll = await polls.lock_poll(tx, post_id)
        if poll is None:
            raise PostNotFound
        check_choices(poll, choices)
        if (await polls.list_votes(tx, account_id, [post_id])).get(post_id):
            raise VoteRefused("you have already voted in this poll")
        for choice in choices:
            await polls.insert_vote(tx, post_id, account_id, choice)
        counts = [option.vote_count + (place in choices) for place, option in enumerate(poll.options)]
        await polls.update_counts(tx, post_id, counts, poll.voter_count + 1)
        await posts.touch_post(tx, post_id)
        await record_event(app, tx, PollVoted(post_id, account_id))


def check_choices(poll: Poll, choices: tuple[int, ...]) -> None:
    """Raises VoteRefused with the rule that the choices break."""
    if poll.expires_at_us is not None and poll.expires_at_us <= now_us():
        raise VoteRefused("the poll has already ended")
    if not choices or any(not 0 <= choice < len(poll.options) for choice in choices):
        raise VoteRefused("the chosen vote option does not exist")
    if len(choices) > 1 and not poll.is_multiple:
        raise VoteRefused("this poll allows one choice only")


async def close_due_polls(app: App) -> int:
    """Close every poll whose time is over, so that everybody in it is told; return how many."""
    due = await polls.list_due_polls(app.db.reader, now_us())
    for post_id in due:
        async with app.db.transaction() as tx:
            post = await posts.find_post(tx, post_id)
            if await polls.close_poll(tx, post_id, now_us()) and post:
                await posts.touch_post(tx, post_id)
                await record_event(app, tx, PollClosed(post_id, post.author_id))
    return len(due)
