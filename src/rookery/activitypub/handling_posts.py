"""Posts, and what is done to them, as other servers tell: Create, Update, Delete, Announce, Like, votes, pins.

Owns: from an activity to the action that receives it. Never: a rule of posts (actions/receiving*.py), a fetch of its
own. Spec: https://www.w3.org/TR/activitypub/#server-to-server-interactions, FEP-1b12 (groups)
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.naming import find_post_named
from rookery.actions.receiving import receive_deletion
from rookery.actions.receiving_accounts import receive_account
from rookery.actions.receiving_acts import receive_like, receive_pin, receive_repost, receive_unpin, receive_vote
from rookery.actions.receiving_posts import receive_post
from rookery.activitypub.handling_parts import Delivered, Hands, NotUnderstood, Unwanted
from rookery.activitypub.handling_quotes import take_consent_end
from rookery.activitypub.origin import same_origin
from rookery.activitypub.reading_activities import embedded, read_activity
from rookery.model.ids import PostId, now_us
from rookery.model.incoming import IncomingAccount, IncomingPost
from rookery.model.quotes import QuoteState
from rookery.storage.far_accounts import find_far_account
from rookery.storage.posts import find_post


async def take_create(hands: Hands, delivered: Delivered) -> None:
    """A new post, a vote in a poll of ours, or a version of a post: versions come in any order."""
    activity = delivered.activity
    if activity.vote is not None:
        await take_vote(hands, delivered)
    elif activity.account is not None:
        await take_profile(hands, delivered, activity.account)
    elif activity.post is not None:
        await take_post(hands, delivered)
    else:
        await take_named_post(hands, delivered)


async def take_post(hands: Hands, delivered: Delivered) -> None:
    """A post that came along whole. Raises Unwanted."""
    post = delivered.activity.post
    if post is None or not await hands.is_wanted(delivered, post):
        raise Unwanted
    if delivered.account is None:  # then it was read without knowing what its author calls the followers
        delivered = await hands.meet(delivered)
        followers = await hands.followers_uri(delivered.account)
        base_url = hands.app.settings.base_url
        activity = read_activity(delivered.document, base_url=base_url, now_us=now_us(), followers_uri=followers)
        post = activity.post or post
    post_id = await receive_post(hands.app, post, by_uri=delivered.by_uri)
    await plan_what_it_quotes(hands, post, post_id)
    is_apart = bool(post.reply_to_uri) and await find_post_named(hands.app, hands.reader, post.reply_to_uri) is None
    if post_id is not None and is_apart and not hands.is_ours(post.reply_to_uri):
        await hands.fetcher.plan_thread(post_id)


async def plan_what_it_quotes(hands: Hands, post: IncomingPost, post_id: PostId | None) -> None:
    """Have a quoted post brought, and the proof of its author's consent looked at. Ours need neither."""
    if post_id is None or not post.quote_of_uri or hands.is_ours(post.quote_of_uri):
        return
    known = await find_post(hands.reader, post_id)
    if known is not None and known.quote_state not in (None, QuoteState.PENDING):
        return
    await hands.fetcher.plan_quote(post_id, post.quote_of_uri, post.consent_uri)


async def take_named_post(hands: Hands, delivered: Delivered) -> None:
    """A post that is only named: it is fetched, if it can be the actor's own. Raises Unwanted, NotUnderstood."""
    uri = delivered.activity.object_uri
    if delivered.activity.object_type or not same_origin(uri, delivered.by_uri):
        raise NotUnderstood("what is created is neither a post nor the actor's own")
    if not (delivered.is_addressed or await hands.is_followed(delivered.account)):
        raise Unwanted
    await hands.get_post(uri)


async def take_vote(hands: Hands, delivered: Delivered) -> None:
    """One choice in a poll of ours. Raises PostNotFound, VoteRefused."""
    vote = delivered.activity.vote
    if vote is None or not hands.is_ours(vote.poll_uri):
        raise NotUnderstood("the poll of this vote is not one of ours")
    await hands.meet(delivered)
    await receive_vote(hands.app, vote.poll_uri, vote.choice, by_uri=delivered.by_uri)


