"""The search index in SQL: FTS5 on SQLite, tsvector on PostgreSQL, the same words in both.

Owns: the tables `post_search` and `account_search`, spelling terms for each engine, the gates of what is found. Words
come folded and split (model/words.py); they hold letters, digits and MARK, so nothing in a query is syntax.

Finding posts: ids that match come newest first, in chunks that grow, and each chunk passes FINDABLE, which carries
VISIBLE and WANTED (K5). At most MAX_SCANNED matches are looked at, so a common word cannot hold the server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from rookery.model.ids import now_us
from rookery.model.paging import Window
from rookery.model.search import EVERY, Searchable, Term
from rookery.model.tags import HISTORY_DAYS, Tag
from rookery.storage.database import Reader, Transaction
from rookery.storage.marks import Mark
from rookery.storage.pages import NOT_SILENCED
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.sql import POSTGRES, SQLITE
from rookery.storage.visibility import VISIBLE, WANTED

FIRST_CHUNK, GROWTH, MAX_CHUNK, MAX_SCANNED = 60, 5, 5000, 20_000  # a page is mostly found among the first 60
NEAR = 4000
DAY_US = 86_400 * 1_000_000
PUT = {
    SQLITE: "INSERT OR REPLACE INTO {table} (rowid, words) VALUES (:id, :words)",
    POSTGRES: """
        INSERT INTO {table} (rowid, words) VALUES (:id, CAST(CAST(:words AS text) AS tsvector))
        ON CONFLICT (rowid) DO UPDATE SET words = excluded.words
    """,
}
PUT_POST = {dialect: text.replace("{table}", "post_search") for dialect, text in PUT.items()}
PUT_ACCOUNT = {dialect: text.replace("{table}", "account_search") for dialect, text in PUT.items()}
DELETE_POST = "DELETE FROM post_search WHERE rowid = :id"
DELETE_ACCOUNT = "DELETE FROM account_search WHERE rowid = :id"
ASKED = "words @@ CAST(CAST(:match AS text) AS tsquery)"
IN_ORDER = PageQuery("""
    -- SQLite: the rowid order is the index's own.
    SELECT rowid FROM post_search WHERE post_search MATCH :match AND rowid < :before AND rowid > :after
    ORDER BY rowid {order} LIMIT :limit
""")
BY_ROW = PageQuery(f"""
    -- PostgreSQL, a span of few posts: row by row. Index: primary key; the inner limit keeps the planner to it.
    SELECT rowid FROM (
        SELECT rowid, words FROM post_search WHERE rowid < :before AND rowid > :after
        ORDER BY rowid {{order}} LIMIT {NEAR + 1}
    ) AS near WHERE {ASKED} ORDER BY rowid {{order}} LIMIT :limit
""")
BY_WORD = PageQuery(f"""
    -- PostgreSQL, the rest. Index: post_search_words (gin); the sums keep the planner from the primary key, which it
    -- would walk whole for a rare word.
    SELECT rowid FROM post_search WHERE {ASKED} AND rowid + 0 < :before AND rowid + 0 > :after
    ORDER BY rowid + 0 {{order}} LIMIT :limit
""")
NEAR_END = PageQuery("""
    SELECT rowid FROM post_search WHERE rowid < :before AND rowid > :after ORDER BY rowid {order} LIMIT 1 OFFSET :near
""")
IN_LIBRARY = f"""
    (p.author_id = :viewer
        OR EXISTS (SELECT 1 FROM marks k WHERE k.account_id = :viewer AND k.post_id = p.id
            AND k.kind IN ({int(Mark.LIKE)}, {int(Mark.BOOKMARK)}, {int(Mark.REPOST)}))
        OR EXISTS (SELECT 1 FROM mentions n WHERE n.post_id = p.id AND n.account_id = :viewer))
"""
FINDABLE = f"""
    -- Which of some posts the viewer may find: their own and what they kept or were named in, and public posts of
    -- authors who opted in.
    SELECT p.id FROM posts p WHERE p.id IN (:ids...) AND p.repost_of_id IS NULL
    AND ({IN_LIBRARY} OR (:only_library = 0 AND p.audience = 0
        AND EXISTS (SELECT 1 FROM accounts x WHERE x.id = p.author_id AND x.is_indexable = 1) AND {NOT_SILENCED}))
    AND {VISIBLE} AND {WANTED}
"""
LIBRARY_IDS = f"""
    -- The viewer's own posts, what they kept and what names them, between two ids, some of them twice.
    -- Indexes: posts_author, marks (primary key), mentions_account
    SELECT p.id FROM posts p WHERE p.author_id = :viewer AND p.id >= :low AND p.id <= :high
    UNION ALL SELECT k.post_id FROM marks k WHERE k.account_id = :viewer AND k.post_id >= :low AND k.post_id <= :high
        AND k.kind IN ({int(Mark.LIKE)}, {int(Mark.BOOKMARK)}, {int(Mark.REPOST)})
    UNION ALL SELECT n.post_id FROM mentions n
        WHERE n.account_id = :viewer AND n.post_id >= :low AND n.post_id <= :high
    LIMIT :limit
