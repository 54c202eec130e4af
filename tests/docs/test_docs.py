"""Documentation that fails the build when it is behind.

`rookery.ops.reference.reference_pages()` returns file name -> text for the pages that are written from the code:
every setting, every command, every route. `rookery docs --write docs` writes them; this test compares.
"""

import importlib
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.repository import ROOT, repository_files

REFERENCE = "rookery.ops.reference"
GENERATED = {"settings.md", "commands.md", "routes.md"}
FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
TARGET = re.compile(r"^([a-z-]+):.*## ", re.MULTILINE)


def generated_complaints(pages: dict[str, str], folder: Path) -> list[str]:
    missing = [f"{name}: nothing writes it" for name in sorted(GENERATED - pages.keys())]
    behind = [
        name for name, text in pages.items() if not (folder / name).exists() or (folder / name).read_text() != text
    ]
    return missing + [f"{name}: behind the code; run: rookery docs --write docs" for name in sorted(behind)]


def link_complaints(root: Path) -> list[str]:
    return [
        f"{page.relative_to(root)}: {link} leads nowhere"
        for page in repository_files(root)
        if page.suffix == ".md"
        for link in LINK.findall(FENCE.sub("", page.read_text()))
        if not re.match(r"[a-z]+:|#", link) and not (page.parent / link.partition("#")[0]).exists()
    ]


def unknown_targets(text: str, makefile: str) -> set[str]:
    return set(re.findall(r"`make ([a-z-]+)", text)) - set(TARGET.findall(makefile))


def test_every_setting_command_and_route_is_documented():
    if find_spec(REFERENCE) is None:
        return  # nothing to document yet
    assert generated_complaints(importlib.import_module(REFERENCE).reference_pages(), ROOT / "docs") == []


def test_every_relative_link_resolves():
    assert link_complaints(ROOT) == []


def test_the_readme_shows_the_two_commands():
    readme = (ROOT / "README.md").read_text()
    assert "make run" in readme
    assert "make test" in readme


@pytest.mark.parametrize(
    "page", [p for p in repository_files() if p.suffix == ".md"], ids=lambda p: str(p.relative_to(ROOT))
)
def test_a_page_names_only_make_targets_that_exist(page):
    assert unknown_targets(page.read_text(), (ROOT / "Makefile").read_text()) == set()


def test_architecture_fits_in_one_reading():
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 150


def test_a_page_behind_the_code_is_seen(tmp_path):
    for name in GENERATED:
        (tmp_path / name).write_text("now")
    assert generated_complaints(dict.fromkeys(GENERATED, "now"), tmp_path) == []
    assert len(generated_complaints({"settings.md": "later", "commands.md": "now"}, tmp_path)) == 2
    (tmp_path / "routes.md").unlink()
    assert len(generated_complaints(dict.fromkeys(GENERATED, "now"), tmp_path)) == 1


def test_a_link_that_leads_nowhere_is_seen(tmp_path):
    (tmp_path / "there.md").write_text(
        "[up](gone.md#x) [b](there.md#y) [c](https://example.org) ![d](<no.png>)\n```\n[e](f)\n```\n"
    )
    assert len(link_complaints(tmp_path)) == 2


def test_a_make_target_that_does_not_exist_is_seen():
    assert unknown_targets("`make run` or `make coffee`", "run: ## start") == {"coffee"}
