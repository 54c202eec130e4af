"""What a person asks of search, and what a post offers to be found by.

Owns: the query's grammar, its limits, the operators and the marks that posts carry for them. Never: SQL; a term is
words in their order, which storage/search.py spells for its engine.

A query is words, "phrases" and operators, each with `-` in front to exclude: from:me, from:ana, has:media, has:image,
has:video, has:audio, has:poll, has:link, has:quote (also is:quote), is:reply, is:sensitive, language:fr, in:library,
before:2026-01-31, after:…, during:… (a day, a month or a year, UTC). What is no operator is a word.
Parsing never fails.
An operator about a post is a word too: MARK and a name, which no text can contain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from rookery.model.ids import us_from_datetime
from rookery.model.posts import Post
from rookery.model.text import FacetKind
from rookery.model.words import asked_words, split_words

MARK = "§"
EVERY = f"{MARK}all"
MAX_QUERY_CHARACTERS = 500
MAX_TERMS = 24
MAX_PHRASE_WORDS = 32
QUOTES = str.maketrans("“”«»„＂", '""""""')
PART = re.compile(
    r'(?P<minus>[-\u2212])?(?:(?P<name>[A-Za-z]+):(?P<value>"[^"]*"?|[^\s"]+)|"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))'
)
TAGS = re.compile(r"<[^>]{0,2000}>")
HAS = {
    "media": "media",
    "image": "image",
    "images": "image",
    "video": "video",
    "videos": "video",
    "audio": "audio",
    "poll": "poll",
    "polls": "poll",
    "link": "link",
    "links": "link",
    "embed": "link",
    "quote": "quote",
    "quotes": "quote",
}
IS = {"reply": "reply", "sensitive": "sensitive"}
LIBRARY = {"library": True, "public": False, "all": False}


@dataclass(frozen=True, slots=True)
class Term:
    """Words in their order. is_prefix: the last one may go on."""

    words: tuple[str, ...]
    is_prefix: bool = False
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class AuthorWish:
    """`from:`; handle is `me` or a handle as written."""

    handle: str
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A query, read. since_us: from this moment on; before_us: until just before this one."""

    terms: tuple[Term, ...] = ()
    authors: tuple[AuthorWish, ...] = ()
    since_us: int | None = None
    before_us: int | None = None
    only_library: bool = False

    @property
    def is_empty(self) -> bool:
        """True when nothing was asked for."""
        return self == SearchQuery()


@dataclass(slots=True)
class Reading:
    """A query while it is read."""

    terms: list[Term] = field(default_factory=list)
    query: SearchQuery = field(default_factory=SearchQuery)


def parse_query(raw: str) -> SearchQuery:
    """Read a query; what makes no sense as an operator is a word, what has no letter is nothing."""
    reading = Reading()
    for match in PART.finditer(raw[:MAX_QUERY_CHARACTERS].translate(QUOTES)):
        if len(reading.terms) + len(reading.query.authors) >= MAX_TERMS:
            break
        excluded = match["minus"] is not None
        name, value = (match["name"] or "").lower(), (match["value"] or "").strip('"')
        if not (name and take_operator(reading, name, value, excluded)):
            text = match["phrase"] or match["word"] or match[0]
            add_words(reading, text, excluded)
    return replace(reading.query, terms=tuple(reading.terms))


def add_words(reading: Reading, text: str, excluded: bool) -> None:
    """Add a word or phrase."""
    words, is_prefix = asked_words(text)
    if words:
        is_whole = len(words) <= MAX_PHRASE_WORDS
        reading.terms.append(Term(words[:MAX_PHRASE_WORDS], is_prefix and is_whole, excluded))


def take_operator(reading: Reading, name: str, value: str, excluded: bool) -> bool:
    """Take an operator; False when it is none."""
    mark = mark_of_operator(name, value.lower())
    query = reading.query
    if mark:
        reading.terms.append(Term((mark,), is_excluded=excluded))
        return True
    if name == "from" and value.strip("@"):
        reading.query = replace(query, authors=(*query.authors, AuthorWish(value.lstrip("@"), excluded)))
        return True
    if name == "in" and value.lower() in LIBRARY:
        reading.query = replace(query, only_library=LIBRARY[value.lower()] and not excluded)
        return True
    span = parse_span(value) if name in ("before", "after", "during") else None
    if span:
        reading.query = with_span(query, name, span, excluded)
    return span is not None


