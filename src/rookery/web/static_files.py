"""Style sheet, icons and default pictures: read once, named by their hash, kept by browsers for a year.

Owns: /static and the addresses of what lies there. Never: what people upload (web/media.py).
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".webmanifest": b"application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file in memory. version: of its bytes. packed: gzip, None where that gains nothing."""

    body: bytes
    kind: bytes
    version: str
    packed: bytes | None


class StaticFiles:
    """All static files, read when the server starts."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.files: dict[str, StaticFile] = {}
        # Style sheets last: they name other files, with their versions.
        for path in sorted(folder.iterdir(), key=lambda path: path.suffix == ".css"):
            if path.suffix in TYPES:
                self.files[path.name] = self.read(path)

    def read(self, path: Path) -> StaticFile:
        """Read one file; a style sheet gets the versions of what it refers to."""
        body = path.read_bytes()
        if path.suffix == ".css":
            for name, other in self.files.items():
                body = body.replace(
                    b"url(%b)" % name.encode(), b"url(%b?v=%b)" % (name.encode(), other.version.encode())
                )
        packed = None if path.suffix == ".png" else gzip.compress(body, mtime=0)
        return StaticFile(body, TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:12], packed)

    def url(self, name: str) -> str:
        """Return the address of a file, with its version."""
        return f"/static/{name}?v={self.files[name].version}"
