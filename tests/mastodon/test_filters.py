"""Filters: words and posts that a person would rather not meet."""

import re
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rookery.mastodon.filters import CompiledFilters, FilterCache
from rookery.mastodon.posts_json import RenderedPost
from rookery.model.filters import Filter, FilterPost, FilterWord
from rookery.model.lookalikes import as_seen

HOME = ("home", "public")


async def makes_filter(person, *keywords, code=200, whole_word=False, **more):
    body = {
        "title": "spare me",
        "context": ["home"],
        "keywords_attributes": [{"keyword": keyword, "whole_word": whole_word} for keyword in keywords],
        **more,
    }
    return await person.calls("POST", "/api/v2/filters", json_body=body, code=code)


async def seen(person, post):
    return (await person.calls("GET", f"/api/v1/statuses/{post['id']}"))["filtered"]


async def test_a_post_with_a_filtered_word_says_so_to_its_reader_alone(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    made = await makes_filter(bea, "Spiders", filter_action="hide")
    await ana.publishes("no spiders here")
    other = await ana.publishes("look at this", spoiler_text="SPIDERS")
    plain = await ana.publishes("look at that")
    [unmatched, by_warning, by_text] = await bea.home()
    assert unmatched["id"] == plain["id"]
    assert unmatched["filtered"] == []
    assert by_warning["id"] == other["id"]
    expected = {key: made[key] for key in ("id", "title", "context", "expires_at", "filter_action")}
    assert expected["filter_action"] == "hide"
    found = {"filter": expected, "keyword_matches": ["Spiders"], "status_matches": None}
    assert by_text["filtered"] == by_warning["filtered"] == [found]
    assert [post["filtered"] for post in await ana.home()] == [[], [], []]
    anonymous = await world.stranger.get(f"/api/v1/statuses/{other['id']}")
    assert "filtered" not in anonymous.json


@pytest.mark.parametrize("who_reads_first", ["with a filter", "without"])
async def test_what_readers_share_stays_apart_from_what_a_filter_says(world, who_reads_first):
    ana, bea, cleo, dan = await world.people("ana", "bea", "cleo", "dan")
    await makes_filter(bea, "spider")
    spider, bird = await ana.publishes("a spider"), await ana.publishes("a bird")
    for post in (spider, bird):
        await dan.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    for reader in (bea, cleo):
        await reader.follows(dan)
    if who_reads_first == "without":
        await words_met(cleo, ana)
    for _ in range(2):
        assert await words_met(bea, ana) == [[], ["spider"]]
        assert await words_met(cleo, ana) == [[], []]
    await bea.calls("POST", f"/api/v1/statuses/{bird['id']}/favourite")
    shown = (await bea.home())[0]["reblog"]
    assert (shown["favourited"], shown["filtered"]) == (True, [])
    await ana.calls("PUT", f"/api/v1/statuses/{bird['id']}", json_body={"status": "a bird eats a spider"})
    assert await words_met(bea, ana) == [["spider"], ["spider"]]
    await makes_filter(cleo, "bird")
    assert await words_met(cleo, ana) == [["bird"], []]


async def words_met(reader, author):
    """The keywords found in each post of the author; in the reader's home, which has them repeated, it is the same."""
    posts = await reader.calls("GET", f"/api/v1/accounts/{author.id}/statuses")
    repeated = await reader.home()
    found = [post["filtered"] for post in posts]
    assert found == [post["filtered"] for post in repeated] == [post["reblog"]["filtered"] for post in repeated]
    return [[word for result in results for word in result["keyword_matches"]] for results in found]


@pytest.mark.parametrize("text", [pytest.param("a sріder on the wall", id="GEN-36"), "ＳＰＩＤＥＲ", "spi\u200bder"])
async def test_a_filtered_word_is_met_in_letters_that_only_look_like_its_own(world, text):
    ana, bea = await world.people("ana", "bea")
    await makes_filter(bea, "spider", whole_word=True)
    post = await ana.publishes(text)
    assert [one["keyword_matches"] for one in await seen(bea, post)] == [["spider"]]


async def test_a_filter_looks_into_poll_choices_and_what_a_post_repeats(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await cleo.follows(bea)
    await makes_filter(cleo, "spider")
    poll = {"options": ["a spider", "a cat"], "expires_in": 3600}
    post = await ana.publishes("which one?", poll=poll)
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    [repost] = await cleo.home()
    assert repost["filtered"] == repost["reblog"]["filtered"] != []


async def test_a_named_post_is_filtered_also_when_it_is_repeated(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await cleo.follows(bea)
    made = await makes_filter(cleo, "nothing like it")
    post = await ana.publishes("a tune that never ends")
    path = f"/api/v2/filters/{made['id']}/statuses"
    entry = await cleo.calls("POST", path, form={"status_id": post["id"]})
    assert entry == {"id": entry["id"], "status_id": post["id"]}
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    [repost] = await cleo.home()
    assert [one["status_matches"] for one in repost["filtered"]] == [[post["id"]]]
    assert repost["filtered"][0]["keyword_matches"] is None
    assert await cleo.calls("GET", path) == [entry]
    assert await cleo.calls("GET", f"/api/v2/filters/statuses/{entry['id']}") == entry
    await cleo.calls("POST", path, form={"status_id": post["id"]}, code=422)
    await cleo.calls("DELETE", f"/api/v2/filters/statuses/{entry['id']}")
    assert await seen(cleo, post) == []
    await cleo.calls("POST", path, form={}, code=422)


async def test_a_post_that_she_cannot_see_cannot_be_named(world):
    ana, bea = await world.people("ana", "bea")
    made = await makes_filter(bea, "x")
    secret = await ana.publishes("for friends", visibility="private")
    await bea.calls("POST", f"/api/v2/filters/{made['id']}/statuses", form={"status_id": secret["id"]}, code=422)


@pytest.mark.parametrize(
    ("keyword", "text", "whole_word", "is_met"),
    [
        ("cat", "concatenate", False, True),
        ("cat", "concatenate", True, False),
        ("cat", "a CAT!", True, True),
        ("#cat", "I love #cats", True, False),
        ("#cat", "I love#cat", True, True),
        ("straße", "die STRASSE", True, True),
        ("été", "un Été chaud", True, True),
        ("猫", "私の猫です", False, True),
        ("c++", "I write C++.", True, True),
        ("a.b", "aXb", False, False),
    ],
)
async def test_whole_words_are_met_between_the_edges_of_words(world, keyword, text, whole_word, is_met):
    ana, bea = await world.people("ana", "bea")
    await makes_filter(bea, keyword, whole_word=whole_word)
    assert bool(await seen(bea, await ana.publishes(text))) == is_met


async def test_every_change_of_a_filter_is_felt_at_once(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("spiders and snakes")
    assert await seen(bea, post) == []
    made = await makes_filter(bea, "spider")
    path = f"/api/v2/filters/{made['id']}"
    [word] = made["keywords"]
    assert len(await seen(bea, post)) == 1
    await bea.calls("PUT", f"/api/v2/filters/keywords/{word['id']}", json_body={"whole_word": True})
    assert await seen(bea, post) == []
    snakes = await bea.calls("POST", f"{path}/keywords", form={"keyword": "snakes"})
    assert snakes == {"id": snakes["id"], "keyword": "snakes", "whole_word": True}
    assert (await seen(bea, post))[0]["keyword_matches"] == ["snakes"]
    await bea.calls("PATCH", path, json_body={"filter_action": "blur", "title": "crawlers"})
    assert (await seen(bea, post))[0]["filter"]["filter_action"] == "blur"
    assert [w["keyword"] for w in await bea.calls("GET", f"{path}/keywords")] == ["spider", "snakes"]
    await bea.calls("DELETE", f"/api/v2/filters/keywords/{snakes['id']}")
    assert await seen(bea, post) == []
    changes = [{"id": word["id"], "_destroy": True}, {"keyword": "and"}]
    changed = await bea.calls("PUT", path, json_body={"keywords_attributes": changes})
    assert [w["keyword"] for w in changed["keywords"]] == ["and"]
    assert len(await seen(bea, post)) == 1
    await bea.calls("DELETE", path)
    assert await seen(bea, post) == []
    assert await bea.calls("GET", "/api/v2/filters") == []


async def test_an_expired_filter_stays_in_the_list_and_matches_no_more(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("spiders")
    ended = await makes_filter(bea, "spiders", expires_in=0)
    assert await seen(bea, post) == []
    assert ended["expires_at"] is not None
    lasting = await bea.calls("PUT", f"/api/v2/filters/{ended['id']}", json_body={"expires_in": None})
    assert lasting["expires_at"] is None
    assert len(await seen(bea, post)) == 1
    for_an_hour = await bea.calls("PUT", f"/api/v2/filters/{ended['id']}?expires_in=3600")
    kept = await bea.calls("PUT", f"/api/v2/filters/{ended['id']}", json_body={"title": "an hour"})
    assert kept["expires_at"] == for_an_hour["expires_at"] is not None
    compiled = world.face.filters.viewers[bea.id]
    compiled.ends_at_us = 1  # an hour has passed
    assert len(await seen(bea, post)) == 1  # compiled anew


@pytest.mark.parametrize("spelling", ["json", "brackets", "indexed", "query"])
async def test_a_filter_can_be_spelled_as_every_app_does(world, spelling):
    [ana] = await world.people("ana")
    pairs = {
        "brackets": [
            ("title", "t"),
            ("context[]", "home"),
            ("context[]", "thread"),
            ("keywords_attributes[][keyword]", "one"),
            ("keywords_attributes[][whole_word]", "false"),
            ("keywords_attributes[][keyword]", "two"),
        ],
        "indexed": [
            ("title", "t"),
            ("context[0]", "home"),
            ("context[1]", "thread"),
            ("keywords_attributes[0][keyword]", "one"),
            ("keywords_attributes[0][whole_word]", "0"),
            ("keywords_attributes[1][keyword]", "two"),
            ("keywords_attributes[2][keyword]", ""),
        ],
    }
    pairs["query"] = pairs["brackets"]
    body = {
        "title": "t",
        "context": ["home", "thread"],
        "keywords_attributes": [{"keyword": "one", "whole_word": False}, {"keyword": "two"}],
    }
    encoded = "&".join(f"{quote(key)}={quote(value)}" for key, value in pairs.get(spelling, []))
    path, more = "/api/v2/filters", {"json_body": body}
    if spelling == "query":
        path, more = f"{path}?{encoded}", {}
    elif spelling != "json":
        more = {"body": encoded.encode(), "headers": {"content-type": "application/x-www-form-urlencoded"}}
    made = await ana.calls("POST", path, **more)
    assert made["context"] == ["home", "thread"]
    assert [(w["keyword"], w["whole_word"]) for w in made["keywords"]] == [("one", False), ("two", True)]
    assert (made["filter_action"], made["expires_at"], made["statuses"]) == ("warn", None, [])
    assert await ana.calls("GET", f"/api/v2/filters/{made['id']}") == made


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": "x"},
        {"title": " ", "context": ["home"]},
        {"title": "x" * 257, "context": ["home"]},
        {"title": "x", "context": ["everywhere"]},
        {"title": "x", "context": []},
        {"title": "x", "context": ["home"], "filter_action": "explode"},
        {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "y" * 513}]},
        {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": str(n)} for n in range(501)]},
    ],
)
async def test_a_filter_that_breaks_a_rule_is_refused_whole(world, body):
    [ana] = await world.people("ana")
    refused = await ana.client.post("/api/v2/filters", json_body=body)
    assert refused.code in (400, 422)
    assert refused.json["error"]
    assert await ana.calls("GET", "/api/v2/filters") == []


async def test_a_keyword_needs_letters(world):
    [ana] = await world.people("ana")
    made = await makes_filter(ana, "word")
    await ana.calls("POST", f"/api/v2/filters/{made['id']}/keywords", form={"keyword": " "}, code=422)
    await ana.calls("PUT", f"/api/v2/filters/keywords/{made['keywords'][0]['id']}", form={"keyword": ""}, code=422)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v2/filters/{filter}"),
        ("PUT", "/api/v2/filters/{filter}"),
        ("PATCH", "/api/v2/filters/{filter}"),
        ("DELETE", "/api/v2/filters/{filter}"),
        ("GET", "/api/v2/filters/{filter}/keywords"),
        ("POST", "/api/v2/filters/{filter}/keywords"),
        ("GET", "/api/v2/filters/{filter}/statuses"),
        ("POST", "/api/v2/filters/{filter}/statuses"),
        ("GET", "/api/v2/filters/keywords/{word}"),
        ("PUT", "/api/v2/filters/keywords/{word}"),
        ("DELETE", "/api/v2/filters/keywords/{word}"),
        ("GET", "/api/v2/filters/statuses/{entry}"),
        ("DELETE", "/api/v2/filters/statuses/{entry}"),
        ("GET", "/api/v1/filters/{word}"),
        ("PUT", "/api/v1/filters/{word}"),
        ("DELETE", "/api/v1/filters/{word}"),
    ],
)
async def test_somebody_elses_filter_is_not_there(world, method, path):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("hello")
    made = await makes_filter(ana, "word")
    entry = await ana.calls("POST", f"/api/v2/filters/{made['id']}/statuses", form={"status_id": post["id"]})
    before = await ana.calls("GET", "/api/v2/filters")
    path = path.format(filter=made["id"], word=made["keywords"][0]["id"], entry=entry["id"])
    body = {"title": "mine", "keyword": "mine", "phrase": "mine", "status_id": post["id"]} if method != "GET" else None
    await bea.calls(method, path, json_body=body, code=404)
    assert await ana.calls("GET", "/api/v2/filters") == before


