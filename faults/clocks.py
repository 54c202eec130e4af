"""Clocks that are wrong: two hours ahead, set back, leaping to 2038 and home again (F13).

Owns: those jumps. The server's own clock is shifted (arrangements.py); ours stays right, and so does the monotonic one.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from faults.ground import Ground, ground, rows, soon
from faults.hatchery import hatchery

HOUR_S = 3600
JUMPS_S = (0, 2 * HOUR_S, -HOUR_S, -2 * HOUR_S, 2 * HOUR_S)
FAR_S = int((datetime(2038, 2, 1, tzinfo=UTC) - datetime.now(UTC)).total_seconds())
BEHIND = "the clock of this machine is"


def told_last(nest: Ground) -> list[str]:
    """Which post bea was mentioned in last."""
    return [one["status"]["id"] for one in nest.bea.get("/api/v1/notifications?limit=1&types[]=mention")]


@dataclass
class Shifted:
    """A nest, its clock, and the ids of what was written, in the order of writing."""

    nest: Ground
    clock: Path
    posts: list[int] = field(default_factory=list)

    def jump(self, seconds: int) -> None:
        self.clock.write_text(f"{seconds:+020d}")

    def restart(self) -> None:
        assert self.nest.server.stop() == 0
        self.nest.come_back(FAULTS_CLOCK=str(self.clock))

    def check_warning(self, *, is_behind: bool) -> None:
        """A server that starts on a clock that was set back says so, and no other."""
        said = Path(self.nest.server.log.name)
        soon(lambda: not is_behind or BEHIND in said.read_text())
        assert is_behind or BEHIND not in said.read_text()

    def write(self, ahead_s: int) -> dict[str, Any]:
        """Publish; the post has the clock's time, an id above all others, and everybody hears of it."""
        nest = self.nest
        text = f"post{next(nest.load.numbers)}"
        nest.load.write(text)
        assert text in nest.ledger.posts, nest.ledger.refused
        post = nest.ana.get(f"/api/v1/statuses/{nest.ledger.posts[text]}")
        self.posts.append(int(post["id"]))
        assert self.posts == sorted(set(self.posts)), "an id fell"
        believed = datetime.now(UTC) + timedelta(seconds=ahead_s)
        assert abs(datetime.fromisoformat(post["created_at"]) - believed) < timedelta(seconds=60)
        home = [int(one["id"]) for one in nest.bea.get("/api/v1/timelines/home?limit=40")]
        assert home == self.posts[:-41:-1], f"home is not as it was written, {ahead_s} s ahead"
        newer = nest.bea.get(f"/api/v1/timelines/home?min_id={self.posts[-2]}")
        assert [one["id"] for one in newer] == [post["id"]], "an app that asks for what is new misses it"
        soon(lambda: told_last(nest) == [post["id"]])
        return post

    def check_order(self) -> None:
        """The log is in the order of writing, whatever its hours."""
        told = rows(self.nest, "SELECT body FROM events WHERE kind = 'PostPublished' ORDER BY seq")
        assert [str(one) in body for one, (body,) in zip(self.posts, told, strict=True)] == [True] * len(self.posts)


def ask(shifted: Shifted) -> str:
    """Publish a poll of an hour; return its id."""
    ledger, text = shifted.nest.ledger, f"post{next(shifted.nest.load.numbers)}"
    shifted.nest.load.write(text, poll={"options": ["wren", "rook"], "expires_in": HOUR_S})
    shifted.posts.append(int(ledger.posts[text]))
    return shifted.nest.ana.get(f"/api/v1/statuses/{ledger.posts[text]}")["poll"]["id"]


def skew(folder: Path, database: str = "") -> str:
    """F13: ids and the log rise, tokens last, polls end by the clock, and the owner is told."""
    clock = folder / "clock"
    with hatchery() as eggs, ground(folder, database, eggs.server) as nest:
        shifted = Shifted(nest, clock)
        shifted.jump(0)
        shifted.restart()
        poll = ask(shifted)
        for seconds in JUMPS_S:
            shifted.jump(seconds)
            shifted.write(seconds)
            shifted.restart()
            shifted.write(seconds)
            shifted.check_warning(is_behind=seconds < 0)
            if seconds >= 0:  # set back, it may be over or not: that its end was told is not taken back
                check_poll(shifted, poll, is_over=seconds > 0)
        leap(shifted)
        shifted.check_order()
        nest.settle()
    return f"{len(shifted.posts)} posts over {len(JUMPS_S) + 2} jumps of the clock and as many restarts: every id rose"


def check_poll(shifted: Shifted, poll: str, *, is_over: bool) -> None:
    """A poll of an hour is over when the clock says so, and an answer says whether a vote counts."""
    assert shifted.nest.bea.get(f"/api/v1/polls/{poll}")["expired"] is is_over
    if is_over:
        answer = shifted.nest.bea.call("POST", f"/api/v1/polls/{poll}/votes", json={"choices": [0]})
        assert answer.status_code == 422, answer.text


def leap(shifted: Shifted) -> None:
    """Far ahead and home again, each over a restart: nobody is signed out, and what follows stands above."""
    for seconds in (FAR_S, 0):
        shifted.jump(seconds)
        shifted.write(seconds)
        shifted.restart()
        shifted.write(seconds)
        shifted.check_warning(is_behind=seconds == 0)
