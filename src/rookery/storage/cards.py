"""Link cards in SQL: one row for a link, one for each post that shows it.

Owns: the tables `cards` and `post_cards`, and the claim that lets one job fetch a link however many posts bring it.
A row is due when nobody has fetched it lately; who moves `due_at` on plans the job, in the same transaction. States:
waiting (nothing known yet), ready, none (the page has nothing to show, or cannot be had).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rookery.model.cards import Card, CardKind
from rookery.model.ids import PostId
from rookery.model.paging import Window
from rookery.storage.database import Reader, Transaction
from rookery.storage.pages import BOUNDS, NOT_SILENCED
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.sql import Row
from rookery.storage.visibility import VISIBLE, WANTED

FETCH_CARD = "FetchCard"
COLUMNS = """
    c.url, c.kind, c.title, c.description, c.language, c.author_name, c.author_url, c.author_id, c.provider_name,
    c.provider_url, c.html, c.embed_url, c.width, c.height, c.image_source, c.image_description, c.image_key,
    c.blurhash, c.published_at
"""
NAMES = (
    *("url", "kind", "title", "description", "language", "author_name", "author_url", "author_id"),
    *("provider_name", "provider_url", "html", "embed_url", "width", "height"),
    *("image_source", "image_description", "image_key", "blurhash", "published_at"),
)
CARDS_OF_POSTS = f"""
    SELECT pc.post_id, {COLUMNS} FROM post_cards pc JOIN cards c ON c.id = pc.card_id
    WHERE pc.post_id IN (:ids...) AND c.state = 'ready'
"""
CARD_BY_ID = f"SELECT c.id, c.state, c.failure_count, c.image_bytes, {COLUMNS} FROM cards c WHERE c.id = :id"
CARD_BY_URL = "SELECT id, state FROM cards WHERE url = :url"
CARDS_BY_URL = f"SELECT {COLUMNS} FROM cards c WHERE c.url IN (:urls...text) AND c.state = 'ready'"
INSERT_CARD = """
    INSERT INTO cards (id, url, wanted_at, due_at) VALUES (:id, :url, :now, :until) ON CONFLICT DO NOTHING
"""
WANT_CARD = "UPDATE cards SET wanted_at = :now WHERE id = :id"
CLAIM_CARD = "UPDATE cards SET due_at = :until WHERE id = :id AND due_at <= :now"
CARD_OF_POST = "SELECT c.id, c.state FROM post_cards pc JOIN cards c ON c.id = pc.card_id WHERE pc.post_id = :post_id"
ATTACH = """
    INSERT INTO post_cards (post_id, card_id) SELECT p.id, :card_id FROM posts p WHERE p.id = :post_id
    ON CONFLICT (post_id) DO UPDATE SET card_id = excluded.card_id
"""
DETACH = "DELETE FROM post_cards WHERE post_id = :post_id"
STORE_CARD = f"""
    UPDATE cards SET state = 'ready', failure_count = 0, due_at = :due_at, image_bytes = :image_bytes,
        {", ".join(f"{name} = :{name}" for name in NAMES if name != "url")}
    WHERE id = :id
"""
NOTE_FAILURE = """
    -- What was known of the page stays: it may be away for a while only.
    UPDATE cards SET state = CASE WHEN state = 'ready' AND :is_gone = 0 THEN 'ready' ELSE 'none' END,
        failure_count = failure_count + 1, due_at = :due_at
    WHERE id = :id
"""
POSTS_OF_CARD = """
    -- Index: post_cards_card (card_id, post_id DESC)
    SELECT post_id FROM post_cards WHERE card_id = :id AND post_id < :before ORDER BY post_id DESC LIMIT :limit
"""
LINK_PAGE = PageQuery(f"""
    -- Newest public posts with a link. Index: post_cards_card (card_id, post_id DESC)
    SELECT p.id FROM post_cards pc JOIN posts p ON p.id = pc.post_id
    WHERE pc.card_id = :card AND pc.post_id < :before AND pc.post_id > :after AND p.audience = 0 AND {BOUNDS}
    AND {VISIBLE} AND {WANTED} AND {NOT_SILENCED} ORDER BY p.id {{order}} LIMIT :limit
""")
IMAGE_BYTES = "SELECT coalesce(sum(image_bytes), 0) FROM cards WHERE image_key IS NOT NULL"
UNWANTED_IMAGES = """
    -- The pictures that nobody has wanted for longest. Index: cards_with_image (wanted_at, id)
    SELECT id, image_key, image_bytes, wanted_at FROM cards WHERE image_key IS NOT NULL
    ORDER BY wanted_at, id LIMIT :limit
"""
DROP_IMAGE = """
    -- due_at: the next post with the link fetches it again.
    UPDATE cards SET image_key = NULL, blurhash = NULL, image_bytes = 0, due_at = 0
    WHERE id = :id AND image_key = :image_key
"""
UNUSED_CARDS = """
    -- Cards of no post any more. Index: cards_due (due_at, id)
    SELECT id, image_key FROM cards WHERE due_at < :before
    AND NOT EXISTS (SELECT 1 FROM post_cards pc WHERE pc.card_id = cards.id) ORDER BY due_at, id LIMIT :limit
"""
DELETE_CARD = """
    DELETE FROM cards WHERE id = :id AND NOT EXISTS (SELECT 1 FROM post_cards pc WHERE pc.card_id = :id)
