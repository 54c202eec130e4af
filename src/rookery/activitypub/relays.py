"""Relays on this wire: what we send them, what their words mean, which of the posts that they name are fetched.

Owns: the activities of the server for relays; whose answer counts (K4); the budget of what relays make us fetch. Never:
believes a post that came through a relay: only its address is taken, and its own server is asked (K2). Nothing that a
relay announces becomes a repost or reaches a home; it is there as any public post is.
Spec: https://w3id.org/fep/ae0c
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.relays import receive_relay_answer, receive_relay_follow
from rookery.activitypub.activities import activity
from rookery.activitypub.addresses import PUBLIC, PUBLIC_NAMES, followers_uri, server_uri
from rookery.activitypub.origin import is_ours, same_origin
from rookery.activitypub.verifier import VerifiedActor, id_of
from rookery.activitypub.vocabulary import Json, iso
from rookery.model.events import RelayChanged
from rookery.model.incoming import IncomingRefused, check_uri
from rookery.model.relays import Relay, RelayState, RelayStyle
from rookery.network.limits import Limit, Limiter
from rookery.storage.accounts import find_account_by_uri
from rookery.storage.database import Reader
from rookery.storage.far_posts import find_post_id
from rookery.storage.relays import find_by_account, find_by_follow, list_accepted

RELAYED = Limit("relayed posts", 600, 300)  # of each relay: two a second, and a burst
PASSED_ON = ("Create", "Update", "Announce")


# --- what we send; the sender calls these --------------------------------------------------------------------------


def relay_activity(event: RelayChanged, base_url: str) -> Json:
    """Return what an event says to its relay, in the name of the server: Follow, the Undo of it, or Accept."""
    actor = server_uri(base_url)
    target = event.target_uri or PUBLIC
    readers = [event.target_uri] if event.target_uri else []
    if event.act == "accept":
        asked = {"id": event.follow_uri, "type": "Follow", "actor": event.target_uri, "object": actor}
        return activity("Accept", f"{actor}#accepts/{event.relay_id}", actor, asked, to=readers)
    follow = activity("Follow", event.follow_uri, actor, target, to=readers)
    if event.act == "follow":
        return follow
    inner = {name: value for name, value in follow.items() if name != "@context"}
    return activity("Undo", f"{event.follow_uri}/undo", actor, inner, to=readers)


async def relay_inboxes(reader: Reader) -> list[str]:
    """Return the inboxes that get our public posts as their readers do: those of Mastodon-style relays."""
    return [one.inbox_url for one in await list_accepted(reader) if one.style is RelayStyle.MASTODON]


async def announced_to(reader: Reader) -> list[Relay]:
    """Return the relays that get an Announce of the server instead."""
    return [one for one in await list_accepted(reader) if one.style is RelayStyle.LITEPUB]


def relay_announce(relay: Relay, post_uri: str, base_url: str, *, number: int, at_us: int) -> Json:
    """Return the Announce of a public post for a LitePub relay. number: of the post."""
    actor = server_uri(base_url)
    uri = f"{actor}#announces/{relay.id}/{number}"
    said = activity("Announce", uri, actor, post_uri, to=[followers_uri(actor), relay.account_uri], cc=[PUBLIC])
    return said | {"published": iso(at_us)}


# --- what they say; the inbox calls these ---------------------------------------------------------------------------


async def take_relay_answer(app: App, signer: VerifiedActor, follow_uri: str, answer: str) -> bool:
    """Take an Accept or Reject of one of our Follows of a relay; False when it is none.

    follow_uri: the id in it, alone or of the Follow that came along. answer: accept or reject. Only who speaks from the
    origin that we asked is heard, and as the same actor for good.
    """
    relay = await find_by_follow(app.db.reader, follow_uri)
    if relay is None or not same_origin(signer.uri, relay.inbox_url):
        return False
    return await receive_relay_answer(app, follow_uri, answer, by_uri=signer.uri)


async def take_relay_follow(app: App, signer: VerifiedActor, follow_uri: str) -> bool:
    """Take the Follow of the server's own actor; False unless a relay that we asked sent it."""
    if not same_origin(follow_uri, signer.uri):
        return False
    return await receive_relay_follow(app, follow_uri, by_uri=signer.uri)


class Relaying:
    """Says which posts relays may make us fetch. Made once by a process."""

    def __init__(self, app: App) -> None:
        self.app, self.limiter = app, Limiter()

    async def is_relay(self, signer: VerifiedActor) -> bool:
        """True for a relay that we asked and that said yes."""
        relay = await find_by_account(self.app.db.reader, signer.uri)
        return relay is not None and relay.state is RelayState.ACCEPTED

    async def find_wanted(self, signer: VerifiedActor, document: Json) -> str:
        """Return the address of a post to fetch from its own server, '' for nothing.

        document: what a relay signed the delivery of: its Announce, or somebody's activity passed on as it was. Known
        posts, ours, what is not for everybody, and what is too much at once are left.
        """
        uri = passed_on(document)
        if not uri or not await self.is_relay(signer) or is_ours(uri, self.app.settings.base_url):
            return ""
        reader = self.app.db.reader
        if await find_post_id(reader, uri) or await find_account_by_uri(reader, uri):
            return ""
        return "" if self.limiter.take(RELAYED, signer.uri).is_over else uri


def passed_on(document: Json) -> str:
    """Return the id of what a relay passes on, '' for what is of no use or says that it is not for everybody."""
    if document.get("type") not in PASSED_ON:
        return ""
    thing = document.get("object")
    if isinstance(thing, dict) and thing.get("type") in PASSED_ON:  # an activity, announced whole
        return passed_on(thing)
    uri = id_of(thing) or ""
    readers = [one for name in ("to", "cc") for one in listed(document.get(name))]
    if document.get("type") != "Announce" and PUBLIC_NAMES.isdisjoint(readers):
        return ""
    try:
        return check_uri(uri)
    except IncomingRefused:
        return ""


def listed(value: object) -> list[str]:
    """Return the texts of a property that may hold one or several."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
