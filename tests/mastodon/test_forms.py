"""Parameters in every spelling, and in none that anybody meant."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rookery.mastodon.forms import Form
from rookery.model.errors import Refusal
from rookery.model.ids import MAX_ID

NAMES = st.one_of(
    st.sampled_from(["id", "id[]", "id[0]", "a[b]", "a[][b]", "a[0][b]", "a[0][b][c]", "a]", "a[]]", "a[[b]", ""]),
    st.text("ab[]01", max_size=8),
    st.text(max_size=5),
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.text("0123456789-.", max_size=40)
)
FORMS = st.lists(st.tuples(NAMES, VALUES), max_size=10).map(Form)
KEYS = st.sampled_from(["id", "a", "", "a[0]", "limit"])


@settings(max_examples=50, deadline=None)
@given(FORMS, KEYS)
def test_no_parameters_break_the_reader_of_forms(form, key):
    assert all(isinstance(value, str) for value in form.texts(key))
    assert all(0 <= one <= MAX_ID for one in form.ids(key))
    assert isinstance(form.flag(key), bool)
    assert form.find_flag(key) in (True, False, None)
    assert isinstance(form.number(key, 7), int)
    assert isinstance(form.text(key), str)
    assert "\x00" not in form.text(key)
    for inner in (*form.records(key), form.under(key)):
        assert isinstance(inner.text("b"), str)
        assert isinstance(inner.records("c"), list)


@settings(max_examples=50, deadline=None)
@given(FORMS, st.integers(1, 100))
def test_a_window_stays_within_its_bounds(form, most):
    window = form.window(20, most)
    assert 1 <= window.limit <= most
    assert 0 <= window.floor <= MAX_ID


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["limit", "offset", "q", "id[]", "order"]), VALUES), max_size=5))
def test_a_required_parameter_is_there_or_refused(pairs):
    form = Form(pairs)
    try:
        assert form.required("q").strip()
    except Refusal as refusal:
        assert "q" in str(refusal)


def test_lists_of_ids_come_in_every_spelling():
    for pairs in ([("id[]", "1"), ("id[]", "2")], [("id[0]", "1"), ("id[1]", "2")], [("id", 1), ("id[]", "2")]):
        assert Form(pairs).ids("id") == [1, 2]
    assert Form([("id", "1")]).ids("id") == [1]
    assert Form([("id[]", None)]).ids("id") == []


def test_records_come_indexed_and_in_turns():
    turns = Form([("k[][a]", "1"), ("k[][b]", "x"), ("k[][a]", "2")])
    indexed = Form([("k[0][a]", "1"), ("k[0][b]", "x"), ("k[7][a]", "2")])
    for form in (turns, indexed):
        assert [(one.text("a"), one.text("b")) for one in form.records("k")] == [("1", "x"), ("2", "")]
