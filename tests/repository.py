"""The files of this repository, as tests about it read them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHES = {".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"}
SKIPPED = {".git", ".venv", "build", "dist", "rookery-data"} | CACHES


def repository_files(root: Path = ROOT) -> list[Path]:
    """Return every file that is, or is about to be, under version control; in an unpacked archive, every file."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and (root / ".git").exists():
        paths = [root / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [path for path in root.rglob("*") if not SKIPPED & set(path.relative_to(root).parts)]
    return sorted(path for path in paths if path.is_file())


def text_of(path: Path) -> str | None:
    """Return the text of a file, or None for a picture and its like."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return None
