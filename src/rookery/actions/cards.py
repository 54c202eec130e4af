"""Link cards: the job that fetches a page once for all posts that link to it, and the care for their pictures.

Owns: the order of things: page, oEmbed, picture, one transaction with its events. Never: opens a connection itself
(K1), parses HTML or decodes a picture itself (K9), decides which post gets a card (timelines/cards.py).
A page that cannot be had is remembered too, longer each time; what was known of it stays as long as it may come back.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from rookery.actions.app import App
from rookery.actions.jobs import JobHandler
from rookery.actions.media import MediaRoom
from rookery.actions.pages import PageFacts, decode_page, facts_from_page, with_oembed
from rookery.actions.repeating import repeatable
from rookery.media.errors import MediaBoxDown, MediaRefused
from rookery.media.pages import PageReader, PageUnreadable
from rookery.model.accounts import AccountNotFound, split_handle
from rookery.model.cards import Card, CardKind
from rookery.model.errors import Unavailable
from rookery.model.events import CardChanged
from rookery.model.ids import MAX_ID, AccountId, now_us
from rookery.network.door import Door
from rookery.network.exchange import Answer
from rookery.network.outward import MEBIBYTE, Ask, Budget, FetchFailed, FetchRefused, HostBusy, Limits
from rookery.storage import cards
from rookery.storage.accounts import find_account_by_name
from rookery.storage.blobs import BlobKey
from rookery.storage.cards import FETCH_CARD, StoredCard
from rookery.storage.database import StorageFull, Transaction
from rookery.storage.jobs import Job
from rookery.storage.log import append_event
from rookery.storage.members import find_member

DAY_US = 86_400 * 1_000_000
HOUR_US = DAY_US // 24
FRESH_US = 7 * DAY_US
TRIES, TRIES_WHEN_BUSY = 3, 10
POSTS_PER_EVENT = 500
BATCH = 100
BUDGET = Budget("cards", at_once=4, count=60, per_s=60)
PAGE = Limits(total_s=20, packed_bytes=MEBIBYTE, body_bytes=MEBIBYTE)
OEMBED = Limits(total_s=10, packed_bytes=64 * 1024, body_bytes=64 * 1024)
PICTURE = Limits(total_s=30, packed_bytes=8 * MEBIBYTE, body_bytes=8 * MEBIBYTE)
GONE = (404, 410, 451)
HTML = ("text/html", "application/xhtml+xml")
ACCEPT_HTML = (("Accept", "text/html, application/xhtml+xml"),)


class PageGone(FetchRefused):
    """The page is not there, or not for us."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the page answers {code}")
        self.code = code


@dataclass(slots=True)
class CardRoom:
    """What cards are made with."""

    door: Door
    media: MediaRoom
    reader: PageReader


@dataclass(frozen=True, slots=True)
class Image:
    """A card's picture, durable. width, height: pixels."""

    key: BlobKey
    width: int
    height: int
    blurhash: str
    size_bytes: int


def card_handlers(app: App, room: CardRoom) -> Mapping[str, JobHandler]:
    """Return the handlers of this room's jobs, for actions/jobs.py."""

    async def fetch(job: Job) -> None:
        await fetch_card(app, room, job)

    return {FETCH_CARD: fetch}


async def fetch_card(app: App, room: CardRoom, job: Job) -> None:
    """Fetch a link's page and store its card. Raises Unavailable while another try may help."""
    stored = await cards.find_card(app.db.reader, job.body["card_id"])
    if stored is None:
        return
    try:
        facts = await read_page(room, stored.card.url)
    except (FetchRefused, PageUnreadable) as error:
        await note_failure(app, stored, is_gone=isinstance(error, PageGone) and error.code in GONE)
        return
    except Unavailable as error:
        if job.attempt_count < (TRIES_WHEN_BUSY if isinstance(error, HostBusy | MediaBoxDown) else TRIES):
            raise
        await note_failure(app, stored, is_gone=False)
        return
    if not facts.card.title:  # a page that shows us nothing today may be guarded against robots: keep what was known
        await note_failure(app, stored, is_gone=False)
        return
    author_id = await find_author(app, facts)
    image = await keep_image(room, stored, facts.card.image_source)
    await store(app, room, stored, replace(facts.card, author_id=author_id), image)


async def read_page(room: CardRoom, url: str) -> PageFacts:
    """Return what a page says. Raises FetchRefused, FetchFailed, PageUnreadable, MediaBoxDown."""
    ask = Ask(url, headers=ACCEPT_HTML, kinds=HTML, allows_http=True, limits=PAGE, budget=BUDGET)
    async with room.door.open(ask) as answer:
        check_code(answer)
        raw, page_url = await answer.read_beginning(), answer.url
        kind = answer.headers.get("content-type", "")
    facts = facts_from_page(url, page_url, await room.reader.read(decode_page(raw, kind)))
    return await with_more(room, facts, page_url) if facts.oembed_url else facts


def check_code(answer: Answer) -> None:
    """Raises PageGone for good, FetchFailed while the server is only in trouble."""
    if answer.code >= 500 or answer.code in (408, 425, 429):
        raise FetchFailed(f"the page answers {answer.code}", 60)
    if not answer.is_good:
        raise PageGone(answer.code)


async def with_more(room: CardRoom, facts: PageFacts, page_url: str) -> PageFacts:
    """Return the facts with oEmbed's; without, when it cannot be had: the page alone is enough."""
    ask = Ask(facts.oembed_url, kinds=("application/json",), allows_http=True, limits=OEMBED, budget=BUDGET)
    try:
        got = await room.door.fetch(ask)
        answer = msgspec.json.decode(got.body) if got.code == 200 else None
        snippet = answer.get("html") if isinstance(answer, dict) else None
        page = await room.reader.read(snippet) if isinstance(snippet, str) else None
    except (FetchRefused, FetchFailed, msgspec.DecodeError, PageUnreadable, RecursionError):
        return facts
    return with_oembed(facts, answer, page.frames[0] if page and page.frames else None, page_url)


