"""Taking in what far people do to posts: likes, reposts, pins, votes, and their ends.

Owns: those. Each is harmless the second time. What is done to a post that has not come waits for it, and `apply_act`
does it then; the end of an act that has not come is remembered. A far account can only do something to a post of ours
that it may see (K5); of a far post, its own server has said who may.
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.marks import RepostRefused, repost_of
from rookery.actions.naming import find_original_named, is_ours
from rookery.actions.polls import VoteRefused, check_choices
from rookery.actions.posts import counts_in_profile, is_public, published_event
from rookery.actions.receiving import get_sender
from rookery.actions.removals import remove_post
from rookery.actions.repeating import repeatable
from rookery.model.accounts import Account
from rookery.model.events import PollVoted, PostMarked, PostUnmarked
from rookery.model.ids import PostId, now_us
from rookery.model.incoming import MAX_PIN_COUNT, IncomingRepost, NotTheirs, check_uri
from rookery.model.posts import Audience, Post, PostNotFound
from rookery.storage import accounts, far_posts, marks, polls, posts, waiting
from rookery.storage.database import Reader, StorageConflict, Transaction
from rookery.storage.marks import Mark
from rookery.storage.waiting import WaitingAct

SECOND_US, MILLISECOND_US = 1_000_000, 1000


def id_for(app: App, published_at_us: int) -> PostId:
    """Return an id for a far moment, clamped to now.

    Servers tell whole seconds or milliseconds, where a busy moment would have more posts than ids: what they do not
    tell is filled with what the id's clock has of now.
    """
    now = now_us()
    moment = min(published_at_us or now, now)
    for unit in (SECOND_US, MILLISECOND_US):
        if moment % unit == 0:
            moment += now % unit
            break
    return PostId(app.ids.id_at(moment))


async def check_reachable(reader: Reader, post: Post, sender: Account) -> None:
    """Raises PostNotFound when a far account names a post of ours that is not for it."""
    if post.is_local and not await posts.list_visible_ids(reader, [post.id], sender.id):
        raise PostNotFound


async def wait_for(tx: Transaction, act: WaitingAct) -> None:
    """Keep an act until its post comes; nothing waits for what is deleted."""
    if not await far_posts.is_deleted(tx, act.post_uri):
        await waiting.put_act(tx, act, now_us())


async def find_target(app: App, tx: Transaction, act: WaitingAct) -> Post | None:
    """Return the post of an act, held until the transaction ends; None when it is not here and the act waits.

    Raises PostNotFound for what is not one of our posts although its address is.
    """
    post = await find_original_named(app, tx, act.post_uri)
    if post and await posts.lock_post(tx, post.id):
        return post
    if is_ours(app, act.post_uri):
        raise PostNotFound
    await wait_for(tx, act)
    return None


@repeatable
async def receive_like(app: App, post_uri: str, *, by_uri: str, uri: str = "") -> bool:
    """Count a far like; False when it was counted, waits, or has ended before it came. uri: of the like itself.

    Raises PostNotFound, and what get_sender raises.
    """
    check_uri(post_uri)
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        act = WaitingAct(post_uri, "like", sender.id, uri, 0, now_us())
        if await waiting.take_undone(tx, uri, sender.id):
            return False
        post = await find_target(app, tx, act)
        if post is None:
            return False
        await check_reachable(tx, post, sender)
        return await apply_like(app, tx, post, sender)


async def apply_like(app: App, tx: Transaction, post: Post, sender: Account) -> bool:
    """Store a like."""
    if not await marks.insert_mark(tx, sender.id, post.id, Mark.LIKE, app.ids.next_id()):
        return False
    await marks.count_likes(tx, post.id, 1)
    await record_event(app, tx, PostMarked(post.id, sender.id, post.author_id, int(Mark.LIKE)))
    return True


@repeatable
async def receive_unlike(app: App, post_uri: str, *, by_uri: str, uri: str = "") -> bool:
    """Take a far like back; False when there was none. uri: of the like."""
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        if await waiting.drop_act(tx, post_uri, "like", sender.id):
            return True
        post = await find_original_named(app, tx, post_uri)
        if post and await posts.lock_post(tx, post.id) and await marks.delete_mark(tx, sender.id, post.id, Mark.LIKE):
            await marks.count_likes(tx, post.id, -1)
            await record_event(app, tx, PostUnmarked(post.id, sender.id, post.author_id, int(Mark.LIKE)))
            return True
        await waiting.note_undone(tx, uri, sender.id, now_us())
        return False


@repeatable
async def receive_repost(app: App, repost: IncomingRepost, *, by_uri: str) -> PostId | None:
    """Store a far repost; return its id, also the second time; None when it waits, or ended or was deleted before.

    Raises NotTheirs, PostNotFound, RepostRefused, and what get_sender raises.
    """
    check_uri(repost.uri)
    check_uri(repost.post_uri)
    if repost.author_uri != by_uri or is_ours(app, repost.uri):
        raise NotTheirs(repost.uri)
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        if await waiting.take_undone(tx, repost.uri, sender.id):
            return None
        if await far_posts.is_kept_out(tx, repost.uri, by_uri):
            return None
        moment = min(repost.published_at_us or now_us(), now_us())
        act = WaitingAct(repost.post_uri, "repost", sender.id, repost.uri, int(repost.audience), moment)
        original = await find_target(app, tx, act)
        if original is None:
            return None
        await check_reachable(tx, original, sender)
        return await apply_repost(app, tx, original, sender, act)


async def apply_repost(app: App, tx: Transaction, original: Post, sender: Account, act: WaitingAct) -> PostId:
    """Store a repost once. Raises RepostRefused for what is not public, NotTheirs for an address that is taken."""
    if not may_repost(original, sender):
        raise RepostRefused
    if earlier := await posts.find_repost(tx, original.id, sender.id):
        return earlier
    if await far_posts.find_post_id(tx, act.uri):
        raise NotTheirs(act.uri)
    audience = Audience(max(act.audience, original.audience))
    built = repost_of(original, sender.id, id_for(app, act.happened_at_us), audience, act.happened_at_us)
    repost = replace(built, is_local=False, uri=act.uri, url=original.url)
    if not await posts.insert_post(tx, repost):
        raise StorageConflict  # the id is taken, or somebody stored it a moment ago
    await marks.insert_mark(tx, sender.id, original.id, Mark.REPOST, repost.id)
    await posts.count_reposts(tx, original.id, 1)
    if counts_in_profile(repost.audience):
        await accounts.count_post(tx, sender.id, step=1, posted_at_us=repost.published_at_us)
    await record_event(app, tx, published_event(repost))
    return repost.id


def may_repost(original: Post, sender: Account) -> bool:
    """True for what strangers may read, and for one's own post for followers."""
    is_own = original.author_id == sender.id
    return is_public(original.audience) or (is_own and original.audience is Audience.FOLLOWERS)


