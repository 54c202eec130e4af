"""What one visit to other servers may cost, and going through a collection within that (GEN-21).

Owns: Allowance, `items_of`. Never: believes an item; it is a hint where to ask, or a document of the collection's own
server. A collection that goes in circles, never ends or leads to another server ends where the allowance does.
Spec: https://www.w3.org/TR/activitystreams-core/#collections
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from rookery.activitypub.documents import id_in, listed, type_in
from rookery.activitypub.fetching import FILLING, Fetcher
from rookery.activitypub.origin import find_origin, same_origin
from rookery.activitypub.signing import Clock
from rookery.activitypub.vocabulary import Json
from rookery.model.errors import Refusal

COLLECTIONS = frozenset(("Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"))
MOST_PAGES = 10  # of one collection
MOST_ITEMS = 500  # of one page, what is looked at


@dataclass(slots=True)
class Allowance:
    """What is left for one visit. until_s: on `clock`. used: requests by server; seen: what was asked for already."""

    requests: int = 120
    of_one_host: int = 60
    body_bytes: int = 5 * 1024 * 1024
    items: int = 1000
    seconds: float = 60.0
    clock: Clock = time.monotonic
    used: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    until_s: float = 0.0

    def __post_init__(self) -> None:
        self.until_s = self.clock() + self.seconds

    @property
    def is_spent(self) -> bool:
        """True when nothing more may be asked."""
        return self.requests <= 0 or self.body_bytes <= 0 or self.items <= 0 or self.clock() >= self.until_s

    def take(self, uri: str) -> bool:
        """True, once for an address, when it may be asked for."""
        origin = find_origin(uri)
        if origin is None or uri in self.seen or self.is_spent or self.used[origin] >= self.of_one_host:
            return False
        self.seen.add(uri)
        self.used[origin] += 1
        self.requests -= 1
        return True

    def count_bytes(self, size: int) -> None:
        """Note an answer."""
        self.body_bytes -= size


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a collection lists. document: whole, when the collection's own server may speak of it."""

    uri: str
    document: Json | None


async def items_of(fetcher: Fetcher, start: object, owner: str, allowance: Allowance) -> AsyncIterator[Item]:
    """Yield what a collection lists, page after page. start: its address, or itself as it stood in `owner`'s document.

    Ends without a word where it cannot be read.
    """
    place, told = (owner, start) if isinstance(start, dict) else (id_in(start), None)
    home = place
    for _ in range(MOST_PAGES + 1):
        page = told if isinstance(told, dict) else await read_page(fetcher, place, home, allowance)
        if page is None:
            return
        for value in [*listed(page.get("items")), *listed(page.get("orderedItems"))][:MOST_ITEMS]:
            if allowance.is_spent:
                return
            allowance.items -= 1
            uri = id_in(value)
            if uri:
                whole = isinstance(value, dict) and "type" in value and same_origin(uri, home)
                yield Item(uri, value if whole else None)
        told = page.get("first") or page.get("next")
        place = id_in(told)


async def read_page(fetcher: Fetcher, place: str, home: str, allowance: Allowance) -> Json | None:
    """Return a collection or one of its pages, None for one that cannot be had or is of another server."""
    if not place or not same_origin(place, home) or not allowance.take(place):
        return None
    try:
        page = await fetcher.fetch_json(place, budget=FILLING, meter=allowance.count_bytes)
    except Refusal:
        return None
    return page if type_in(page, COLLECTIONS) in COLLECTIONS else None
