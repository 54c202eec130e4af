"""Secrets that must be read again, sealed at rest under a key that lies beside the database, not in it.

Owns: the file `sealing.key` of the data folder, sealing and opening. Never: what has only to be compared, of which a
hash is kept (actions/secrets.py). A copy of the database alone opens nothing; without the file, what was sealed is as
good as absent. Spec: NIST SP 800-38D (AES-GCM)
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES = 32, 12
NAME = "sealing.key"


class Sealer:
    """Seals texts under the key in a file, which is made when something is sealed first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cipher: AESGCM | None = None

    def seal(self, text: str, purpose: str) -> str:
        """Return hex that only `open` with the same purpose can read. Blocks for a moment at the first call."""
        nonce = os.urandom(NONCE_BYTES)
        return (nonce + self.load().encrypt(nonce, text.encode(), purpose.encode())).hex()

    def open(self, sealed: str, purpose: str) -> str | None:
        """Return the text; None when the key is not the one it was sealed under, or there is no key."""
        if not sealed or not (self.cipher or self.path.is_file()):
            return None
        try:
            raw = bytes.fromhex(sealed)
            return self.load().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode()).decode()
        except (ValueError, InvalidTag):
            return None

    def load(self) -> AESGCM:
        """Return the cipher; of two processes that make the file at once, one wins and both use its key."""
        if self.cipher is None:
            if not self.path.is_file():
                self.make()
            self.cipher = AESGCM(self.path.read_bytes())
        return self.cipher

    def make(self) -> None:
        """Write a new key, whole or not at all, for its owner's eyes alone."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(f"{NAME}.{os.getpid()}.{os.urandom(4).hex()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, self.path)
        fresh.unlink()
