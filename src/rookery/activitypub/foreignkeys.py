"""Public keys of other servers' actors: fetched from where they belong, believed only when both sides say so.

Owns: the fetch of a key with the proof that actor and key name each other, the cache of keys, the memory of those that
could not be had. In memory alone: a signature that nobody has checked yet leaves no row behind. Never: verifies a
signature, decides who may speak (activitypub/verifier.py).
Rules: keyId, actor and the document's own id share one origin; an id that redirects to another document is not that
document; our own keys are never fetched.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from rookery.activitypub.keyclaims import (
    Document,
    Uri,
    claimed_keys,
    key_of,
    owner_named_by,
    parse_document,
    parse_uri,
)
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.multikeys import PublicKey, same_key
from rookery.activitypub.signatures import SignatureRefused
from rookery.activitypub.signing import Clock, Signer
from rookery.model.errors import Unavailable
from rookery.network.outward import AddressRefused, Ask, Budget, FetchFailed, FetchRefused, HostBusy, Limits

MOST_KEYS, MOST_FAILURES = 20_000, 20_000
TRUSTED_S = 24 * 3600  # after which a key is fetched anew, so that one that was withdrawn does not live on
REFRESH_S = 300  # at most so often is a key fetched again because a signature failed
FAILED_S, REFUSED_S = 300, 3600
KINDS = ("application/activity+json", "application/ld+json")
ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
PER_HOST = Budget("keys", at_once=4, count=300, per_s=60)
LIMITS = Limits(total_s=15.0, first_byte_s=8.0)


class KeyUnknown(SignatureRefused):
    """The key cannot be had, or its owner does not call it its own."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the key of this signature is not accepted: {why}")


class KeyGone(KeyUnknown):
    """The server of the key says that it is not there (any more)."""

    def __init__(self) -> None:
        super().__init__("its server does not have it")


class KeyUnavailable(Unavailable):
    """The server of the key did not answer; it may later."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A key and whose it is, both sides agreed. actor_uri: as the actor writes it; fetched_s: Unix time."""

    key_id: str
    actor_uri: str
    host: str
    key: PublicKey
    fetched_s: float


