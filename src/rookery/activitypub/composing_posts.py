"""What we say of posts: published, edited, deleted, repeated, liked, pinned; and to whom.

Owns: the readers of each (K5): what is hidden goes to the servers of those who may read it, and nowhere else. Never:
packs, sends; the shapes are those of notes.py and activities.py.
Spec: https://www.w3.org/TR/activitypub/#delivery, https://docs.joinmastodon.org/spec/activitypub/
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from rookery.activitypub.accounts import is_gone
from rookery.activitypub.activities import activity, announce, create, delete_post, like, pin, undo, update
from rookery.activitypub.addresses import actor_uri, featured_uri, post_uri
from rookery.activitypub.desk import Desk
from rookery.activitypub.errands import NOTHING, Composed, Errand, Outdated, Telling, decide_telling, digest_of
from rookery.activitypub.notes import Surroundings, note_from_post
from rookery.activitypub.relays import announced_to, relay_announce, relay_inboxes
from rookery.activitypub.surroundings import surroundings_of
from rookery.activitypub.vocabulary import Json
from rookery.model.accounts import Account
from rookery.model.events import (
    PostDeleted,
    PostEdited,
    PostMarked,
    PostPublished,
    PostUnmarked,
    QuoteAnswered,
    QuotePolicyChanged,
    QuoteRevoked,
)
from rookery.model.ids import AccountId, PostId, now_us, short_id
from rookery.model.posts import Audience, Post
from rookery.storage import inboxes, marks
from rookery.storage.accounts import find_account
from rookery.storage.database import Transaction
from rookery.storage.far_posts import list_witnesses
from rookery.storage.marks import Mark
from rookery.storage.posts import find_post, is_still, list_visible_ids
from rookery.storage.tombstones import find_tombstone

OPEN = (Audience.PUBLIC, Audience.UNLISTED)
Changed = PostEdited | QuotePolicyChanged | QuoteRevoked | QuoteAnswered


async def find_ours(desk: Desk, post_id: PostId) -> tuple[Post, Account] | None:
    """Return a post that somebody of ours wrote and who may still speak, None otherwise."""
    post = await find_post(desk.reader, post_id)
    author = await find_account(desk.reader, post.author_id) if post and post.is_local else None
    return (post, author) if post and author and author.suspended_at_us is None else None


async def stands(post: Post, tx: Transaction) -> bool:
    """True while a post is there as it was read. Raises Outdated when it was edited since."""
    still = await is_still(tx, post)
    if still is False:
        raise Outdated
    return bool(still)


async def compose_published(desk: Desk, event: PostPublished) -> Composed:
    """Create, or Announce for a repost."""
    found = await find_ours(desk, event.post_id)
    if found is None:
        return NOTHING
    post, author = found
    if post.repost_of_id is not None:
        return await compose_repost(desk, post, author, post.repost_of_id)
    note = await write_note(desk, post, author)
    readers = await inboxes_of_readers(desk, post)
    said = Errand(create(note, post.published_at_us), author, readers, holds=partial(stands, post))
    return Composed([said, *await announced(desk, post, note["id"])])


async def announced(desk: Desk, post: Post, uri: str) -> list[Errand]:
    """The server's Announce of a public post, for the relays that want it so. Spec: FEP-ae0c"""
    if post.audience is not Audience.PUBLIC:
        return []
    at = post.published_at_us
    return [
        Errand(relay_announce(relay, uri, desk.base_url, number=post.id, at_us=at), None, [relay.inbox_url])
        for relay in await announced_to(desk.reader)
    ]


async def compose_repost(desk: Desk, post: Post, author: Account, original_id: PostId) -> Composed:
    """Announce, for the followers and for whoever wrote the original."""
    original = await find_post(desk.reader, original_id)
    writer = await find_account(desk.reader, original.author_id) if original else None
    if original is None or writer is None:
        return NOTHING
    uri, writer_uri = post_uri(original, writer, desk.base_url), actor_uri(writer, desk.base_url)
    said = announce(post, author, desk.base_url, of_uri=uri, of_author_uri=writer_uri)
    told = await inboxes.list_of_people(desk.reader, [writer.id], by_id=author.id)
    told += await inboxes.list_of_followers(desk.reader, author.id)
    return Composed([Errand(said, author, told, holds=partial(stands, post))])