"""


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A card with what the fetching needs to know."""

    id: int
    state: str
    failure_count: int
    image_bytes: int
    card: Card


def card_from_row(row: Row) -> Card:
    """Build a Card from COLUMNS."""
    return Card(row[0], CardKind(row[1]), *row[2:19])


async def list_cards_of_posts(reader: Reader, post_ids: Iterable[int]) -> dict[int, Card]:
    """Return the cards that posts show, by post id."""
    return {row[0]: card_from_row(row[1:]) for row in await reader.all(CARDS_OF_POSTS, ids=list(post_ids))}


async def list_ready_cards(reader: Reader, urls: Iterable[str]) -> dict[str, Card]:
    """Return what is shown of some normalised links, by link."""
    return {row[0]: card_from_row(row) for row in await reader.all(CARDS_BY_URL, urls=list(urls))}


async def find_card(reader: Reader, card_id: int) -> StoredCard | None:
    """Return a card in whatever state."""
    row = await reader.one(CARD_BY_ID, id=card_id)
    return StoredCard(row[0], row[1], row[2], row[3], card_from_row(row[4:])) if row else None


async def find_card_id(reader: Reader, url: str) -> tuple[int, str] | None:
    """Return (id, state) of the card of a normalised link, None when no post brought it."""
    row = await reader.one(CARD_BY_URL, url=url)
    return (row[0], row[1]) if row else None


async def find_card_of_post(reader: Reader, post_id: int) -> tuple[int, str] | None:
    """Return (id, state) of the card that a post is tied to."""
    row = await reader.one(CARD_OF_POST, post_id=post_id)
    return (row[0], row[1]) if row else None


async def ensure_card(tx: Transaction, card_id: int, url: str, *, now_us: int, until_us: int) -> bool:
    """Make the row of a link; True when it is new, and then the caller plans its job."""
    return await tx.run(INSERT_CARD, id=card_id, url=url, now=now_us, until=until_us) == 1


async def claim_card(tx: Transaction, card_id: int, *, now_us: int, until_us: int) -> bool:
    """Note that a card is wanted; True when it is due, and then the caller plans its job."""
    await tx.run(WANT_CARD, id=card_id, now=now_us)
    return await tx.run(CLAIM_CARD, id=card_id, now=now_us, until=until_us) == 1


async def attach_card(tx: Transaction, post_id: int, card_id: int) -> None:
    """Let a post show a card; nothing when the post is gone."""
    await tx.run(ATTACH, post_id=post_id, card_id=card_id)


async def detach_card(tx: Transaction, post_id: int) -> None:
    """Let a post show none."""
    await tx.run(DETACH, post_id=post_id)


async def store_card(tx: Transaction, card_id: int, card: Card, *, image_bytes: int, due_at_us: int) -> bool:
    """Store what a page said; False when the card is gone."""
    values = {name: getattr(card, name) for name in NAMES if name not in ("url", "published_at", "kind")}
    changed = await tx.run(
        STORE_CARD,
        id=card_id,
        due_at=due_at_us,
        image_bytes=image_bytes,
        kind=card.kind.value,
        published_at=card.published_at_us,
        **values,
    )
    return changed == 1


async def note_card_failure(tx: Transaction, card_id: int, *, is_gone: bool, due_at_us: int) -> None:
    """Remember that a page could not be had. is_gone: for good, so what was known of it goes too."""
    await tx.run(NOTE_FAILURE, id=card_id, is_gone=int(is_gone), due_at=due_at_us)


async def list_posts_of_card(reader: Reader, card_id: int, before: int, limit: int) -> list[PostId]:
    """Return posts that show a card, newest first, whoever may see them: for caches, never for an answer."""
    return [row[0] for row in await reader.all(POSTS_OF_CARD, id=card_id, before=before, limit=limit)]


async def list_with_card(reader: Reader, viewer: int, card_id: int, window: Window, now_us: int) -> list[int]:
    """Return ids of the newest public posts with a link."""
    rows = await list_rows(reader, LINK_PAGE, window, viewer=viewer, card=card_id, now=now_us)
    return [row[0] for row in rows]


async def count_image_bytes(reader: Reader) -> int:
    """Return how much the pictures of all cards take."""
    row = await reader.one(IMAGE_BYTES)
    return int(row[0]) if row else 0


async def list_unwanted_images(reader: Reader, limit: int) -> list[tuple[int, str, int, int]]:
    """Return (card, key, bytes, when wanted last) of the pictures wanted longest ago."""
    return [(row[0], row[1], row[2], row[3]) for row in await reader.all(UNWANTED_IMAGES, limit=limit)]


async def drop_image(tx: Transaction, card_id: int, image_key: str) -> bool:
    """Take a card's picture away; False when it has another one by now."""
    return await tx.run(DROP_IMAGE, id=card_id, image_key=image_key) == 1


async def list_unused_cards(reader: Reader, before_us: int, limit: int) -> list[tuple[int, str | None]]:
    """Return (card, key of its picture) of cards that no post shows and that were due before a moment."""
    return [(row[0], row[1]) for row in await reader.all(UNUSED_CARDS, before=before_us, limit=limit)]


async def delete_card(tx: Transaction, card_id: int) -> bool:
    """Delete a card that no post shows; False when one does again."""
    return await tx.run(DELETE_CARD, id=card_id) == 1
