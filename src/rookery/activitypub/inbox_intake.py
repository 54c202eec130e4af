"""From a request at one of our inboxes to the journal: who sent it, whether it can be read, whether it is kept.

Owns: Inbox, the order of these checks. Never: answers HTTP (inbox.py), does an activity (handling.py).

What nobody can want is dropped before its signature is checked: the end of an actor, or of something by an actor, whom
nobody here knows. Servers tell it to everybody they have heard of, and its key is gone by then.
"""

from __future__ import annotations

from collections import Counter

from rookery.actions.app import App
from rookery.actions.far_visits import plan_refresh, plan_relayed
from rookery.activitypub.documents import id_in, parse_document, type_in
from rookery.activitypub.follower_digests import HEADER
from rookery.activitypub.foreignkeys import KeyGone
from rookery.activitypub.inbox_journal import Delivery, Journal, digest_of
from rookery.activitypub.reading_activities import KNOWN, read_shallow
from rookery.activitypub.received import signed_request_from
from rookery.activitypub.relays import Relaying
from rookery.activitypub.synchronizing import Synchronizing
from rookery.activitypub.verifier import SignatureReplayed, SignerIsAnother, Verifier
from rookery.activitypub.vocabulary import Json
from rookery.model.errors import Refusal
from rookery.model.ids import now_us
from rookery.network.requests import Request
from rookery.storage.accounts import find_account_by_uri
from rookery.storage.arrivals import is_heard, list_known


class Inbox:
    """Made once by ops. counts: what was dropped without a row, by why."""

    def __init__(self, app: App, verifier: Verifier, journal: Journal, relaying: Relaying) -> None:
        self.app, self.verifier, self.journal, self.relaying = app, verifier, journal, relaying
        self.synchronizing = Synchronizing(app, verifier.clock)
        self.counts: Counter[str] = Counter()

    async def accept(self, request: Request, *, is_addressed: bool) -> None:
        """Return when what was delivered is on the disk, or needs no place there. is_addressed: to one person's inbox.

        Raises SignatureRefused (401), Malformed (400), IncomingRefused (422), TooLarge (413), Unavailable (503).
        """
        self.journal.backlog.check("")  # before anything costs anything
        body = await request.body()
        if b"Delete" in body and await self.is_end_of_stranger(body):
            self.counts["the end of a stranger"] += 1
            return
        signed = signed_request_from(request, body, self.app.settings.base_url)
        try:
            actor, document = await self.verifier.verify_delivery(signed, parse_document)
        except KeyGone:
            await self.look_after(body)
            raise
        except SignerIsAnother as another:
            await self.take_relayed(another)
            return
        except SignatureReplayed:
            if not await self.is_kept(body):
                raise
            return  # our answer was lost on its way: it is given again
        if type_in(document, KNOWN) not in KNOWN:
            self.counts["of no known type"] += 1
            return
        shallow = read_shallow(document, base_url=self.app.settings.base_url, now_us=now_us())
        delivery = Delivery(
            host=actor.host,
            actor_uri=actor.uri,
            key_id=actor.key_id,
            uri=shallow.uri,
            doing=shallow.doing.value,
            is_addressed=is_addressed,
            body=body,
            document=document,
            mark=actor.mark,
        )
        if not await self.journal.keep(delivery):
            self.counts["came before"] += 1
        if followers := request.header(HEADER):
            await self.synchronizing.take_header(actor, followers)

    async def take_relayed(self, another: SignerIsAnother) -> None:
        """Have fetched what a relay passed on as it was, from its own server. Raises SignerIsAnother for others."""
        if another.signer is None or another.document is None or not await self.relaying.is_relay(another.signer):
            raise another
        if uri := await self.relaying.find_wanted(another.signer, another.document):
            await plan_relayed(self.app, uri)
        self.counts["passed on by a relay"] += 1

    async def is_kept(self, body: bytes) -> bool:
        """True when the very same activity came lately; its answer tells nothing that its sender does not know."""
        document = parse_document(body)
        digest = digest_of(id_in(document.get("actor")), id_in(document.get("id")))
        return bool(digest) and bool(await list_known(self.app.db.reader, [digest]))

    async def look_after(self, body: bytes) -> None:
        """Ask after somebody whose key is gone and who is known here: their server says whether they are gone too."""
        account = await find_account_by_uri(self.app.db.reader, id_in(parse_document(body).get("actor")))
        if account is not None and account.suspended_at_us is None:
            await plan_refresh(self.app, account.id)

    async def is_end_of_stranger(self, body: bytes) -> bool:
        """True for a Delete by an actor of whom nothing is here, done or waiting. What cannot be read goes on."""
        try:
            document: Json = parse_document(body)
        except Refusal:
            return False
        actor_uri = id_in(document.get("actor"))
        if type_in(document, KNOWN) != "Delete" or not actor_uri:
            return False
        reader = self.app.db.reader
        return await find_account_by_uri(reader, actor_uri) is None and not await is_heard(reader, actor_uri)
