"""What we say of polls: our votes in far ones, and the counts of ours.

Owns: how often counts are told: every few minutes at most, and at the end. Never: counts.
Spec: https://docs.joinmastodon.org/spec/activitypub/#Question
"""

from __future__ import annotations

from functools import partial

from rookery.activitypub.activities import activity, update
from rookery.activitypub.addresses import actor_uri, post_uri
from rookery.activitypub.composing_posts import find_ours, inboxes_of_holders, stands, write_note
from rookery.activitypub.desk import Desk
from rookery.activitypub.errands import NOTHING, Composed, Errand, Wait, decide_telling, digest_of
from rookery.activitypub.notes import note_from_vote
from rookery.model.events import PollClosed, PollVoted
from rookery.model.ids import AccountId, PostId, now_us
from rookery.model.posts import Post
from rookery.storage import inboxes, polls
from rookery.storage.accounts import find_account
from rookery.storage.posts import find_post

COUNTS_PAUSE_S = 180


async def compose_vote(desk: Desk, event: PollVoted) -> Composed:
    """A note for each choice of one of ours, for the author of a far poll; new counts of a poll of ours."""
    post = await find_post(desk.reader, event.post_id)
    if post is None or post.poll is None:
        return NOTHING
    if post.is_local:
        return await write_counts(desk, event.post_id, pause_s=COUNTS_PAUSE_S)
    return await write_votes(desk, post, event.account_id)


async def compose_closed(desk: Desk, event: PollClosed) -> Composed:
    """The last counts of a poll of ours."""
    return await write_counts(desk, event.post_id, pause_s=0)


async def write_votes(desk: Desk, post: Post, voter_id: AccountId) -> Composed:
    """Return what somebody of ours chose, one Create each."""
    voter, author = await find_account(desk.reader, voter_id), await find_account(desk.reader, post.author_id)
    if voter is None or author is None or post.poll is None or not voter.is_local or voter.suspended_at_us is not None:
        return NOTHING
    chosen = (await polls.list_votes(desk.reader, voter_id, [post.id])).get(post.id, [])
    told = await inboxes.list_of_people(desk.reader, [author.id])
    actor, writer = actor_uri(voter, desk.base_url), actor_uri(author, desk.base_url)
    errands = []
    for place in chosen:
        uri = f"{actor}#votes/{post.id}/{place}"
        poll_uri = post_uri(post, author, desk.base_url)
        vote = note_from_vote(uri, post.poll.options[place].title, voter=actor, poll=poll_uri, author=writer)
        errands.append(Errand(activity("Create", f"{uri}/activity", actor, vote, to=[writer]), voter, told))
    return Composed(errands)


async def write_counts(desk: Desk, post_id: PostId, *, pause_s: int) -> Composed:
    """Return the Update of a poll of ours, when its counts are others than were told."""
    found = await find_ours(desk, post_id)
    if found is None or found[0].poll is None:
        return NOTHING
    post, author = found
    note, now = await write_note(desk, post, author), now_us()
    telling = await decide_telling(desk, "poll", post.id, digest_of(note), now_us=now, pause_s=pause_s)
    if isinstance(telling, Wait):
        return Composed(again_at_us=telling.at_us, telling=telling.telling)
    told = await inboxes_of_holders(desk, post)
    told += await inboxes.list_of_people(desk.reader, await polls.list_voters(desk.reader, post.id), by_id=author.id)
    return Composed([Errand(update(note, now), author, told, holds=partial(stands, post), telling=telling)])