async def write_note(desk: Desk, post: Post, author: Account) -> Json:
    """Return the note of a post as its readers get it."""
    around = await around_post(desk, post)
    return note_from_post(post, author, desk.base_url, at_us=now_us(), around=around)


async def around_post(desk: Desk, post: Post) -> Surroundings:
    """Return what a note names. The address of a hidden post stands in answers that no more people may read."""
    around = (await surroundings_of(desk, [post]))[post.id]
    if post.reply_to_id is None or around.reply_to_uri:
        return around
    answered = await find_post(desk.reader, post.reply_to_id)
    writer = await find_account(desk.reader, answered.author_id) if answered else None
    if answered is None or writer is None or answered.audience > post.audience:
        return around
    if not await list_visible_ids(desk.reader, [answered.id], post.author_id):
        return around
    return replace(around, reply_to_uri=post_uri(answered, writer, desk.base_url))


async def inboxes_of_readers(desk: Desk, post: Post) -> list[str]:
    """Return where the readers of a post are told: whom it names, followers, and whom an open one answers."""
    people = {one.account_id for one in post.mentions}
    if post.audience in OPEN and post.reply_to_author_id:
        people.add(post.reply_to_author_id)
    told = await inboxes.list_of_people(desk.reader, people, by_id=post.author_id)
    if post.audience is not Audience.MENTIONED:
        told += await inboxes.list_of_followers(desk.reader, post.author_id)
    if post.audience is Audience.PUBLIC:
        told += await relay_inboxes(desk.reader)
    return told


async def inboxes_of_holders(desk: Desk, post: Post) -> list[str]:
    """Return where a change of a post is told: its readers, and far people who took part in an open one."""
    told = await inboxes_of_readers(desk, post)
    if post.audience in OPEN:
        witnesses = await list_witnesses(desk.reader, post.id)
        told += await inboxes.list_of_people(desk.reader, witnesses, by_id=post.author_id)
    return told


async def compose_edited(desk: Desk, event: PostEdited) -> Composed:
    """Update of a note."""
    found = await find_ours(desk, event.post_id)
    if found is None:
        return NOTHING
    post, author = found
    note = await write_note(desk, post, author)
    said = update(note, post.edited_at_us or post.published_at_us)
    return Composed([Errand(said, author, await inboxes_of_holders(desk, post), holds=partial(stands, post))])


async def compose_changed(desk: Desk, event: QuotePolicyChanged | QuoteRevoked | QuoteAnswered) -> Composed:
    """Update of a note whose text is as it was: who may quote it, what became of its quote."""
    found = await find_ours(desk, event.post_id)
    if found is None:
        return NOTHING
    post, author = found
    note, now = await write_note(desk, post, author), now_us()
    telling = await decide_telling(desk, "post", post.id, digest_of(note), now_us=now, pause_s=0)
    if not isinstance(telling, Telling):
        return NOTHING
    told = await inboxes_of_holders(desk, post)
    return Composed([Errand(update(note, now), author, told, holds=partial(stands, post), telling=telling)])


async def compose_deleted(desk: Desk, event: PostDeleted) -> Composed:
    """Delete, or the Undo of an Announce, for everybody who may have it."""
    author = await find_account(desk.reader, event.author_id)
    if author is None or not author.is_local or is_gone(author):
        return NOTHING  # who is gone took everything along
    told = await inboxes_of_former_readers(desk, event)
    uri = f"{desk.base_url}/@{author.username}/{short_id(event.post_id)}"
    if event.repost_of_id is None:
        gone = await find_tombstone(desk.reader, event.post_id)
        said = delete_post(uri, actor_uri(author, desk.base_url), at_us=gone.deleted_at_us if gone else now_us())
        return Composed([Errand(said, author, told, is_deletion=True)])
    original = await find_original_uri(desk, event.repost_of_id)
    if not original.uri:
        return NOTHING
    if original.author_id:
        told += await inboxes.list_of_people(desk.reader, [original.author_id], any_standing=True)
    done = activity("Announce", f"{uri}/activity", actor_uri(author, desk.base_url), original.uri)
    return Composed([Errand(undo(done, event.post_id), author, told, is_deletion=True)])


