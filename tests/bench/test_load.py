"""The measuring tools themselves: a client that counts every answer once, a bare server that answers."""

import itertools

import pytest
from bench.load import Limits, Load, get, load, post_json
from bench.processes import running_bare
from bench.table import Line, render, write_into

BODY = b"[" + b"1," * 40_000 + b"1]"


async def test_every_answer_is_counted_once_and_whole():
    with running_bare({"some": b"[]", "long": BODY}) as bare:
        found = await load(bare.port, get("/long", "token"), connections=4, limits=Limits(20, 100))
        assert bare.cpu_s() > 0
        assert 5 < bare.resident_mb() < 500
    assert (found.count, found.body, found.wrong) == (100, BODY, [])
    assert found.per_s > 0
    assert found.percentile_ms(0.5) <= found.percentile_ms(0.99)


async def test_posts_have_a_body_of_their_own_each():
    made = []
    bodies = (made.append(number) or b"{%d}" % number for number in itertools.count())
    with running_bare({"posts": b"{}"}) as bare:
        found = await load(bare.port, post_json("/posts", bodies, "token"), connections=2, limits=Limits(20, 10))
    assert found.count == 10
    assert made == list(range(10))


def test_a_run_without_answers_has_figures_too():
    assert (Load(0.0, []).per_s, Load(0.0, []).percentile_ms(0.5)) == (0.0, 0.0)


def test_the_table_leaves_out_what_does_not_apply():
    text = render([Line("home", 8, 1234.5, 1.5, 2.0, 2.25, 70.0), Line("memory", note="71 MB")])
    assert "1,234" in text
    assert "None" not in text


def test_new_figures_take_the_place_of_old_ones_in_a_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- figures: by the bench -->\n<!-- end of figures -->\nafter\n")
    for count in (1, 2):
        write_into(page, [Line("home", count, 1234.5)] * count, "Seen once.")
        head, line = "| what | conn |", f"| home | {count} | 1,234 |"
        text = page.read_text()
        assert (text.count(head), text.count(line), text.count("Seen once.")) == (1, count, 1)
        assert text.startswith("before\n<!-- figures: by the bench -->\nSeen once.\n\n| what")
        assert text.endswith("|\n<!-- end of figures -->\nafter\n")


def test_a_page_without_a_place_for_figures_stays_as_it_is(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing here")
    with pytest.raises(SystemExit, match="no place"):
        write_into(page, [], "")
    assert page.read_text() == "nothing here"