async def take_profile(hands: Hands, delivered: Delivered, incoming: IncomingAccount) -> None:
    """What changed in a profile, and in its keys. Raises Unwanted for somebody whom nobody here has met."""
    hands.keys.compare(delivered.by_uri, embedded(delivered.document))
    if delivered.account is None:
        raise Unwanted
    await receive_account(hands.app, incoming, by_uri=delivered.by_uri)


async def take_update(hands: Hands, delivered: Delivered) -> None:
    """A version of a post or of a profile; a profile that is only named is fetched."""
    activity = delivered.activity
    if activity.object_uri == activity.actor_uri and activity.account is None:
        if delivered.account is None:
            raise Unwanted
        hands.keys.forget_actor(delivered.by_uri)
        await hands.get_account(delivered.by_uri, fresh=True)
        return
    await take_create(hands, delivered)


async def take_deletion(hands: Hands, delivered: Delivered) -> None:
    """The end of a post, of a repost, of an account, or of the consent to a quote."""
    uri = delivered.activity.object_uri
    if uri == delivered.by_uri:
        hands.keys.forget_actor(delivered.by_uri)
    else:
        delivered = await hands.meet_early(delivered)
        if await take_consent_end(hands, delivered):
            return
    await receive_deletion(hands.app, uri, by_uri=delivered.by_uri)


async def take_announce(hands: Hands, delivered: Delivered) -> None:
    """A repost by somebody whom people here follow, or of a post of ours; the post is fetched from its own server.

    What a relay announces is no repost: the post is fetched and there, as any public one.

    A group repeats whatever its members do; of that, only their posts are taken. Raises Unwanted, NotUnderstood.
    """
    if await hands.relaying.is_relay(delivered.actor):
        if uri := await hands.relaying.find_wanted(delivered.actor, delivered.document):
            await hands.get_post(uri)
        return
    repost = delivered.activity.repost
    if repost is None:
        raise NotUnderstood("a group repeats what is no post")
    if hands.is_ours(repost.post_uri):
        await hands.meet(delivered)
    elif not await hands.is_followed(delivered.account):
        raise Unwanted
    post = await hands.get_post(repost.post_uri)
    if post is None:
        raise Unwanted
    known = post.uri or repost.post_uri  # the id, where an address was named
    await receive_repost(hands.app, replace(repost, post_uri=known), by_uri=delivered.by_uri)


async def take_like(hands: Hands, delivered: Delivered) -> None:
    """A like, or a reaction, which counts as one. Raises Unwanted for likes of what is not here."""
    activity = delivered.activity
    if hands.is_ours(activity.object_uri):
        await hands.meet(delivered)
    elif delivered.account is None or await find_post_named(hands.app, hands.reader, activity.object_uri) is None:
        raise Unwanted
    await receive_like(hands.app, activity.object_uri, by_uri=delivered.by_uri, uri=activity.uri)


async def take_dislike(hands: Hands, delivered: Delivered) -> None:
    """Nothing here counts dislikes."""
    raise NotUnderstood("dislikes are not counted here")


async def is_pinning(hands: Hands, delivered: Delivered) -> bool:
    """True when the collection that changes is what the actor shows on its profile."""
    far = await find_far_account(hands.reader, delivered.account.id) if delivered.account else None
    return far is not None and far.featured_uri != "" and far.featured_uri == delivered.activity.target_uri


async def take_add(hands: Hands, delivered: Delivered) -> None:
    """A post is shown on its author's profile. Raises NotUnderstood for any other collection."""
    if not await is_pinning(hands, delivered):
        raise NotUnderstood("this collection means nothing here")
    uri = delivered.activity.object_uri
    if same_origin(uri, delivered.by_uri) and await hands.is_followed(delivered.account):
        await hands.get_post(uri)
    await receive_pin(hands.app, uri, by_uri=delivered.by_uri)


async def take_remove(hands: Hands, delivered: Delivered) -> None:
    """A post is not shown any more. Raises NotUnderstood."""
    if not await is_pinning(hands, delivered):
        raise NotUnderstood("this collection means nothing here")
    await receive_unpin(hands.app, delivered.activity.object_uri, by_uri=delivered.by_uri)
