"""What seals the secrets that we must read again: access tokens inside push messages, secrets of code generators.

Owns: where the key lies. Never: seals or opens (storage/sealing.py).
"""

from __future__ import annotations

from pathlib import Path

from rookery.actions.app import App
from rookery.storage.sealing import NAME, Sealer


def sealer_of(app: App) -> Sealer:
    """Return the sealer: its key lies in the data folder, beside the database."""
    return Sealer(Path(app.settings.server.data) / NAME)