@repeatable
async def receive_unrepost(app: App, post_uri: str, *, by_uri: str, uri: str = "") -> bool:
    """Take a far repost back; False when there was none. uri: of the repost; post_uri may be '' when that is known."""
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        if await waiting.drop_act(tx, post_uri, "repost", sender.id) or await waiting.drop_act_by_uri(
            tx, uri, sender.id
        ):
            return True
        original = await find_original_named(app, tx, post_uri or uri)
        if original and await posts.lock_post(tx, original.id):
            repost_id = await posts.find_repost(tx, original.id, sender.id)
            repost = await posts.find_post(tx, repost_id) if repost_id else None
            if repost:
                await marks.delete_mark(tx, sender.id, original.id, Mark.REPOST)
                await remove_post(app, tx, repost, now_us())
                return True
        await waiting.note_undone(tx, uri, sender.id, now_us())
        return False


@repeatable
async def receive_pin(app: App, post_uri: str, *, by_uri: str) -> bool:
    """Show a far post on its author's profile; False when it is shown, waits, or is one too many. Raises NotTheirs."""
    check_uri(post_uri)
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        post = await find_target(app, tx, WaitingAct(post_uri, "pin", sender.id))
        return False if post is None else await apply_pin(app, tx, post, sender)


async def apply_pin(app: App, tx: Transaction, post: Post, sender: Account) -> bool:
    """Store a pin. Raises NotTheirs."""
    if post.author_id != sender.id:
        raise NotTheirs(post.uri or "")
    if await marks.count_marks(tx, sender.id, Mark.PIN) >= MAX_PIN_COUNT or post.audience is Audience.MENTIONED:
        return False
    if not await marks.insert_mark(tx, sender.id, post.id, Mark.PIN, app.ids.next_id()):
        return False
    await record_event(app, tx, PostMarked(post.id, sender.id, post.author_id, int(Mark.PIN)))
    return True


@repeatable
async def receive_unpin(app: App, post_uri: str, *, by_uri: str) -> bool:
    """Take a far post off its author's profile; False when it was not there."""
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        await waiting.drop_act(tx, post_uri, "pin", sender.id)
        post = await find_original_named(app, tx, post_uri)
        if post is None or not await marks.delete_mark(tx, sender.id, post.id, Mark.PIN):
            return False
        await record_event(app, tx, PostUnmarked(post.id, sender.id, post.author_id, int(Mark.PIN)))
        return True


async def apply_act(app: App, tx: Transaction, post: Post, act: WaitingAct) -> None:
    """Do what waited for a far post. What is not allowed now that the post is known, is left."""
    sender = await accounts.find_account(tx, act.account_id)
    if sender is None or sender.suspended_at_us:
        return
    match act.kind:
        case "like":
            await apply_like(app, tx, post, sender)
        case "repost" if may_repost(post, sender):
            await apply_repost(app, tx, post, sender, act)
        case "pin" if sender.id == post.author_id:
            await apply_pin(app, tx, post, sender)
        case _:
            pass


@repeatable
async def receive_vote(app: App, post_uri: str, choice: str, *, by_uri: str) -> bool:
    """Count one far vote for the choice of that title in a poll of ours; False when it was counted.

    With several choices allowed, each comes by itself. Raises PostNotFound, VoteRefused, and what get_sender raises.
    """
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        post = await find_original_named(app, tx, post_uri) if is_ours(app, post_uri) else None
        if post is None or post.poll is None:
            raise PostNotFound
        await check_reachable(tx, post, sender)
        poll = await polls.lock_poll(tx, post.id)
        titles = [option.title for option in poll.options] if poll else []
        if poll is None or choice.strip() not in titles:
            raise VoteRefused("the chosen vote option does not exist")
        place = titles.index(choice.strip())
        chosen = (await polls.list_votes(tx, sender.id, [post.id])).get(post.id, [])
        if place in chosen:
            return False
        check_choices(poll, (*chosen, place))
        await polls.insert_vote(tx, post.id, sender.id, place)
        counts = [option.vote_count + (at == place) for at, option in enumerate(poll.options)]
        await polls.update_counts(tx, post.id, counts, poll.voter_count + (not chosen))
        await posts.touch_post(tx, post.id)
        await record_event(app, tx, PollVoted(post.id, sender.id))
    return True