"""
ACCOUNTS_MATCHING = {
    SQLITE: "SELECT rowid AS id FROM account_search WHERE account_search MATCH :match LIMIT 2000",
    POSTGRES: """
        SELECT rowid AS id FROM account_search WHERE words @@ CAST(CAST(:match AS text) AS tsquery) LIMIT 2000
    """,
}
FIND_ACCOUNTS = {
    dialect: f"""
        -- People by name: the exact user name first, then whom the viewer follows, then ours, then the best known.
        SELECT a.id FROM ({matching}) AS s JOIN accounts a ON a.id = s.id
        LEFT JOIN members m ON m.account_id = a.id
        LEFT JOIN follows f ON f.follower_id = :viewer AND f.followed_id = a.id AND f.state = 'active'
        WHERE a.suspended_at IS NULL AND (a.domain <> '' OR m.state = 'active')
        AND (:only_followed = 0 OR f.id IS NOT NULL)
        AND (a.silenced_at IS NULL OR f.id IS NOT NULL OR a.username_key = :exact)
        AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = a.id AND b.other_id = :viewer)
        ORDER BY CASE WHEN a.username_key = :exact THEN 0 ELSE 1 END, CASE WHEN f.id IS NULL THEN 1 ELSE 0 END,
            CASE WHEN a.domain = '' THEN 0 ELSE 1 END, a.follower_count DESC, a.id LIMIT :limit OFFSET :offset
    """
    for dialect, matching in ACCOUNTS_MATCHING.items()
}
FIND_TAGS = """
    -- Hashtags of public posts by their beginning, the exact one first, then those that most accounts used in a week.
    -- Index: tags_by_beginning (name), trend_days (primary key)
    SELECT t.name, t.shown, t.id FROM tags t WHERE t.name {binary} >= :low AND t.name {binary} < :high
    AND NOT EXISTS (SELECT 1 FROM tag_rules r WHERE r.tag = t.name AND (r.is_listable = 0 OR r.is_usable = 0))
    AND EXISTS (SELECT 1 FROM post_tags u JOIN posts p ON p.id = u.post_id WHERE u.tag = t.name AND p.audience = 0)
    ORDER BY CASE WHEN t.name = :low THEN 0 ELSE 1 END, (SELECT coalesce(sum(d.account_count), 0) FROM trend_days d
        WHERE d.kind = 1 AND d.name = t.name AND d.day >= :since) DESC, t.last_used_at DESC LIMIT :limit OFFSET :offset
"""
POST_BY_URI = f"SELECT p.id FROM posts p WHERE p.uri = :uri AND {VISIBLE}"


def words_for(dialect: str, entry: Searchable) -> str:
    """Spell an entry's words for its engine: apart by spaces, or each with its places."""
    if dialect == SQLITE:
        return " ".join(entry.words)
    places: dict[str, list[int]] = {}
    for place, word in enumerate(entry.words, 1):
        places.setdefault(word, []).append(place)
    return " ".join(f"'{word}':{','.join(map(str, at[:200]))}" for word, at in places.items())


def match_for(dialect: str, terms: Sequence[Term]) -> str:
    """Spell terms for an engine: all of the wanted ones, none of the excluded."""
    wanted = [term for term in terms if not term.is_excluded] or [Term((EVERY,))]
    excluded = [term for term in terms if term.is_excluded]
    spell, both, either, without = (
        (fts_phrase, " AND ", " OR ", " NOT ") if dialect == SQLITE else (tsquery_phrase, " & ", " | ", " & !")
    )
    match = f"({both.join(map(spell, wanted))})"
    return f"{match}{without}({either.join(map(spell, excluded))})" if excluded else match


def fts_phrase(term: Term) -> str:
    """A phrase of FTS5. Spec: https://sqlite.org/fts5.html#fts5_phrases."""
    return f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}'


def tsquery_phrase(term: Term) -> str:
    """A phrase of tsquery. Spec: https://www.postgresql.org/docs/current/datatype-textsearch.html."""
    words = [f"'{word}'" for word in term.words]
    if term.is_prefix:
        words[-1] += ":*"
    return f"({' <-> '.join(words)})"


async def index_posts(tx: Transaction, entries: Iterable[Searchable]) -> None:
    """Put posts into the index, in place of what it had of them; also in bulk, for imports and seeds."""
    await tx.run_many(PUT_POST[tx.dialect], rows_for(tx.dialect, entries))


async def index_accounts(tx: Transaction, entries: Iterable[Searchable]) -> None:
    """Put accounts into the index, in place of what it had of them."""
    await tx.run_many(PUT_ACCOUNT[tx.dialect], rows_for(tx.dialect, entries))


def rows_for(dialect: str, entries: Iterable[Searchable]) -> list[dict[str, object]]:
    """Parameters of PUT."""
    return [{"id": entry.id, "words": words_for(dialect, entry)} for entry in entries]


async def forget_posts(tx: Transaction, ids: Iterable[int]) -> None:
    """Take posts out of the index."""
    await tx.run_many(DELETE_POST, [{"id": post_id} for post_id in ids])