async def test_somebody_elses_keyword_cannot_be_drawn_into_ones_own_filter(world):
    ana, bea = await world.people("ana", "bea")
    theirs = (await makes_filter(ana, "word"))["keywords"][0]
    mine = await makes_filter(bea, "own")
    body = {"keywords_attributes": [{"id": theirs["id"], "keyword": "stolen"}]}
    await bea.calls("PUT", f"/api/v2/filters/{mine['id']}", json_body=body, code=404)
    assert (await ana.calls("GET", f"/api/v2/filters/keywords/{theirs['id']}"))["keyword"] == "word"


async def test_old_apps_see_each_keyword_as_a_filter_and_are_told_to_move_on(world):
    ana, bea = await world.people("ana", "bea")
    body = {"phrase": "spiders", "context": ["home", "public"], "irreversible": True, "whole_word": False}
    reply = await bea.client.post("/api/v1/filters", json_body=body)
    made = reply.json
    assert made == {"id": made["id"], "expires_at": None, **body}
    assert reply.headers["deprecation"] == "@1668384000"
    [new] = await bea.calls("GET", "/api/v2/filters")
    assert (new["title"], new["filter_action"], new["keywords"][0]["id"]) == ("spiders", "hide", made["id"])
    assert len(await seen(bea, await ana.publishes("spiders"))) == 1
    path = f"/api/v1/filters/{made['id']}"
    changed = await bea.calls("PUT", path, form={"phrase": "snakes", "context[]": ["home"], "expires_in": "60"})
    assert (changed["phrase"], changed["context"], changed["irreversible"]) == ("snakes", ["home"], True)
    assert changed["expires_at"] is not None
    assert await bea.calls("GET", path) == changed
    assert await bea.calls("GET", "/api/v1/filters") == [changed]
    assert await bea.calls("DELETE", path) == {}
    assert await bea.calls("GET", "/api/v2/filters") == []


