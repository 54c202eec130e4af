"""What of the fediverse's wire lives as long as the server.

Owns: building it: the door through which this wire asks other servers, and the one verifier of a process (K3), so that
what it remembers of keys and signatures is shared by all who ask. Never: a rule of the wire.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery import __version__
from rookery.actions.app import App
from rookery.activitypub.admitting import Porter
from rookery.activitypub.verifier import Verifier, build_verifier
from rookery.network.door import Door
from rookery.network.limits import Limiter


@dataclass(frozen=True, slots=True)
class Fediverse:
    """Made once by a process. door: K1; porter: who lets readers of documents in."""

    door: Door
    verifier: Verifier
    porter: Porter


def build_fediverse(app: App, limiter: Limiter) -> Fediverse:
    """Make all of it; nothing is asked of anybody yet."""
    door = Door(app.settings.base_url, version=__version__, is_test=app.settings.is_test)
    verifier = build_verifier(app, door)
    return Fediverse(door, verifier, Porter(app, verifier, limiter))