class KeyBook:
    """The keys of others. is_test: http and loopback are welcome. signer: who signs our fetches, asked at each.

    clock: Unix time. spread: a number from 0 to 1, so that failures are not all forgotten at once.
    """

    def __init__(
        self,
        knocking: Knocking,
        signer: Callable[[], Awaitable[Signer]],
        *,
        origin: str,
        is_test: bool = False,
        clock: Clock = time.time,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self.knocking, self.signer, self.origin, self.is_test = knocking, signer, origin, is_test
        self.clock, self.spread = clock, spread
        self.keys: dict[str, ForeignKey] = {}
        self.failures: dict[str, tuple[float, SignatureRefused | Unavailable]] = {}
        self.under_way: dict[str, asyncio.Task[ForeignKey]] = {}

    async def find(self, raw: str) -> ForeignKey:
        """Return the key of a keyId, fetched when it is not known. Raises KeyUnknown, KeyUnavailable."""
        return self.find_known(raw) or await self.fetch_once(self.parse(raw))

    def find_known(self, raw: str) -> ForeignKey | None:
        """Return the key of a keyId when it is remembered. Raises KeyUnknown for what names no key."""
        known = self.keys.get(self.parse(raw).text)
        return known if known is not None and known.fetched_s > self.clock() - TRUSTED_S else None

    async def find_newer(self, known: ForeignKey) -> ForeignKey | None:
        """Return the key as its server has it now, None when we just looked. Raises KeyUnknown, KeyUnavailable."""
        uri = self.parse(known.key_id)
        if known.fetched_s > self.clock() - REFRESH_S:
            return None
        return await self.fetch_once(uri)

    def parse(self, raw: str) -> Uri:
        """Read a keyId. Raises KeyUnknown."""
        try:
            uri = parse_uri(raw, is_test=self.is_test)
        except (AddressRefused, ValueError) as error:
            raise KeyUnknown(f"its id cannot be fetched ({error})") from None
        if uri.origin == self.origin.lower():
            raise KeyUnknown("its id is one of ours")
        return uri

    async def fetch_once(self, uri: Uri) -> ForeignKey:
        """Fetch a key; many who want the same one wait for one fetch. Raises KeyUnknown, KeyUnavailable."""
        until, error = self.failures.get(uri.text, (0.0, None))
        if error is not None and until > self.clock():
            raise error.with_traceback(None)
        task = self.under_way.get(uri.text)
        if task is None:
            task = self.under_way[uri.text] = asyncio.create_task(self.fetch(uri))
            task.add_done_callback(lambda done: self.finish(uri, done))
        return await asyncio.shield(task)

    def finish(self, uri: Uri, done: asyncio.Task[ForeignKey]) -> None:
        """Forget that a fetch is under way; note its failure, so that nobody was left to hear of is no loss."""
        self.under_way.pop(uri.text, None)
        if not done.cancelled():
            done.exception()

    async def fetch(self, uri: Uri) -> ForeignKey:
        """Fetch a key and remember how it went. Raises KeyUnknown, KeyUnavailable."""
        try:
            key = await self.learn(uri)
        except KeyUnknown as error:
            self.keys.pop(uri.text, None)  # what is withdrawn is not believed from memory either
            self.note_failure(uri, REFUSED_S, error)
            raise
        except FetchFailed as error:
            failure = KeyUnavailable(f"the key of this signature cannot be fetched now: {error}", error.retry_after_s)
            if not isinstance(error, HostBusy):  # then nobody was asked
                self.note_failure(uri, FAILED_S, failure)
            raise failure from error
        self.failures.pop(uri.text, None)
        self.keys.pop(uri.text, None)
        self.keys[uri.text] = key
        while len(self.keys) > MOST_KEYS:
            del self.keys[next(iter(self.keys))]
        return key

    def note_failure(self, uri: Uri, pause_s: float, error: SignatureRefused | Unavailable) -> None:
        """Do not ask for this key for a while: half of pause_s to all of it."""
        self.failures.pop(uri.text, None)
        self.failures[uri.text] = self.clock() + pause_s * (1 + self.spread()) / 2, error
        while len(self.failures) > MOST_FAILURES:
            del self.failures[next(iter(self.failures))]

    async def learn(self, uri: Uri) -> ForeignKey:
        """Fetch what stands at a keyId, and the actor if that is elsewhere. Raises KeyUnknown, FetchFailed."""
        document = await self.fetch_document(uri)
        if self.is_document(document, uri):
            found = self.key_in(document, uri)
            if found is not None:
                return self.believe(uri, document, found)
        actor_uri = self.actor_behind(document, uri)
        actor = await self.fetch_document(actor_uri)
        if not self.is_document(actor, actor_uri):
            raise KeyUnknown("its actor has another id")
        names = [name for name, _ in claimed_keys(actor) if self.same(name, uri)]
        if not names:
            raise KeyUnknown("its actor does not call it its own")
        key = self.key_in(actor, uri) or self.key_apart(document, uri, actor_uri)
        if key is None:
            raise KeyUnknown("it cannot be read, or is too weak")
        return self.believe(uri, actor, key)

    def believe(self, uri: Uri, actor: Document, key: PublicKey) -> ForeignKey:
        """Build the answer: both sides have said so."""
        return ForeignKey(uri.text, str(actor["id"]), uri.host, key, self.clock())

    def actor_behind(self, document: Document, uri: Uri) -> Uri:
        """Return which actor to ask whether the key is its own. Raises KeyUnknown."""
        try:
            actor_uri = parse_uri(owner_named_by(document), is_test=self.is_test)
        except (AddressRefused, ValueError):
            raise KeyUnknown("it names no owner") from None
        if actor_uri.origin != uri.origin:
            raise KeyUnknown("its owner is on another server")
        if actor_uri.url == uri.url:
            raise KeyUnknown("its actor does not call it its own")
        return actor_uri

    def key_in(self, actor: Document, uri: Uri) -> PublicKey | None:
        """Return the key of an id among those that an actor lists."""
        return next((key for name, key in claimed_keys(actor) if key is not None and self.same(name, uri)), None)

    def key_apart(self, document: Document, uri: Uri, actor_uri: Uri) -> PublicKey | None:
        """Return the key in a document of its own, whose id is the keyId and whose owner is the actor that named it."""
        if not self.same(document.get("id"), uri) or not self.same(owner_named_by(document), actor_uri):
            return None
        return key_of(document, "publicKeyPem") or key_of(document, "publicKeyMultibase")

    def same(self, raw: object, uri: Uri) -> bool:
        """True when an id is this one, fragment and all."""
        try:
            return parse_uri(raw, is_test=self.is_test).text == uri.text
        except (AddressRefused, ValueError):
            return False

    def is_document(self, document: Document, uri: Uri) -> bool:
        """True when a document says of itself that it is the one that was asked for.

        Its host stands there as hosts are compared: nobody gets a second name by writing the first one in capitals.
        """
        raw = document.get("id")
        try:
            own = parse_uri(raw, is_test=self.is_test)
        except (AddressRefused, ValueError):
            return False
        return not own.fragment and own.url == uri.url and f"{raw}/".startswith(f"{uri.origin}/")

    async def fetch_document(self, uri: Uri) -> Document:
        """Fetch a document, its fragment left out. Raises KeyUnknown, FetchFailed."""
        ask = Ask(uri.url, headers=(("accept", ACCEPT),), kinds=KINDS, budget=PER_HOST, limits=LIMITS)
        try:
            got = await self.knocking.fetch(ask, await self.signer())
            if got.code in (404, 410):
                raise KeyGone
            if got.code >= 500 or got.code == 429:
                raise FetchFailed(f"its server answered {got.code}", 60)
            if got.code != 200 or parse_uri(got.url, is_test=self.is_test).origin != uri.origin:
                raise KeyUnknown(f"its server answered {got.code}, or sent us elsewhere")
            return parse_document(got.body)
        except (FetchRefused, ValueError) as error:
            raise KeyUnknown(str(error)) from error

    def compare(self, actor_uri: str, actor: Document) -> None:
        """Forget the remembered keys of an actor when a document that is its own lists others."""
        claimed = dict(claimed_keys(actor))
        for text, known in [(text, key) for text, key in self.keys.items() if key.actor_uri == actor_uri]:
            now = claimed.get(known.key_id)
            if now is None or not same_key(now, known.key):
                del self.keys[text]

    def forget_actor(self, actor_uri: str) -> None:
        """Believe no remembered key of an actor any more: it was deleted, or its keys were changed."""
        for text in [text for text, key in self.keys.items() if key.actor_uri == actor_uri]:
            del self.keys[text]