async def forget_accounts(tx: Transaction, ids: Iterable[int]) -> None:
    """Take accounts out of the index."""
    await tx.run_many(DELETE_ACCOUNT, [{"id": account_id} for account_id in ids])


@dataclass(frozen=True, slots=True)
class PostSearch:
    """A search for posts by a viewer. only_library: nothing but what is their own, kept or names them."""

    viewer: int
    terms: tuple[Term, ...]
    only_library: bool = False
    offset: int = 0


async def find_posts(reader: Reader, dialect: str, search: PostSearch, window: Window, now_us: int) -> list[int]:
    """Return the ids of found posts, newest first."""
    wanted = search.offset + window.limit
    found: list[int] = []
    async for ids in matching_ids(reader, dialect, match_for(dialect, search.terms), window):
        kept = await keep_findable(reader, ids, search, now_us)
        found += kept[::-1] if window.goes_up else kept
        if len(found) >= wanted:
            break
    page = found[search.offset : wanted]
    return page[::-1] if window.goes_up else page


async def matching_ids(reader: Reader, dialect: str, match: str, window: Window) -> AsyncIterator[list[int]]:
    """Yield lists of ids that match, each newest first, walking away from the window's start; at most MAX_SCANNED."""
    scanned, chunk = 0, FIRST_CHUNK
    for query, span in await spans_of(reader, dialect, window):
        before, after, has_more = span.before, span.floor, True
        while has_more and scanned < MAX_SCANNED:
            part = Window(chunk, before, after, above=after if window.goes_up else None)
            ids = [row[0] for row in await list_rows(reader, query, part, match=match)]
            has_more = len(ids) == chunk
            scanned, chunk = scanned + len(ids), min(chunk * GROWTH, MAX_CHUNK)
            if ids:
                yield ids
                before, after = (before, ids[0]) if window.goes_up else (ids[-1], after)


async def spans_of(reader: Reader, dialect: str, window: Window) -> list[tuple[PageQuery, Window]]:
    """Part a window where the engine sorts what it finds: near posts first, for words that many of them have."""
    if dialect == SQLITE:
        return [(IN_ORDER, window)]
    rows = await list_rows(reader, NEAR_END, window, near=NEAR)
    if not rows:
        return [(BY_ROW, window)]
    end = rows[0][0]
    if window.goes_up:
        near, rest = Window(before=end + 1, above=window.floor), Window(before=window.before, above=end)
    else:
        near, rest = Window(before=window.before, after=end - 1), Window(before=end, after=window.floor)
    return [(BY_ROW, near), (BY_WORD, rest)]


async def keep_findable(reader: Reader, ids: list[int], search: PostSearch, now_us: int) -> list[int]:
    """Return those of the ids, in their order, that the viewer may find."""
    if search.only_library and len(ids) > FIRST_CHUNK:
        ids = await keep_library(reader, ids, search.viewer)
    if not ids:
        return []
    rows = await reader.all(FINDABLE, ids=ids, viewer=search.viewer, only_library=int(search.only_library), now=now_us)
    passed = {row[0] for row in rows}
    return [post_id for post_id in ids if post_id in passed]


async def keep_library(reader: Reader, ids: list[int], viewer: int) -> list[int]:
    """Return those of many ids that are in the viewer's library; all of them when the library is the larger side.

    ids: newest or oldest first. A library is mostly small: it is read in one stretch of its indexes, where asking for
    each id would take several look-ups.
    """
    low, high = sorted((ids[0], ids[-1]))
    rows = await reader.all(LIBRARY_IDS, viewer=viewer, low=low, high=high, limit=len(ids) + 1)
    if len(rows) > len(ids):
        return ids
    library = {row[0] for row in rows}
    return [post_id for post_id in ids if post_id in library]


async def find_accounts(
    reader: Reader,
    dialect: str,
    terms: Sequence[Term],
    viewer: int,
    *,
    exact: str,
    limit: int,
    offset: int = 0,
    only_followed: bool = False,
) -> list[int]:
    """Return the ids of people whose name has every term. exact: the user name key that comes first."""
    rows = await reader.all(
        FIND_ACCOUNTS[dialect],
        match=match_for(dialect, terms),
        viewer=viewer,
        exact=exact,
        only_followed=int(only_followed),
        limit=limit,
        offset=offset,
    )
    return [row[0] for row in rows]


async def find_post_by_uri(reader: Reader, uri: str, viewer: int) -> int | None:
    """Return the id of the far post that this URI names, when the viewer may see it."""
    row = await reader.one(POST_BY_URI, uri=uri, viewer=viewer)
    return row[0] if row else None


async def find_tags(reader: Reader, prefix: str, *, limit: int, offset: int = 0) -> list[Tag]:
    """Return the hashtags of public posts that begin so (key)."""
    since = now_us() // DAY_US - HISTORY_DAYS + 1
    rows = await reader.all(FIND_TAGS, low=prefix, high=f"{prefix}\U0010ffff", since=since, limit=limit, offset=offset)
    return [Tag(row[0], row[1], row[2]) for row in rows]
