"""The grammar of a search."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from rookery.model.ids import datetime_from_us
from rookery.model.search import AuthorWish, SearchQuery, Term, parse_query


def terms(raw):
    return [
        ("-" if t.is_excluded else "") + " ".join(t.words) + ("*" if t.is_prefix else "")
        for t in parse_query(raw).terms
    ]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("two words", ["two", "words"]),
        ('"a phrase" word', ["a phrase", "word"]),
        ("“curly quotes”", ["curly quotes"]),
        ('"never closed', ["never closed"]),
        ('-not −this -"nor that"', ["-not", "-this", "-nor that"]),
        ("d'été example.org", ["d ete", "example org"]),
        ("has:media -has:poll is:reply language:pt-BR", ["§hasmedia", "-§haspoll", "§isreply", "§langptbr"]),
        ("has:wings foo:bar", ["has wings", "foo bar"]),
        ("https://example.org/x", ["example org x"]),
        ("日本 語", ["日本", "語*"]),
        ('- " :: -"" §all', ["all"]),
    ],
)
def test_words_phrases_and_operators_are_told_apart(raw, found):
    assert terms(raw) == found


def test_authors_and_the_library_are_wishes():
    query = parse_query("from:me -from:@ana@far.example in:library")
    assert query.authors == (AuthorWish("me"), AuthorWish("ana@far.example", is_excluded=True))
    assert query.only_library


@pytest.mark.parametrize(
    ("raw", "since", "before"),
    [
        ("before:2026-01-31", None, "2026-01-31"),
        ("after:2026-01-31", "2026-02-01", None),
        ("during:2026-02-28", "2026-02-28", "2026-03-01"),
        ("during:2024-12", "2024-12-01", "2025-01-01"),
        ("during:2024", "2024-01-01", "2025-01-01"),
        ("-before:2026-01-31", "2026-01-31", None),
        ("after:2025-01-01 after:2024-01-01", "2025-01-02", None),
        ("before:2026-13-45", None, None),
        ("during:9999", None, None),
    ],
)
def test_days_months_and_years_bound_a_search(raw, since, before):
    query = parse_query(raw)
    found = [m and datetime_from_us(m).date().isoformat() for m in (query.since_us, query.before_us)]
    assert found == [since, before]


def test_a_search_for_nothing_is_empty():
    assert parse_query(' - "" … ') == SearchQuery()
    assert parse_query("is:reply").terms == (Term(("§isreply",)),)


@settings(max_examples=200)
@given(some.text(max_size=600))
def test_reading_a_query_never_fails(raw):
    query = parse_query(raw)
    assert all(word and word.isprintable() for term in query.terms for word in term.words) or not raw.isprintable()