async def find_author(app: App, facts: PageFacts) -> AccountId | None:
    """Return the account that a page names as its author, if it allows the page's site to do so."""
    try:
        name, domain = split_handle(facts.creator.strip(), app.settings.server.domain)
    except AccountNotFound:
        return None
    account = await find_account_by_name(app.db.reader, name, domain)
    if account is None or account.suspended_at_us:
        return None
    member = await find_member(app.db.reader, account.id)
    host = urlsplit(facts.card.url).hostname or ""
    allowed = member.preferences.attribution_domains if member else ()
    return account.id if any(host == one or host.endswith(f".{one}") for one in allowed) else None


async def keep_image(room: CardRoom, stored: StoredCard, source: str) -> Image | None:
    """Fetch a card's picture and keep a small version; None when there is none to be had: the card does without."""
    if not source or (source == stored.card.image_source and stored.card.image_key):
        return None
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=room.media.spool, prefix="card-"))
    try:
        upload = folder / "upload"
        await save(room.door, source, upload)
        made = await room.media.box.make_picture(upload, folder, purpose="attachment")
        small = made.preview
        key = await room.media.blobs.put(small.path, extension=small.extension)
    except (FetchRefused, FetchFailed, MediaRefused, StorageFull):
        return None
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return Image(key, small.width, small.height, made.blurhash, small.size_bytes)


async def save(door: Door, url: str, path: Path) -> None:
    """Write a picture into a file. Raises FetchRefused, FetchFailed."""
    ask = Ask(url, kinds=("image/", "application/octet-stream"), allows_http=True, limits=PICTURE, budget=BUDGET)
    async with door.open(ask) as answer:
        check_code(answer)
        raw = await answer.read()
    await asyncio.to_thread(path.write_bytes, raw)


@repeatable
async def store(app: App, room: CardRoom, stored: StoredCard, card: Card, image: Image | None) -> None:
    """Write a card, tell its posts, and delete the picture that it had before."""
    before = stored.card
    keeps = image is None and card.image_source == before.image_source
    size_bytes = stored.image_bytes if keeps else 0
    if keeps:
        card = replace(card, image_key=before.image_key, blurhash=before.blurhash)
        if card.kind is CardKind.LINK:
            card = replace(card, width=before.width, height=before.height)
    elif image:
        card, size_bytes = replace(card, image_key=image.key, blurhash=image.blurhash), image.size_bytes
        if card.kind is CardKind.LINK:
            card = replace(card, width=image.width, height=image.height)
    async with app.db.transaction() as tx:
        due_at = now_us() + FRESH_US + secrets.randbelow(DAY_US)
        is_there = await cards.store_card(tx, stored.id, card, image_bytes=size_bytes, due_at_us=due_at)
        if stored.state != "ready" or card != before:
            await tell(tx, stored.id, is_news=True)
    if not is_there:
        await drop(room, card.image_key)
        return
    if before.image_key and before.image_key != card.image_key:
        await drop(room, before.image_key)


@repeatable
async def note_failure(app: App, stored: StoredCard, *, is_gone: bool) -> None:
    """Leave a page alone for an hour, then two, up to a week."""
    pause = min(HOUR_US << min(stored.failure_count, 8), FRESH_US)
    async with app.db.transaction() as tx:
        due_at = now_us() + pause + secrets.randbelow(HOUR_US // 4)
        await cards.note_card_failure(tx, stored.id, is_gone=is_gone, due_at_us=due_at)
        if is_gone and stored.state == "ready":
            await tell(tx, stored.id)


async def tell(tx: Transaction, card_id: int, *, is_news: bool = False) -> None:
    """Record that a card changed, for every post that shows it. is_news: see CardChanged."""
    before = MAX_ID
    while post_ids := await cards.list_posts_of_card(tx, card_id, before, POSTS_PER_EVENT):
        append_event(tx, CardChanged(card_id, tuple(post_ids), is_news))  # no news for the networks
        before = post_ids[-1]


async def drop(room: CardRoom, key: str | None) -> None:
    """Delete a picture's file."""
    if key:
        await room.media.blobs.delete(BlobKey(key))


async def forget_card_pictures(app: App, room: CardRoom) -> int:
    """Drop pictures that nobody wanted for long, then the longest unwanted while all are over the budget."""
    wishes, count = app.settings.cards, 0
    oldest_us = now_us() - wishes.picture_days * DAY_US
    over_bytes = await cards.count_image_bytes(app.db.reader) - wishes.picture_bytes
    while batch := await cards.list_unwanted_images(app.db.reader, BATCH):
        for card_id, key, size_bytes, wanted_at_us in batch:
            if over_bytes <= 0 and wanted_at_us >= oldest_us:
                return count
            over_bytes -= size_bytes
            async with app.db.transaction() as tx:
                is_dropped = await cards.drop_image(tx, card_id, key)
                if is_dropped:
                    await tell(tx, card_id)
            if is_dropped:
                await drop(room, key)
                count += 1
    return count


async def forget_unused_cards(app: App, room: CardRoom) -> int:
    """Delete the cards that no post shows any more and that nobody wanted for a while."""
    count = 0
    while batch := await cards.list_unused_cards(app.db.reader, now_us() - FRESH_US, BATCH):
        for card_id, key in batch:
            async with app.db.transaction() as tx:
                is_deleted = await cards.delete_card(tx, card_id)
            if is_deleted:
                await drop(room, key)
                count += 1
        if len(batch) < BATCH:
            break
    return count
