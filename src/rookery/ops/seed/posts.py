"""Posts of the invented world: 90 days of threads, reposts, polls and pictures, in the order of time.

Owns: what is written, who answers and likes it. Never: writes a row. A post stays in the window while others may still
answer or repeat it; when it leaves, its counts are final: no row is written twice, a million posts need no memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from rookery.actions.posts import tags_of
from rookery.model.ids import floor_id
from rookery.model.posts import Audience
from rookery.model.text import Facet, FacetKind, parse_facets
from rookery.ops.seed.people import DAY_US, Crowd, Person
from rookery.ops.seed.writing import Writer
from rookery.storage.encoding import encode
from rookery.storage.marks import Mark

WINDOW = 2000
DAYS = 90
REPLIES, REPOSTS, PICTURES, POLLS, WARNINGS, NAMED = 0.22, 0.10, 0.09, 0.012, 0.05, 0.05
MOST_LIKES = 150
WRITING_TAIL = 0.45
MINUTE_US = 60 * 1_000_000
# Audience -> how much of what is written has it.
AUDIENCES = ((Audience.PUBLIC, 0.82), (Audience.UNLISTED, 0.90), (Audience.FOLLOWERS, 0.98), (Audience.MENTIONED, 1.0))


@dataclass(slots=True)
class Draft:
    """A post whose counts still grow."""

    id: int
    author: Person
    audience: Audience
    at_us: int
    text: str = ""
    facets: tuple[Facet, ...] = ()
    content_warning: str = ""
    reply_to: Draft | None = None
    thread_id: int = 0
    repost_of: Draft | None = None
    named: list[Person] = field(default_factory=list)
    picture_count: int = 0
    poll: dict[str, Any] | None = None
    votes: list[tuple[int, int]] = field(default_factory=list)
    liker_places: set[int] = field(default_factory=set)
    reposter_places: set[int] = field(default_factory=set)
    reply_count: int = 0

    @property
    def is_open(self) -> bool:
        """True when strangers may answer and repeat it."""
        return self.audience <= Audience.UNLISTED and self.repost_of is None


class Storyteller:
    """Invents posts one after the other."""

    def __init__(self, chance: Random, people: list[Person], now_us: int) -> None:
        self.chance, self.people, self.now_us = chance, people, now_us
        self.writer = Writer(chance)
        self.crowd = Crowd(chance, len(people), WRITING_TAIL)
        self.window: deque[Draft] = deque()

    def tell(self, count: int) -> Iterator[Draft]:
        """Yield `count` finished posts, oldest first."""
        span, start, before = DAYS * DAY_US, self.now_us - DAYS * DAY_US, 0
        for number in range(count):
            # The exponent makes the last weeks a little busier than the first.
            moment = start + int(span * ((number + self.chance.random()) / count) ** 0.9)
            before = moment = max(moment, before + 1)
            self.window.append(self.invent(moment))
            if len(self.window) > WINDOW:
                yield self.finish(self.window.popleft())
        while self.window:
            yield self.finish(self.window.popleft())

    def invent(self, at_us: int) -> Draft:
        """Return a new post: an answer, a repost or something of its own."""
        author = self.people[self.crowd.draw()]
        author.post_count += 1
        author.last_post_at_us = at_us
        draft = Draft(floor_id(at_us) | self.chance.getrandbits(10), author, Audience.PUBLIC, at_us)
        draft.thread_id = draft.id
        kind = self.chance.random()
        other = self.recent() if kind < REPLIES + REPOSTS else None
        if other and kind < REPLIES:
            self.make_reply(draft, other)
        elif other and other.author is not author and author.place not in other.reposter_places:
            draft.repost_of = other
            other.reposter_places.add(author.place)
        else:
            self.make_post(draft)
        return draft

    def recent(self) -> Draft | None:
        """Return a recent post that may be answered, most often a very recent one."""
        if not self.window:
            return None
        back = min(int(self.chance.expovariate(1 / 80)), len(self.window) - 1)
        found = self.window[-1 - back]
        return found if found.is_open else None

    def make_reply(self, draft: Draft, other: Draft) -> None:
        """Answer another post."""
        draft.reply_to, draft.thread_id, draft.audience = other, other.thread_id, other.audience
        other.reply_count += 1
        if other.author is draft.author:
            draft.text = self.writer.post(draft.author.language)
        else:
            draft.text = self.writer.reply(other.author.language, other.author.username)
            draft.named = [other.author]
        self.find_facets(draft)

    def make_post(self, draft: Draft) -> None:
        """Write something of its own."""
        chance, author = self.chance, draft.author
        draft.text = self.writer.post(author.language)
        draft.audience = self.audience()
        if draft.audience is Audience.MENTIONED or chance.random() < NAMED:
            other = self.people[self.crowd.draw()]
            if other is not author:
                draft.named = [other]
                draft.text = f"@{other.username} {draft.text}"
        if chance.random() < WARNINGS:
            draft.content_warning = self.writer.pick(author.language.warnings)
        if chance.random() < PICTURES:
            draft.picture_count = 1 + int(chance.random() ** 3 * 4)
        elif chance.random() < POLLS:
            self.make_poll(draft)
        self.find_facets(draft)

    def audience(self) -> Audience:
        """Draw who may read it."""
        drawn = self.chance.random()
        return next(audience for audience, limit in AUDIENCES if drawn < limit)

    def find_facets(self, draft: Draft) -> None:
        """Find tags, links and mentions as for every post; the named one is known."""
        known = {person.username: person.id for person in draft.named}
        draft.facets = tuple(
            Facet(facet.start, facet.end, facet.kind, facet.value, known.get(facet.value))
            if facet.kind is FacetKind.MENTION
            else facet
            for facet in parse_facets(draft.text)
        )

    def make_poll(self, draft: Draft) -> None:
        """Ask something; some have voted."""
        language, chance = draft.author.language, self.chance
        draft.text = self.writer.fill(self.writer.pick(language.questions), language)
        options = chance.sample(language.choices, 2 + int(chance.random() * 3))
        voters = {int(chance.random() * len(self.people)) for _ in range(int(chance.random() * 40))}
        draft.votes = [(self.people[place].id, int(chance.random() * len(options))) for place in sorted(voters)]
        counts = [sum(choice == index for _, choice in draft.votes) for index in range(len(options))]
        ends_at = draft.at_us + int((1 + chance.random() * 6) * DAY_US)
        draft.poll = {
            "post_id": draft.id,
            "expires_at": ends_at,
            "voter_count": len(voters),
            "options": encode(options),
            "counts": encode(counts),
            "closed_at": ends_at if ends_at <= self.now_us else None,
        }

    def finish(self, draft: Draft) -> Draft:
        """Let people like a post that leaves the window: few for most, many for few."""
        if draft.repost_of is None and draft.audience <= Audience.FOLLOWERS:
            followers = draft.author.follower_places
            wanted = min(int(self.chance.paretovariate(1.2)) - 1, MOST_LIKES, len(followers))
            for _ in range(wanted):
                draft.liker_places.add(followers[int(self.chance.random() * len(followers))])
        return draft

    def mark_rows(self, draft: Draft) -> list[dict[str, Any]]:
        """Return likes, and the mark that goes with a repost."""
        rows = [
            {
                "account_id": self.people[place].id,
                "post_id": draft.id,
                "kind": int(Mark.LIKE),
                "id": self.later(draft.at_us),
            }
            for place in sorted(draft.liker_places)
        ]
        if draft.repost_of:
            target = draft.repost_of.id
            mark = {"account_id": draft.author.id, "post_id": target, "kind": int(Mark.REPOST), "id": draft.id}
            rows.append(mark)
        return rows

    def later(self, at_us: int) -> int:
        """Return an id of some minutes or hours after a moment, not in the future."""
        moment = at_us + int(self.chance.expovariate(1 / 90) * MINUTE_US) + 1
        return floor_id(min(moment, self.now_us)) | self.chance.getrandbits(10)


def post_row(draft: Draft) -> dict[str, Any]:
    """Return the row of a post with its final counts."""
    reply_to, repost_of = draft.reply_to, draft.repost_of
    is_own = reply_to is None or reply_to.author is draft.author
    return {
        "id": draft.id,
        "author_id": draft.author.id,
        "audience": int(draft.audience),
        "text": draft.text,
        "facets": encode(draft.facets) if draft.facets else "[]",
        "content_warning": draft.content_warning,
        "is_sensitive": int(bool(draft.content_warning)),
        "language": (repost_of.author if repost_of else draft.author).language.code,
        "reply_to_id": reply_to.id if reply_to else None,
        "reply_to_author_id": reply_to.author.id if reply_to else None,
        "thread_id": draft.thread_id,
        "repost_of_id": repost_of.id if repost_of else None,
        "published_at": draft.at_us,
        "reply_count": draft.reply_count,
        "repost_count": len(draft.reposter_places),
        "like_count": len(draft.liker_places),
        "is_listed": int(draft.audience is Audience.PUBLIC and repost_of is None and is_own),
        "has_media": int(draft.picture_count > 0),
    }


def tags_of_draft(draft: Draft) -> dict[str, str]:
    """Return the hashtags of a post: key -> as written."""
    return tags_of(draft.facets) if "#" in draft.text else {}
