"""The order in which a conversation is read."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from rookery.timelines.threads import in_thread_order, with_depth

ROOT, ANA, BEA = 0, 1, 2


def test_answers_stand_below_what_they_answer_and_authors_go_on_before_others_do():
    rows = [(1, ROOT, ANA), (2, ROOT, BEA), (3, 1, BEA), (4, 2, ANA), (5, 1, ANA), (6, 5, ANA), (7, 4, BEA)]
    assert in_thread_order(ROOT, rows) == [1, 5, 6, 3, 2, 4, 7]
    assert [depth for _, depth in with_depth(ROOT, rows)] == [1, 2, 3, 2, 1, 2, 3]


def test_what_answers_a_post_that_is_not_shown_is_left_out_with_all_below():
    assert in_thread_order(ROOT, [(1, ROOT, ANA), (3, 2, BEA), (4, 3, ANA)]) == [1]


@given(some.lists(some.tuples(some.floats(0, 1), some.integers(1, 3)), max_size=40))
def test_every_branch_is_whole_and_each_answer_one_deeper(drawn):
    rows = [(place, int(share * place), author) for place, (share, author) in enumerate(drawn, 1)]
    rows = [(post, min(answers, post - 1), author) for post, answers, author in rows]
    answered = {post: answers for post, answers, _ in rows}
    authors = {post: author for post, _, author in rows}
    depths = dict(read := with_depth(ROOT, rows))
    assert sorted(depths) == sorted(answered)
    assert all(depth == depths.get(answered[post], 0) + 1 for post, depth in read)
    for (before, depth), (after, next_depth) in pairwise(read):
        assert next_depth <= depth + 1
        if answered[before] == answered[after]:
            writer = authors.get(answered[before], 0)
            assert (authors[before] != writer, before) < (authors[after] != writer, after)