async def test_an_old_app_cannot_change_the_rules_of_a_filter_with_many_keywords(world):
    [ana] = await world.people("ana")
    made = await makes_filter(ana, "one", "two")
    path = f"/api/v1/filters/{made['keywords'][0]['id']}"
    await ana.calls("PUT", path, form={"phrase": "uno", "context[]": "public"}, code=422)
    await ana.calls("PUT", path, form={"phrase": "uno"})
    after = await ana.calls("GET", f"/api/v2/filters/{made['id']}")
    assert (after["title"], after["keywords"][0]["keyword"]) == ("spare me", "uno")
    await ana.calls("DELETE", path)
    assert len((await ana.calls("GET", f"/api/v2/filters/{made['id']}"))["keywords"]) == 1


async def test_a_reader_without_filters_costs_nothing(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    await ana.publishes("hello")
    await bea.home()
    filters = world.face.filters
    assert bea.id in filters.without
    started = time.perf_counter()
    for _ in range(10_000):
        assert await filters.of(bea.id, "home") is None
    assert (time.perf_counter() - started) / 10_000 < 20e-6  # about 0.2 µs on an idle machine


async def test_more_listeners_than_the_server_keeps_are_still_asked_for_once(world):
    ana, bea, *others = await world.people("ana", "bea", "cleo", "dan", "eva")
    for owner in (ana, bea):
        await makes_filter(owner, "spider")
    cache = FilterCache(world.app.db, world.face.live, kept=1)
    everybody = [one.id for one in (ana, bea, *others)]
    await cache.learn(everybody)
    assert set(cache.without) == {one.id for one in others}
    for _ in range(2):
        found = [one for one in everybody if await cache.of(one, "home") is not None]
        assert found == [ana.id, bea.id]
        assert len(cache.viewers) == 1
    await makes_filter(others[0], "cat")
    await world.face.live.catch_up()
    await cache.learn(everybody)
    assert set(cache.without) == {one.id for one in others[1:]}
    assert await cache.of(others[0].id, "home") is not None


def rendered(text):
    return RenderedPost(7, 1, 7, None, b"", b"", None, text)


def naively(filters, text):
    """Mastodon's own expression per keyword, one after the other."""
    folded, found = text.casefold(), []
    for one in filters:
        hits = []
        for word in one.words:
            keyword = word.keyword.casefold()
            if not word.is_whole_word:
                if keyword in folded:
                    hits.append(word.keyword)
                continue
            for place in range(len(folded) - len(keyword) + 1):
                inside = folded.startswith(keyword, place)
                before, after = folded[:place][-1:], folded[place + len(keyword) :][:1]
                starts = not (re.match(r"\w", keyword[0]) and re.match(r"\w", before))
                ends = not (re.match(r"\w", keyword[-1]) and re.match(r"\w", after))
                if inside and starts and ends:
                    hits.append(word.keyword)
                    break
        found.append(hits)
    return found


LETTERS = st.text(st.sampled_from("abAB ßẞéÉ#+.\\[(|*?猫ı"), min_size=1, max_size=4)
WORDS = st.builds(FilterWord, st.just(1), LETTERS, st.booleans())
FILTERS = st.builds(
    Filter, st.integers(1, 9), st.just(1), st.just("t"), st.just(HOME), words=st.lists(WORDS, max_size=4).map(tuple)
)


@settings(max_examples=50, deadline=None)
@given(st.lists(FILTERS, min_size=1, max_size=3), st.text(st.sampled_from("abAB ßẞéÉ#+.\\[(|*?猫ı\n"), max_size=30))
def test_the_compiled_filters_find_what_a_naive_look_finds(filters, text):
    compiled = CompiledFilters(filters)
    found = [rule.matches(as_seen(text)) for rule in compiled.rules]
    assert found == naively(filters, text)
    assert (compiled.results(rendered(text), None) != b"[]") == any(found)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.builds(FilterWord, st.just(1), st.text(max_size=20), st.booleans()), max_size=5), st.text())
def test_no_keyword_breaks_the_compiler(words, text):
    one = Filter(1, 1, "t", HOME, words=tuple(words), posts=(FilterPost(1, 7),))
    assert CompiledFilters([one]).results(rendered(text), None).startswith(b'[{"filter":')
