"""From a verified activity to what it does here (K3: nothing gets here without a VerifiedActor).

Owns: the table of handlers, and that each activity is read once and with what is known of its actor. Never: what a
handler does (handling_posts.py, handling_people.py, handling_quotes.py); whoever calls it decides what a refusal means.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from rookery.activitypub import handling_people as people
from rookery.activitypub import handling_posts as posts
from rookery.activitypub import handling_quotes as quotes
from rookery.activitypub.handling_parts import Delivered, Hands
from rookery.activitypub.reading_activities import Doing, read_activity
from rookery.activitypub.verifier import VerifiedActor
from rookery.activitypub.vocabulary import Json
from rookery.model.ids import now_us

Take = Callable[[Hands, Delivered], Awaitable[None]]
HANDLERS: dict[Doing, Take] = {
    Doing.CREATE: posts.take_create,
    Doing.UPDATE: posts.take_update,
    Doing.DELETE: posts.take_deletion,
    Doing.ANNOUNCE: posts.take_announce,
    Doing.LIKE: posts.take_like,
    Doing.REACT: posts.take_like,
    Doing.DISLIKE: posts.take_dislike,
    Doing.FOLLOW: people.take_follow,
    Doing.ACCEPT: people.take_accept,
    Doing.REJECT: people.take_reject,
    Doing.UNDO: people.take_undo,
    Doing.BLOCK: people.take_block,
    Doing.FLAG: people.take_flag,
    Doing.MOVE: people.take_move,
    Doing.ADD: posts.take_add,
    Doing.REMOVE: posts.take_remove,
    Doing.ASK_QUOTE: quotes.take_quote_request,
}
# What tells its readers by the actor's own name for the followers.
WITH_AUDIENCE = frozenset((Doing.CREATE.value, Doing.UPDATE.value, Doing.ANNOUNCE.value))


class Handling:
    """Made once by ops."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands

    async def handle(self, actor: VerifiedActor, document: Json, *, is_addressed: bool = False) -> None:
        """Do one activity. Raises Refusal: what that means is for the caller to say."""
        account, kind = actor.account, document.get("type")
        followers = await self.hands.followers_uri(account) if kind in WITH_AUDIENCE else ""
        base_url = self.hands.app.settings.base_url
        activity = read_activity(document, base_url=base_url, now_us=now_us(), followers_uri=followers)
        delivered = Delivered(actor, activity, document, is_addressed, account)
        await HANDLERS[activity.doing](self.hands, delivered)
