"""The ledger of known attacks: for each one a test that proves it fails here, or the reason why there is none yet.

attacks.tsv: id, what is tried, and either `tests/…/test_x.py::test_y` (or the file alone, where a table in it carries
the id) or a reason that begins with one of REASONS. An id joins several names of one attack with ` / `.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
ROWS = [line.split("\t") for line in Path(__file__).with_name("attacks.tsv").read_text().splitlines()[1:]]
# waits: what it attacks is not built. no such door: we have nothing like it. open: built, and not proved yet.
REASONS = ("waits: ", "no such door: ", "open: ")
# Ids of tests that name an attack of the ledger, and not something else.
NAMED = re.compile(r"(?:CVE-\d{4}-\d+|GHSA(?:-[a-z0-9]{4}){3}|GEN-\d{2}|(?:mastodon|lemmy|gotosocial|atproto)#\d+)")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def defined_in(path: Path) -> frozenset[str]:
    """The tests that a file defines."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree_of(path).body if isinstance(node, kinds) and node.name[:5] == "test_")


@cache
def words_of(path: Path) -> tuple[str, ...]:
    """The texts that stand in a file: ids of cases are among them."""
    return tuple(
        node.value for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def is_proved(row_id: str, proof: str) -> bool:
    """True when the test is there; of a file alone, when one of its texts names the row."""
    name, _, test = proof.partition("::")
    path = TESTS.parent / name
    if not path.is_file():
        return False
    if test:
        return test in defined_in(path)
    names = (row_id, *row_id.split(" / "))
    return any(f"{word} ".startswith(f"{name} ") for word in words_of(path) for name in names)


def is_reason(proof: str) -> bool:
    return any(proof.startswith(reason) and len(proof) > len(reason) + 10 for reason in REASONS)


@pytest.mark.parametrize(("row_id", "what", "proof"), ROWS, ids=[row[0] for row in ROWS])
def test_a_known_attack_has_its_test_or_the_reason_why_it_waits(row_id, what, proof):
    assert what.strip()
    assert is_proved(row_id, proof) or is_reason(proof), f"no such test and no reason: {proof}"


def test_the_ledger_names_every_attack_once():
    ids = [row[0] for row in ROWS]
    assert len(ids) == len(set(ids)) >= 273


def test_a_test_that_names_an_attack_names_one_of_the_ledger():
    known = {name for row in ROWS for name in NAMED.findall(row[0])}
    texts = [text for path in sorted(TESTS.rglob("test_*.py")) for text in words_of(path) if NAMED.match(text)]
    assert {name for text in texts for name in NAMED.findall(text)} <= known
    assert len(texts) > 60


def test_a_row_without_a_test_or_with_a_wrong_one_is_seen():
    here, row_id = "tests/security/test_attacks.py", ROWS[0][0]
    assert is_proved(row_id, f"{here}::test_the_ledger_names_every_attack_once")
    for wrong in (f"{here}::test_nothing", "tests/security/test_none.py::test_x", here, "", "open: ", "later, perhaps"):
        assert not is_proved(row_id, wrong) and not is_reason(wrong)
