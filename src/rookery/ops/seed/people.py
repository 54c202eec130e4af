"""People of the invented world and who follows whom.

Owns: names, profiles, the graph of follows with its heavy tail. Never: writes a row (ops/seed/world.py).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from typing import Any

from rookery.model.accounts import username_key
from rookery.model.ids import floor_id
from rookery.ops.seed.words import FIRST_NAMES, LANGUAGES, LAST_NAMES, Language
from rookery.ops.seed.writing import Writer

DAY_US = 86_400 * 1_000_000
MEDIAN_FOLLOWED = 30
MOST_FOLLOWED = 400
FOLLOWING_TAIL = 0.8


@dataclass(slots=True)
class Person:
    """One invented person and what is counted of them. place: 0 is the best known, whom everybody follows."""

    id: int
    place: int
    username: str
    display_name: str
    language: Language
    created_at_us: int
    bio: str = ""
    follower_places: list[int] = field(default_factory=list)
    following_count: int = 0
    post_count: int = 0
    last_post_at_us: int | None = None


def invent_people(chance: Random, count: int, taken: set[str], now_us: int) -> list[Person]:
    """Return people with names that nobody has. taken: keys of names in use; grows."""
    writer = Writer(chance)
    people = []
    oldest, youngest = now_us - 730 * DAY_US, now_us - 91 * DAY_US
    step = (youngest - oldest) // max(count, 1)
    for place in range(count):
        first, last = writer.pick(FIRST_NAMES), writer.pick(LAST_NAMES)
        username = free_name(f"{first}_{last}".lower(), taken)
        language = LANGUAGES[int(chance.random() * len(LANGUAGES))]
        created_at = oldest + place * step + int(chance.random() * step)
        account_id = floor_id(created_at) | chance.getrandbits(10)
        person = Person(account_id, place, username, f"{first} {last}", language, created_at, writer.bio(language))
        people.append(person)
    return people


def free_name(wanted: str, taken: set[str]) -> str:
    """Return the name, with a number when somebody has it, and take it."""
    name, number = wanted, 1
    while username_key(name) in taken:
        number += 1
        name = f"{wanted}{number}"
    taken.add(username_key(name))
    return name


def account_row(person: Person, avatar_key: str | None) -> dict[str, Any]:
    """Return the row of the account."""
    return {
        "id": person.id,
        "username": person.username,
        "username_key": username_key(person.username),
        "display_name": person.display_name,
        "bio": person.bio,
        "bio_facets": "[]",
        "avatar_key": avatar_key,
        "created_at": person.created_at_us,
    }


def member_row(person: Person, password_hash: str) -> dict[str, Any]:
    """Return the row of the member; the mail address leads nowhere."""
    return {
        "id": person.id,
        "email": f"{person.username}@seed.invalid",
        "password_hash": password_hash,
        "created_at": person.created_at_us,
    }


class Crowd:
    """Draws people so that few are drawn often: the weight of the n-th is n ** -tail."""

    def __init__(self, chance: Random, count: int, tail: float) -> None:
        self.chance = chance
        self.sums = list(accumulate((place + 1) ** -tail for place in range(count)))

    def draw(self) -> int:
        """Return a place."""
        return bisect_left(self.sums, self.chance.random() * self.sums[-1])


def invent_follows(chance: Random, people: list[Person], now_us: int) -> list[dict[str, Any]]:
    """Return the rows of follows, and note on each person who follows them. Everybody follows the first person."""
    crowd, rows = Crowd(chance, len(people), FOLLOWING_TAIL), []
    clock = now_us - 90 * DAY_US
    for person in people:
        for place in sorted(wanted_places(chance, crowd, person, len(people))):
            other = people[place]
            clock += 1
            other.follower_places.append(person.place)
            person.following_count += 1
            rows.append({"follower": person.id, "followed": other.id, "id": floor_id(clock) | chance.getrandbits(10)})
    return rows


def wanted_places(chance: Random, crowd: Crowd, person: Person, count: int) -> set[int]:
    """Return whom somebody follows: the best known, and a number of others that is large for few."""
    number = min(int(chance.lognormvariate(0, 0.8) * MEDIAN_FOLLOWED), MOST_FOLLOWED, count // 2)
    places = {crowd.draw() for _ in range(number)} | {0}
    return places - {person.place}
