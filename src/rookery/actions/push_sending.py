"""Push messages on their way out: one lane per push service, each message until it is taken or of no use.

Owns: lanes, the circuit of each push service, what an answer means, back-off. Never: a connection (a PushDoor is handed
in, see network), the words of a message (a PushWriter is handed in by the face whose app reads them).

A message is a row until a push service took it, so kill -9 loses none; it may come twice. A lane waits for one push
service alone: one that is dead or slow fills its own lane and nothing else. After a few failures in a row all that
waits for a push service is put off together, longer each time, and then one message tries; the pause is in the rows, so
a restart keeps it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Protocol

import msgspec

from rookery.actions.app import App
from rookery.actions.pushes import SEALED_FOR, vapid_key
from rookery.actions.repeating import repeatable
from rookery.actions.sealing import sealer_of
from rookery.model.errors import Invalid, Unavailable
from rookery.model.ids import now_us
from rookery.model.members import Preferences
from rookery.model.pushes import FAILS_FOR_S, LASTS_S, Delivery, PushSubscription
from rookery.network.webpush import Headers, headers_for, parse_push_keys, seal
from rookery.storage import pushes
from rookery.storage.jobs import pause_s

LOG = logging.getLogger("rookery.pushes")
SECOND_US = 1_000_000
MOST_LANES = 64
AT_ONCE = 8  # messages to one push service
TIMEOUT_S = 10.0
IDLE_S = 0.5
MOST_ATTEMPTS = 10
FAILURES_TO_PAUSE = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30, 1800
MOST_TROUBLED = 10_000
MOST_RETRY_AFTER_S = 3600
DECODE_PREFERENCES = msgspec.json.Decoder(Preferences).decode


class PushAnswer(Protocol):
    """What a push service said. retry_after_s: its wish, 0 without one."""

    @property
    def code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def retry_after_s(self) -> int:
        """Seconds."""
        ...


class PushDoor(Protocol):
    """Sends one POST outward, follows no redirect, reads no body. The implementation is the safe fetch (K1)."""

    async def post(self, url: str, headers: Headers, body: bytes) -> PushAnswer:
        """Raises Unavailable when nobody answers, Invalid for an address that may never be asked."""
        ...


@dataclass(frozen=True, slots=True)
class PushErrand:
    """What a message is about. access_token: the app's own, '' when unknown. locale: the member's, or None."""

    subscription: PushSubscription
    notification_id: int
    access_token: str
    locale: str | None


@dataclass(frozen=True, slots=True)
class PushMessage:
    """The words. urgency: of RFC 8030 §5.3."""

    body: bytes
    urgency: str = "normal"


PushWriter = Callable[[PushErrand], Awaitable[PushMessage | None]]


class Outcome(Enum):
    """What becomes of a message."""

    TAKEN = "taken"
    NEEDLESS = "needless"
    GONE = "gone"
    REFUSED = "refused"
    LATER = "later"


def outcome_of(code: int) -> Outcome:
    """Read an answer. Spec: RFC 8030 §5, §7.3 (404, 410), §8.4 (429)."""
    if 200 <= code < 300:
        return Outcome.TAKEN
    if code in (404, 410):
        return Outcome.GONE
    if code in (408, 425, 429) or code >= 500:
        return Outcome.LATER
    return Outcome.REFUSED


@dataclass(slots=True)
class Trouble:
    """What went wrong at a push service since it last answered. failures: messages in a row; rests: pauses since."""

    failures: int = 0
    rests: int = 0


class PushSender:
    """Sends what is due, until stopped. troubled: the push services that failed last."""

    def __init__(self, app: App, door: PushDoor, write: PushWriter, *, timeout_s: float = TIMEOUT_S) -> None:
        self.app, self.door, self.write, self.timeout_s = app, door, write, timeout_s
        self.lanes: dict[str, asyncio.Task[None]] = {}
        self.troubled: dict[str, Trouble] = {}

    async def run(self) -> None:
        """Open lanes as messages become due, until cancelled."""
        try:
            while True:
                await self.open_lanes()
                await asyncio.sleep(IDLE_S)
        finally:
            await self.close()

    async def close(self) -> None:
        """Let go of all lanes; their messages come back when their lease is over."""
        lanes = list(self.lanes.values())
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)

    async def open_lanes(self) -> None:
        """Give each push service with something due a lane of its own; those in good health first."""
        try:
            hosts = await pushes.list_due_hosts(self.app.db.reader, now_us())
        except Unavailable as error:
            LOG.warning("push messages wait: %s", error)
            return
        waiting = sorted((host for host in hosts if host not in self.lanes), key=self.is_troubled)
        for host in waiting:
            # A quarter of the lanes is kept for push services that answer.
            if len(self.lanes) >= (MOST_LANES * 3 // 4 if self.is_troubled(host) else MOST_LANES):
                return
            lane = asyncio.create_task(self.serve(host), name=f"push lane {host}")
            self.lanes[host] = lane
            lane.add_done_callback(partial(self.close_lane, host))

    def close_lane(self, host: str, _: asyncio.Task[None]) -> None:
        """Forget a lane that is empty."""
        self.lanes.pop(host, None)

    def is_troubled(self, host: str) -> bool:
        """True for a push service that rested since it last answered."""
        trouble = self.troubled.get(host)
        return trouble is not None and trouble.rests > 0

    async def settle(self) -> None:
        """Send what is due now, and return when the lanes are empty."""
        await self.open_lanes()
        while self.lanes:
            await asyncio.gather(*self.lanes.values(), return_exceptions=True)
            await asyncio.sleep(0)
            await self.open_lanes()

    async def serve(self, host: str) -> None:
        """Send what is due at one push service; one message alone while it is in trouble."""
        try:
            while True:
                async with self.app.db.transaction() as tx:
                    limit = 1 if self.is_troubled(host) else AT_ONCE
                    batch = await pushes.claim_deliveries(tx, host, now_us(), limit)
                if not batch:
                    return
                outcomes = await asyncio.gather(*(self.send(one) for one in batch))
                if not await self.note_health(host, outcomes):
                    return
        except Unavailable as error:
            LOG.warning("push messages for %s wait: %s", host, error)

    async def note_health(self, host: str, outcomes: Sequence[Outcome]) -> bool:
        """Count failures of a push service; put all that waits for it off when there are too many. False to pause."""
        asked = [outcome for outcome in outcomes if outcome is not Outcome.NEEDLESS]
        if not asked:
            return True
        if any(outcome is not Outcome.LATER for outcome in asked):
            self.troubled.pop(host, None)
            return True
        if len(self.troubled) >= MOST_TROUBLED:
            self.troubled.pop(next(iter(self.troubled)))
        trouble = self.troubled.setdefault(host, Trouble())
        trouble.failures += len(asked)
        if trouble.failures < FAILURES_TO_PAUSE:
            return True
        pause = min(FIRST_PAUSE_S << min(trouble.rests, 8), LONGEST_PAUSE_S)
        trouble.rests += 1
        LOG.warning("the push service %s failed %d times in a row; it rests for %d s", host, trouble.failures, pause)
        async with self.app.db.transaction() as tx:
            await pushes.postpone_host(tx, host, now_us() + pause * SECOND_US)
        return False

    async def send(self, one: Delivery) -> Outcome:
        """Send one message if it may still be told, and write down how it went."""
        outcome, wait_s = await self.attempt(one)
        is_over = one.attempt_count >= MOST_ATTEMPTS or one.created_at_us < now_us() - LASTS_S * SECOND_US
        async with self.app.db.transaction() as tx:
            if outcome is Outcome.GONE:
                await pushes.end_subscription(tx, one.subscription_id)
            elif outcome is Outcome.LATER and not is_over:
                await pushes.postpone_delivery(tx, one, now_us() + int(wait_s * SECOND_US))
            else:
                await pushes.finish_delivery(tx, one)
            if outcome is not Outcome.NEEDLESS:
                is_taken = outcome is Outcome.TAKEN
                await pushes.note_outcome(tx, one.subscription_id, is_taken=is_taken, now_us=now_us())
        return outcome

    async def attempt(self, one: Delivery) -> tuple[Outcome, float]:
        """Write and send one message; return how it went and how long to wait before another try."""
        wait_s = pause_s(one.attempt_count)
        try:
            prepared = await self.prepare(one)
            if prepared is None:
                return Outcome.NEEDLESS, 0
            async with asyncio.timeout(self.timeout_s):
                answer = await self.door.post(*prepared)
        except (Unavailable, TimeoutError) as error:
            LOG.info("a push to %s waits: %s", one.host, error)
            return Outcome.LATER, wait_s
        except Invalid as error:
            LOG.info("a push to %s is dropped: %s", one.host, error)
            return Outcome.REFUSED, 0
        except Exception:
            LOG.exception("a push message cannot be written; it is dropped")
            return Outcome.NEEDLESS, 0
        outcome = outcome_of(answer.code)
        if outcome in (Outcome.REFUSED, Outcome.GONE):
            LOG.info("the push service %s answered %d", one.host, answer.code)
        return outcome, max(wait_s, min(answer.retry_after_s, MOST_RETRY_AFTER_S))

    async def prepare(self, one: Delivery) -> tuple[str, Headers, bytes] | None:
        """Return address, headers and sealed body, None when there is nothing to tell any more."""
        found = await pushes.find_reachable(self.app.db.reader, one.subscription_id)
        if found is None:
            return None
        subscription, preferences = found
        purpose = SEALED_FOR.format(subscription.token_id)
        token = sealer_of(self.app).open(subscription.sealed_token, purpose) or ""
        locale = DECODE_PREFERENCES(preferences).locale
        message = await self.write(PushErrand(subscription, one.notification_id, token, locale))
        if message is None:
            return None
        keys = parse_push_keys(subscription.p256dh, subscription.auth)
        sealed = seal(message.body, keys, is_standard=subscription.is_standard)
        key = await vapid_key(self.app)
        word = key.token(subscription.endpoint, contact_of(self.app), now_us() // SECOND_US)
        headers = headers_for(sealed, word, key, ttl_s=LASTS_S, urgency=message.urgency)
        return subscription.endpoint, headers, sealed.body


def contact_of(app: App) -> str:
    """Return where a push service reaches the operator. Spec: RFC 8292 §2.1."""
    email = app.settings.nest.contact_email
    return f"mailto:{email}" if email else app.settings.base_url


@repeatable
async def forget_stale_pushes(app: App) -> int:
    """Drop endpoints that took nothing for two weeks, and messages that are no news any more; return how many."""
    now = now_us()
    async with app.db.transaction() as tx:
        return await pushes.forget_failing(tx, now - FAILS_FOR_S * SECOND_US, now - LASTS_S * SECOND_US)