def mark_of_operator(name: str, value: str) -> str | None:
    """Return the mark that posts carry for an operator, None when it is about something else."""
    if name == "has" and value in HAS:
        return f"{MARK}has{HAS[value]}"
    if name == "is" and value == "quote":
        return f"{MARK}hasquote"
    if name == "is" and value in IS:
        return f"{MARK}is{IS[value]}"
    if name in ("language", "lang") and (code := language_mark(value)):
        return code
    return None


def language_mark(code: str) -> str:
    """Return the mark of a language code, '' for what cannot be one."""
    letters = "".join(character for character in code.lower() if character.isascii() and character.isalnum())
    return f"{MARK}lang{letters}" if 2 <= len(letters) <= 20 else ""


def author_mark(account_id: int) -> str:
    """Return the mark of an author."""
    return f"{MARK}by{account_id}"


def parse_span(raw: str) -> tuple[int, int] | None:
    """Read a day, month or year as its (first moment, first moment after it), UTC; None for anything else."""
    for shape in ("%Y-%m-%d", "%Y-%m", "%Y"):
        try:
            start = datetime.strptime(raw, shape).replace(tzinfo=UTC)
        except ValueError:
            continue
        if not 1971 <= start.year <= 9000:
            return None
        if shape == "%Y-%m-%d":
            end = start + timedelta(days=1)
        elif shape == "%Y-%m":
            end = (start + timedelta(days=32)).replace(day=1)
        else:
            end = start.replace(year=start.year + 1)
        return us_from_datetime(start), us_from_datetime(end)
    return None


def with_span(query: SearchQuery, name: str, span: tuple[int, int], excluded: bool) -> SearchQuery:
    """Narrow the query to a time. An excluded `before` is its other side; an excluded `during` is let be."""
    start, end = span
    since, before = {
        ("before", False): (None, start),
        ("after", False): (end, None),
        ("during", False): (start, end),
        ("before", True): (start, None),
        ("after", True): (None, end),
        ("during", True): (None, None),
    }[name, excluded]
    if since is not None and (query.since_us is None or since > query.since_us):
        query = replace(query, since_us=since)
    if before is not None and (query.before_us is None or before < query.before_us):
        query = replace(query, before_us=before)
    return query


@dataclass(frozen=True, slots=True)
class Searchable:
    """What the index keeps of a post or an account: words in their order, and marks."""

    id: int
    words: tuple[str, ...]


def searchable_from_post(post: Post) -> Searchable:
    """Gather what a post can be found by: text, content warning, choices of a poll, descriptions of pictures."""
    text = post.text or TAGS.sub(" ", post.html or "")
    options = [option.title for option in post.poll.options] if post.poll else []
    parts = [post.content_warning, text, *options, *(picture.description for picture in post.media)]
    words: list[str] = []
    for part in parts:
        if part:
            words += [*split_words(part), MARK]  # a phrase does not reach from one part into the next
    return Searchable(post.id, (*words, *marks_of_post(post)))


def marks_of_post(post: Post) -> list[str]:
    """Return the marks that operators ask for."""
    marks = [EVERY, author_mark(post.author_id)]
    kinds = {"image" if picture.kind == "gifv" else picture.kind for picture in post.media}
    marks += [f"{MARK}has{kind}" for kind in sorted({*kinds, "media"} if kinds else ()) if kind in HAS.values()]
    marks += [
        mark
        for mark, holds in (
            (f"{MARK}haspoll", post.poll is not None),
            (f"{MARK}hasquote", post.quote_of_id is not None),
            (f"{MARK}haslink", any(facet.kind is FacetKind.LINK for facet in post.facets)),
            (f"{MARK}isreply", post.reply_to_id is not None),
            (f"{MARK}issensitive", post.is_sensitive or bool(post.content_warning)),
        )
        if holds
    ]
    codes = {post.language, post.language.partition("-")[0]} if post.language else set()
    return marks + sorted(filter(None, (language_mark(code) for code in codes)))


def searchable_from_names(account_id: int, username: str, domain: str, display_name: str) -> Searchable:
    """Gather what an account can be found by: its handle and name."""
    return Searchable(account_id, tuple(split_words(f"{username} {display_name} {domain}")))


def name_terms(raw: str) -> tuple[Term, ...]:
    """Return the terms of a search for people: each word may go on."""
    return tuple(Term((word,), is_prefix=True) for word in split_words(raw[:MAX_QUERY_CHARACTERS])[:8])