async def inboxes_of_former_readers(desk: Desk, event: PostDeleted) -> list[str]:
    """Return where it is told that a post is gone; nobody hears of a hidden one who did not know it."""
    people: set[AccountId] = set(event.mentioned_ids)
    if event.audience != Audience.MENTIONED:
        people.update(event.known_to_ids)
    by_id = 0 if event.audience in OPEN else event.author_id
    told = await inboxes.list_of_people(desk.reader, people, by_id=by_id, any_standing=True, post_id=event.post_id)
    if event.audience != Audience.MENTIONED:
        told += await inboxes.list_of_followers(desk.reader, event.author_id, any_standing=True)
    if event.audience == Audience.PUBLIC and event.repost_of_id is None:
        told += await relay_inboxes(desk.reader)
    return told


class Original:
    """What a repost repeated, which may be gone. uri: '' when it is not known any more."""

    def __init__(self, uri: str = "", author_id: int = 0) -> None:
        self.uri, self.author_id = uri, author_id


async def find_original_uri(desk: Desk, post_id: PostId) -> Original:
    """Return the id of what was repeated, also when that is gone."""
    post = await find_post(desk.reader, post_id)
    gone = None if post else await find_tombstone(desk.reader, post_id)
    author_id = post.author_id if post else gone.author_id if gone else 0
    uri = post.uri if post else gone.uri if gone else None
    if uri:
        return Original(uri, author_id)
    writer = await find_account(desk.reader, author_id) if author_id else None
    if writer is None or not writer.is_local:
        return Original("", author_id)
    return Original(f"{desk.base_url}/@{writer.username}/{short_id(post_id)}", author_id)


async def compose_marked(desk: Desk, event: PostMarked) -> Composed:
    """Like, for the author alone; Add of a pin, for the followers."""
    kind = Mark(event.mark)
    said = await write_mark(desk, event)
    if said is None:
        return NOTHING
    done, actor, told = said

    async def is_marked(tx: Transaction) -> bool:
        return await marks.lock_mark(tx, event.account_id, event.post_id, kind) == event.mark_id

    return Composed([Errand(done, actor, told, holds=is_marked)])


async def compose_unmarked(desk: Desk, event: PostUnmarked) -> Composed:
    """Undo of a Like; Remove of a pin."""
    said = await write_mark(desk, event)
    if said is None:
        return NOTHING
    done, actor, told = said
    taken = undo(done, event.mark_id) if event.mark == Mark.LIKE else done
    return Composed([Errand(taken, actor, told, is_deletion=True)])


async def write_mark(desk: Desk, event: PostMarked | PostUnmarked) -> tuple[Json, Account, list[str]] | None:
    """Return the activity of a like or a pin, who does it, and whom it is told; None when nobody is."""
    account = await find_account(desk.reader, event.account_id)
    post = await find_post(desk.reader, event.post_id)
    writer = await find_account(desk.reader, post.author_id) if post else None
    if account is None or post is None or writer is None or account.suspended_at_us is not None:
        return None
    actor, uri = actor_uri(account, desk.base_url), post_uri(post, writer, desk.base_url)
    if event.mark == Mark.LIKE:
        told = await inboxes.list_of_people(desk.reader, [writer.id])
        return like(actor, uri, actor_uri(writer, desk.base_url), event.mark_id), account, told
    if post.audience not in OPEN:
        return None  # strangers do not see it among the pinned ones either
    kind = "Add" if isinstance(event, PostMarked) else "Remove"
    done = pin(kind, actor, uri, featured_uri(actor), event.mark_id)
    return done, account, await inboxes.list_of_followers(desk.reader, account.id)
