"""Handles what the journal of the inbox holds: each activity until it is done, or set aside where an admin sees it.

Owns: what is claimed and in which order, how much at once, when something is tried again, when it is set aside. Never:
what an activity does (handling.py). A kill at any moment repeats what was under way; receiving actions are harmless
the second time.

Fair by host: each gets the same share of what is claimed, so that a flood from one holds up no other. Of one actor
everything is handled in order of arrival, one after the other. A moment at the network takes nobody's turn: few are
handled at once, many may wait for another server. While the event loop is late, local people go first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rookery.actions.app import App
from rookery.activitypub.documents import parse_document
from rookery.activitypub.inbox_batches import Batches
from rookery.activitypub.inbox_journal import LEASE_S, SECOND_US, Journal
from rookery.activitypub.inbox_outcomes import Outcome, Step, outcome_of
from rookery.activitypub.verifier import VerifiedActor, Verifier
from rookery.activitypub.vocabulary import Json
from rookery.model.ids import now_us
from rookery.storage import arrivals, hosts
from rookery.storage.arrivals import Arrival

LOG = logging.getLogger("rookery.inbox")
MOST_CLAIMED, MOST_OF_HOST = 512, 64
MOST_HELD = 4096  # with those that wait for another server
AT_ONCE = 32
MOST_BYTES = 32 << 20  # of bodies in memory
MOST_HOSTS = 64  # of one look
POLL_S, RECOUNT_S, GIVE_WAY_S = 1.0, 30.0, 0.2
HEARD_EVERY_S = 60.0
MOST_HEARD = 20_000
MOST_UNENDED = 40


class Handles(Protocol):
    """What does an activity."""

    async def handle(self, actor: VerifiedActor, document: Json, *, is_addressed: bool = False) -> None:
        """Do it. Raises Refusal for what cannot be done, Unavailable for what may be done later."""
        ...


class Turns:
    """Few are handled at once. away: a moment at the network, during which others have the turn."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self.places = asyncio.Semaphore(most)
        self.away_count = 0

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Let others work while this one waits for another server."""
        self.places.release()
        self.away_count += 1
        try:
            yield
        finally:
            self.away_count -= 1
            await self.places.acquire()


@dataclass(slots=True)
class Finished:
    """One that was tried, with what becomes of it."""

    arrival: Arrival
    outcome: Outcome


class Processing:
    """Made once by ops. is_late: True while local people wait; then nothing more is claimed for a moment."""

    def __init__(
        self,
        app: App,
        verifier: Verifier,
        journal: Journal,
        handling: Handles,
        turns: Turns,
        *,
        is_late: Callable[[], bool] = lambda: False,
    ) -> None:
        self.app, self.verifier, self.journal, self.handling, self.turns = app, verifier, journal, handling, turns
        self.is_late = is_late
        self.under_way: Counter[str] = Counter()
        self.held = self.size_bytes = 0
        self.lines: dict[str, deque[tuple[Arrival, Json | None]]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.finishing: Batches[Finished, None] = Batches(self.write)
        self.news = asyncio.Event()
        self.after_host = ""
        self.heard: dict[str, float] = {}
        self.counts: Counter[str] = Counter()
        self.is_open = False

    # What the journal asks.

    def reserve(self, host: str) -> bool:
        """Keep a place when nothing waits on the disk and nobody is crowded out."""
        is_free = self.is_open and self.journal.backlog.count <= self.held and self.room() > 0
        if not is_free or self.under_way[host] >= MOST_OF_HOST or self.size_bytes >= MOST_BYTES or self.is_late():
            return False
        self.hold(host)
        return True

    def hold(self, host: str) -> None:
        """Count one that is under way."""
        self.under_way[host] += 1
        self.held += 1

    def room(self) -> int:
        """Return how many more may be claimed now."""
        return min(MOST_CLAIMED + self.turns.away_count, MOST_HELD) - self.held

    def give_back(self, host: str) -> None:
        """Free a place."""
        self.held -= 1
        self.under_way[host] -= 1
        if self.under_way[host] <= 0:
            del self.under_way[host]

    def take(self, arrival: Arrival, document: Json | None) -> None:
        """Begin with one that has a place, or put it behind what its actor sent before."""
        self.size_bytes += len(arrival.body)
        line = self.lines.get(arrival.by_uri)
        if line is not None:
            line.append((arrival, document))
            return
        self.lines[arrival.by_uri] = deque([(arrival, document)])
        task = asyncio.create_task(self.work_line(arrival.by_uri))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def wake(self) -> None:
        """Look at the journal soon."""
        self.news.set()

    # The loop.

    async def run(self) -> None:
        """Handle what comes, for as long as the server lives; what is under way at the end is repeated at a start."""
        try:
            async with self.app.db.transaction() as tx:
                await arrivals.resume_arrivals(tx, self.app.worker, now_us())
            await self.journal.learn()
            self.is_open = True
            recount_at = self.loop_time() + RECOUNT_S
            while True:
                self.news.clear()
                if self.is_late():
                    await asyncio.sleep(GIVE_WAY_S)
                elif not await self.claim():
                    await self.wait(POLL_S)
                if self.loop_time() >= recount_at:
                    await self.journal.learn()
                    recount_at = self.loop_time() + RECOUNT_S
        finally:
            self.is_open = False
            for task in tuple(self.tasks):
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    async def run_until_idle(self) -> None:
        """Handle everything that is due."""
        while self.tasks or await self.claim():
            while self.tasks:
                await asyncio.gather(*self.tasks)

    def loop_time(self) -> float:
        """Return the time of the event loop."""
        return asyncio.get_running_loop().time()

    async def wait(self, most_s: float) -> None:
        """Return when there are news, or after a while."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.news.wait(), most_s)

    async def claim(self) -> int:
        """Take some from each host that has something due; return how many."""
        room = self.room()
        if room < MOST_CLAIMED // 4 or self.size_bytes >= MOST_BYTES:
            return 0
        now, reader = now_us(), self.app.db.reader
        names = await arrivals.list_due_hosts(reader, self.after_host, now, MOST_HOSTS)
        if not names and self.after_host:
            self.after_host = ""
            names = await arrivals.list_due_hosts(reader, "", now, MOST_HOSTS)
        if not names:
            return 0
        self.after_host = names[-1] if len(names) == MOST_HOSTS else ""
        found = await self.claim_of(names, max(1, room // len(names)), now)
        for arrival in found:
            self.hold(arrival.host)
            self.take(arrival, None)
        return len(found)

    async def claim_of(self, names: Sequence[str], share: int, now: int) -> list[Arrival]:
        """Claim up to `share` of each host."""
        found, size = list[Arrival](), self.size_bytes
        async with self.app.db.transaction() as tx:
            for host in names:
                limit = min(share, MOST_OF_HOST - self.under_way[host])
                if limit <= 0 or size >= MOST_BYTES:
                    continue
                lease_end = now + LEASE_S * SECOND_US
                batch = await arrivals.claim_arrivals(
                    tx, host, limit=limit, now_us=now, lease_end_us=lease_end, worker=self.app.worker
                )
                size += sum(len(one.body) for one in batch)
                found += batch
        return found

    # One activity.

    async def work_line(self, actor_uri: str) -> None:
        """Handle what one actor sent, in order."""
        line = self.lines[actor_uri]
        try:
            while line:
                arrival, document = line.popleft()
                try:
                    await self.work(arrival, document)
                finally:
                    self.size_bytes -= len(arrival.body)
                    self.give_back(arrival.host)
        finally:
            del self.lines[actor_uri]
            self.news.set()
            for arrival, _ in line:
                self.size_bytes -= len(arrival.body)
                self.give_back(arrival.host)

    async def work(self, arrival: Arrival, document: Json | None) -> None:
        """Try one and write down what became of it. What cannot be written down now is claimed again later."""
        async with self.turns.places:
            outcome = await self.attempt(arrival, document)
        self.counts[outcome.count_as] += 1
        try:
            await self.finishing.add(Finished(arrival, outcome))
        except Exception:
            LOG.exception("what became of %s could not be written down", arrival.uri or arrival.id)

    async def attempt(self, arrival: Arrival, document: Json | None) -> Outcome:
        """Return how one try ended."""
        if arrival.attempt_count > MOST_UNENDED:
            return Outcome(Step.ASIDE, "set aside", "its handling never came to an end; the server may have died of it")
        try:
            actor = await self.verifier.recall(arrival)
            document = document if document is not None else parse_document(arrival.body)
            await self.handling.handle(actor, document, is_addressed=arrival.is_addressed)
        except Exception as error:
            return outcome_of(error, arrival)
        return Outcome(Step.DONE, "done")

    async def write(self, group: Sequence[Finished]) -> list[None]:
        """Write down what became of some."""
        now = now_us()
        async with self.app.db.transaction() as tx:
            await arrivals.delete_arrivals(tx, [one.arrival.id for one in group if one.outcome.step is Step.DONE])
            for one in group:
                outcome, arrival_id = one.outcome, one.arrival.id
                if outcome.step is Step.LATER:
                    run_at = now + int(outcome.pause_s * SECOND_US)
                    await arrivals.postpone_arrival(tx, arrival_id, run_at, outcome.reason)
                elif outcome.step is Step.ASIDE:
                    await arrivals.set_aside(tx, arrival_id, outcome.reason)
            await self.journal.trim_aside(tx, [one.arrival.host for one in group if one.outcome.step is Step.ASIDE])
            for host in self.newly_heard(group):
                await hosts.note_success(tx, host, now)
        for one in group:
            if one.outcome.step is not Step.LATER:
                self.journal.backlog.add(one.arrival.host, len(one.arrival.body), -1)
        return [None] * len(group)

    def newly_heard(self, group: Sequence[Finished]) -> list[str]:
        """Return the hosts that were not noted in the last minute."""
        now, found = self.loop_time(), list[str]()
        for host in dict.fromkeys(one.arrival.host for one in group):
            if self.heard.get(host, 0.0) > now:
                continue
            self.heard.pop(host, None)
            self.heard[host] = now + HEARD_EVERY_S
            found.append(host)
        while len(self.heard) > MOST_HEARD:
            del self.heard[next(iter(self.heard))]
        return found
