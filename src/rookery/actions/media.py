"""What uploads pass through: the media boxes, the blob store, a folder for work in progress.

Owns: the bundle. Never: a rule.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from rookery.media.box import MediaBox
from rookery.media.recording_box import RecordingBox
from rookery.storage.blobs import BlobStore


@dataclass(slots=True)
class MediaRoom:
    """spool: a folder, best on the disk of the blobs. films: None where no video or sound is taken.

    asked: set when a recording was queued here. finished: set, and made anew, when one was done here.
    """

    box: MediaBox
    blobs: BlobStore
    spool: Path
    films: RecordingBox | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    finished: asyncio.Event = field(default_factory=asyncio.Event)
