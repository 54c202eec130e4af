"""Comparing our follows of a far account with what its server says, when a delivery brings the header for it.

Owns: when to compare, and the fetch of the partial collection: from the signer's own origin, signed, bounded, held
against the digest of the signed header before anything ends. Never: ends a follow (actions/follower_lists.py).
Spec: https://w3id.org/fep/8fcf
"""

from __future__ import annotations

import time

from rookery.actions.app import App
from rookery.actions.follower_lists import Mended, mend_followers
from rookery.actions.jobs import JobHandler
from rookery.activitypub.follower_digests import Synchronization, digest_of, parse_header
from rookery.activitypub.foreignkeys import ACCEPT, KINDS
from rookery.activitypub.keyclaims import parse_document
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.origin import same_origin
from rookery.activitypub.signing import Clock, signer_of
from rookery.activitypub.verifier import VerifiedActor
from rookery.model.ids import AccountId
from rookery.network.outward import Ask, Budget, FetchFailed, FetchRefused
from rookery.storage.far_accounts import find_far_account
from rookery.storage.follower_lists import list_our_followers
from rookery.storage.jobs import Job, insert_job

COMPARE_FOLLOWERS = "CompareFollowers"
PER_HOST = Budget("followers", at_once=1, count=60, per_s=60)
REST_S = 3600.0  # between two comparisons of one account
MOST_RESTING, MOST_ITEMS = 20_000, 10_000


class Synchronizing:
    """Made once by a process; the inbox tells it of headers. clock: Unix time."""

    def __init__(self, app: App, clock: Clock = time.time) -> None:
        self.app, self.clock = app, clock
        self.compared: dict[str, float] = {}

    async def take_header(self, signer: VerifiedActor, raw: str) -> bool:
        """Plan a comparison when the header of a verified delivery says another digest than ours; True when planned.

        Cheap: two queries, and at most one comparison of an account in an hour.
        """
        said = parse_header(raw, signer.uri)
        if said is None or signer.account is None or self.compared.get(signer.uri, 0.0) > self.clock() - REST_S:
            return False
        far = await find_far_account(self.app.db.reader, signer.account.id)
        if far is None or far.followers_uri != said.collection_uri:
            return False
        if await our_digest(self.app, signer.account.id) == said.digest:
            return False
        self.rest(signer.uri)
        body = {"account_id": signer.account.id, "url": said.url, "digest": said.digest}
        async with self.app.db.transaction() as tx:
            await insert_job(tx, self.app.ids.next_id(), COMPARE_FOLLOWERS, body)
        return True

    def rest(self, uri: str) -> None:
        """Note when an account was compared; over the bound, what was noted first is forgotten."""
        self.compared.pop(uri, None)
        self.compared[uri] = self.clock()
        while len(self.compared) > MOST_RESTING:
            del self.compared[next(iter(self.compared))]


async def our_digest(app: App, far_id: int) -> str:
    """Return the digest of people here who follow a far account."""
    rows = await list_our_followers(app.db.reader, far_id)
    return digest_of(f"{app.settings.base_url}/@{name}" for _, name, _, state in rows if state == "active")


def comparing_handlers(app: App, knocking: Knocking) -> dict[str, JobHandler]:
    """Return the handler of this room's job."""

    async def compare(job: Job) -> None:
        said = Synchronization("", job.body["url"], job.body["digest"])
        await compare_followers(app, knocking, AccountId(job.body["account_id"]), said)

    return {COMPARE_FOLLOWERS: compare}


async def compare_followers(app: App, knocking: Knocking, far_id: AccountId, said: Synchronization) -> Mended:
    """Fetch a partial collection and mend what differs; nothing when it is not what was signed.

    Raises FetchRefused, FetchFailed.
    """
    if await our_digest(app, far_id) == said.digest:
        return Mended()
    named = await fetch_partial(app, knocking, said.url)
    if digest_of(named) != said.digest:  # it changed meanwhile, or is not what was signed
        return Mended()
    return await mend_followers(app, far_id, named)


async def fetch_partial(app: App, knocking: Knocking, url: str) -> set[str]:
    """Return the ids in a partial collection, sent whole. Raises FetchRefused, FetchFailed."""
    ask = Ask(url, headers=(("accept", ACCEPT),), kinds=KINDS, budget=PER_HOST)
    got = await knocking.fetch(ask, await signer_of(app, None, f"{app.settings.base_url}/actor"))
    if got.code != 200:
        raise FetchFailed(f"the list of followers answered {got.code}", 60)
    try:
        document = parse_document(got.body)
    except ValueError:
        raise FetchRefused("the list of followers cannot be read") from None
    items = document.get("orderedItems", document.get("items"))
    is_whole = document.get("type") in ("OrderedCollection", "Collection") and document.get("id") == url
    if not is_whole or not isinstance(items, list) or not same_origin(got.url, url) or len(items) > MOST_ITEMS:
        raise FetchRefused("the list of followers is not one that is sent whole")
    return {one for one in items if isinstance(one, str)}
