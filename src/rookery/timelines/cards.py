"""Which posts show a link card: the durable reader that ties posts to links, and the page of posts with a link.

Owns: the first link of a post, the plan to fetch it, once per link however many posts bring it. Never: fetches; the job
`FetchCard` does (actions/cards.py).

Privacy: a fetch tells the owner of a page that somebody shares it, and when; a link in a letter may even be a secret,
or good for one use only. So a link is fetched for public and unlisted posts alone. A post for followers or mentioned
people shows a card when public posts had it fetched already, and never causes a request.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from rookery.model.cards import MAX_LINK, links_of
from rookery.model.events import CardChanged, Event, PostEdited, PostPublished
from rookery.model.ids import IdClock, now_us
from rookery.model.posts import Audience, Post
from rookery.model.settings import Settings
from rookery.network.destinations import parse_destination
from rookery.network.outward import AddressRefused
from rookery.storage import cards
from rookery.storage.database import Transaction
from rookery.storage.jobs import insert_job
from rookery.storage.log import Numbered, append_event
from rookery.storage.posts import list_posts

DAY_US = 86_400 * 1_000_000
SPREAD_US = 60 * 1_000_000  # a post from elsewhere reaches a thousand servers at once: they should not ask at once
NEW_US = 7 * DAY_US
MOST_LINKS = 20


class CardReader:
    """Ties posts to cards. See timelines/readers.py for the contract."""

    name = "cards"
    rest_s = 0.1

    def __init__(self, ids: IdClock, settings: Settings) -> None:
        self.ids, self.settings = ids, settings

    def wants(self, event: Event) -> bool:
        """Whatever may bring a link, or bring one back into sight."""
        return isinstance(event, PostPublished | PostEdited)

    async def read(self, tx: Transaction, events: Sequence[Numbered]) -> bool:
        """Tie each post to the card of its first link, as it is now; plan what has to be fetched."""
        written: dict[int, None] = {}
        repeated: dict[int, None] = {}
        for entry in events:
            match entry.event:
                case PostPublished(repost_of_id=int(original)):
                    repeated[original] = None
                case PostPublished(post_id=post_id) | PostEdited(post_id=post_id):
                    written[post_id] = None
                case _:
                    pass
        posts = await list_posts(tx, [*written, *(one for one in repeated if one not in written)])
        wrote = [await self.tie(tx, posts[post_id]) for post_id in written if post_id in posts]
        wrote += [await self.want_again(tx, posts[post_id]) for post_id in repeated if post_id in posts]
        return any(wrote)

    async def tie(self, tx: Transaction, post: Post) -> bool:
        """Let a post show the card of its first link, and no other; return whether anything was written."""
        if post.repost_of_id:
            return False
        url = first_link(post, self.settings)
        before = await cards.find_card_of_post(tx, post.id)
        known = await self.card_for(tx, post, url) if url else None
        if known is None:
            if before:
                await cards.detach_card(tx, post.id)
                append_event(tx, CardChanged(before[0], (post.id,)))
            return before is not None
        if before != known:
            await cards.attach_card(tx, post.id, known[0])
            append_event(tx, CardChanged(known[0], (post.id,), is_news=known[1] == "ready"))
        return True

    async def card_for(self, tx: Transaction, post: Post, url: str) -> tuple[int, str] | None:
        """Return (id, state) of a link's card, made and planned where the post allows it; None for no card."""
        if not self.may_fetch(post):
            found = await cards.find_card_id(tx, url)
            return found if found and found[1] == "ready" else None
        now = now_us()
        card_id = self.ids.next_id()
        if await cards.ensure_card(tx, card_id, url, now_us=now, until_us=now + DAY_US):
            await self.plan(tx, card_id, post)
            return card_id, "waiting"
        found = await cards.find_card_id(tx, url)
        if found and await cards.claim_card(tx, found[0], now_us=now, until_us=now + DAY_US):
            await self.plan(tx, found[0], post)
        return found

    async def want_again(self, tx: Transaction, post: Post) -> bool:
        """A repost brings a card back into sight: fetch it again when it is due."""
        tied = await cards.find_card_of_post(tx, post.id) if self.may_fetch(post) else None
        if tied is None:
            return False
        now = now_us()
        if await cards.claim_card(tx, tied[0], now_us=now, until_us=now + DAY_US):
            await self.plan(tx, tied[0], post)
        return True

    def may_fetch(self, post: Post) -> bool:
        """True for a new post that anybody may read; an archive that is moved here sends us to no thousand pages."""
        is_new = post.published_at_us > now_us() - NEW_US
        return is_new and post.audience <= Audience.UNLISTED and self.settings.cards.fetches

    async def plan(self, tx: Transaction, card_id: int, post: Post) -> None:
        """Have a link fetched after the commit."""
        run_at = now_us() + (0 if post.is_local else secrets.randbelow(SPREAD_US))
        await insert_job(tx, self.ids.next_id(), cards.FETCH_CARD, {"card_id": card_id}, run_at_us=run_at)


def first_link(post: Post, settings: Settings) -> str:
    """Return the first link of a post that leads to somebody else's page, in its normal form; '' for none."""
    for raw in links_of(post.facets, post.html)[:MOST_LINKS]:
        url = normal_link(raw, settings)
        if url:
            return url
    return ""


def normal_link(raw: str, settings: Settings) -> str:
    """Return the form under which a link's card is kept, '' for what is no link outward."""
    try:
        place = parse_destination(raw, allows_http=True, is_test=settings.is_test)
    except AddressRefused:
        return ""
    is_ours = urlsplit(settings.base_url).netloc in (place.authority, f"{place.host}:{place.port}")
    return "" if is_ours or len(place.url) > MAX_LINK else place.url
