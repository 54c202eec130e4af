"""The repository speaks of itself alone: no machine, no registry, no tracker; and nothing is left to do in src."""

import re
from pathlib import Path

import pytest
from tests.repository import ROOT, repository_files, text_of

# Written so that no pattern matches itself.
EVERYWHERE = {
    "a path of one machine": re.compile(r"(?<![\w.:])/(?:wor[k]/|roo[t]/|opt/(?:whee[l]s|py[p]i))"),
    "a number of one tracker": re.compile(r"\bissu[e] #?\d", re.IGNORECASE),
    "a registry's host": re.compile(r"py[p]i\.org|python[h]osted\.org|registry\.np[m]js"),
}
IN_SOURCE = {"work left to do": re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b")}
IN_LOCKS = {"an address or a path": re.compile(r"://|--(?:extra-)?index-url|--find-links|file:")}


def prose_complaints(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}:{number}: {what}: {line.strip()[:80]}"
        for path in repository_files(root)
        for number, line in enumerate((text_of(path) or "").splitlines(), 1)
        for what, pattern in patterns_for(path.relative_to(root)).items()
        if pattern.search(line)
    ]


def patterns_for(path: Path) -> dict[str, re.Pattern[str]]:
    patterns = dict(EVERYWHERE)
    if path.parts[0] == "src":
        patterns |= IN_SOURCE
    if path.suffix == ".lock":
        patterns |= IN_LOCKS
    return patterns


def test_the_repository_speaks_of_itself_alone():
    assert prose_complaints(ROOT) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "see /wo" + "rk/main"),
        ("docs/a.md", "cp x /ro" + "ot/y"),
        ("docs/a.md", "as issu" + "e #2 says"),
        ("docs/a.md", "as Issu" + "e 12 says"),
        ("src/a.py", "# TO" + "DO: more"),
        ("a.lock", "--index" + "-url https://index.example.org"),
        ("docs/a.md", "from py" + "pi.org"),
    ],
)
def test_a_stray_word_is_seen(tmp_path, name, text):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert len(prose_complaints(tmp_path)) == 1


def test_plain_words_are_welcome(tmp_path):
    (tmp_path / "README.md").write_text(
        "Report an issue. https://example.org/work/ is a page; paths/work/too. A todo list."
    )
    assert prose_complaints(tmp_path) == []
