"""What a server is told that was given up and is back: the newest of what it missed.

Owns: how much that is. Never: sends; it is packed like everything else, for the inboxes of that host alone.
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.receiving import host_of
from rookery.activitypub.composing_people import compose_follow, write_profile_now
from rookery.activitypub.composing_posts import compose_published
from rookery.activitypub.wire import FediverseWire
from rookery.model.events import FollowChanged, PostPublished
from rookery.model.ids import floor_id
from rookery.storage import hosts, inboxes

MOST_AUTHORS = 500
MOST_POSTS = 20


async def catch_up(wire: FediverseWire, domain: str, missed_since_us: int) -> None:
    """Pack follows that it has not answered, and the profiles and newest open posts of those who are followed there.

    Harmless twice; the note that it is done comes last, so that a crash in the middle begins it anew.
    """
    after = floor_id(missed_since_us)
    for follower_id, followed_id, follow_id in await inboxes.list_asked_at(wire.reader, domain, MOST_AUTHORS):
        asked = FollowChanged(follower_id, followed_id, "requested", is_new=True, follow_id=follow_id)
        for errand in (await compose_follow(wire, asked)).errands:
            await wire.pack_again(errand)
    for author_id in await inboxes.list_followed_from(wire.reader, domain, MOST_AUTHORS):
        composed = [await write_profile_now(wire, author_id)]
        for post_id, audience in await inboxes.list_missed(wire.reader, author_id, after, MOST_POSTS):
            composed.append(await compose_published(wire, PostPublished(post_id, author_id, audience)))
        for errand in (one for each in composed for one in each.errands):
            own = [url for url in errand.inboxes if host_of(url) == domain]
            await wire.pack_again(replace(errand, inboxes=own))
    async with wire.app.db.transaction() as tx:
        await hosts.mark_caught_up(tx, domain, missed_since_us)
