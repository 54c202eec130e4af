"""Finding the inbox of a relay that is named by its actor.

Owns: the job that does it. Never: believes more than that inbox, which must be of the actor's own origin (K2).
Spec: https://w3id.org/fep/ae0c (LitePub)
"""

from __future__ import annotations

import contextlib
import logging

from rookery.actions.app import App
from rookery.actions.jobs import JobHandler
from rookery.actions.relays import MEET_RELAY, give_up_relay, note_inbox
from rookery.activitypub.foreignkeys import ACCEPT, KINDS
from rookery.activitypub.keyclaims import parse_document
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.origin import same_origin
from rookery.activitypub.signing import signer_of
from rookery.model.relays import Relay, RelayNotFound
from rookery.network.outward import Ask, Budget, FetchFailed, FetchRefused
from rookery.storage.jobs import Job
from rookery.storage.relays import get_relay

LOG = logging.getLogger("rookery.relays")
PER_HOST = Budget("relays", at_once=1, count=30, per_s=60)


def meeting_handlers(app: App, knocking: Knocking) -> dict[str, JobHandler]:
    """Return the handler of this room's job; who does not answer is asked again, what is no relay is given up."""

    async def meet(job: Job) -> None:
        relay_id = job.body["relay_id"]
        with contextlib.suppress(RelayNotFound):  # removed meanwhile
            try:
                await meet_relay(app, knocking, await get_relay(app.db.reader, relay_id))
            except FetchRefused as refusal:
                LOG.warning("relay %s is given up: %s", relay_id, refusal)
                await give_up_relay(app, relay_id)

    return {MEET_RELAY: meet}


async def meet_relay(app: App, knocking: Knocking, relay: Relay) -> None:
    """Fetch a relay's actor and note its inbox. Raises FetchRefused, FetchFailed."""
    signer = await signer_of(app, None, f"{app.settings.base_url}/actor")
    ask = Ask(relay.address, headers=(("accept", ACCEPT),), kinds=KINDS, budget=PER_HOST)
    got = await knocking.fetch(ask, signer)
    if got.code != 200:
        raise FetchFailed(f"the relay answered {got.code}", 60)
    try:
        document = parse_document(got.body)
    except ValueError:
        raise FetchRefused("the relay shows no actor at its address") from None
    uri, inbox = document.get("id"), document.get("inbox")
    if not isinstance(uri, str) or not isinstance(inbox, str) or uri != relay.address:
        raise FetchRefused("the address of the relay is not that of its actor")
    if not same_origin(inbox, uri) or not same_origin(got.url, uri):
        raise FetchRefused("the inbox of the relay is on another server")
    await note_inbox(app, relay.id, uri, inbox)
