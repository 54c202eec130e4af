"""Every route that other servers read.

Owns: the list of tables, and the beginnings of paths that speak in this room's words.
"""

from __future__ import annotations

from rookery.activitypub import accounts, collections, inbox, nodeinfo, posts, stamps, synchronization, webfinger
from rookery.activitypub.face import WireFace
from rookery.network.routes import Route

TABLES = (
    accounts.routes,
    collections.routes,
    inbox.routes,
    synchronization.routes,  # before posts.routes: `/@{name}/{id}` would take its path
    nodeinfo.routes,
    posts.routes,
    stamps.routes,
    webfinger.routes,
)
ROUTES: tuple[Route[WireFace], ...] = tuple(route for table in TABLES for route in table.routes)
PREFIXES = (
    "/.well-known/webfinger",
    "/.well-known/host-meta",
    "/.well-known/nodeinfo",
    "/nodeinfo/",
    "/actor",
    "/inbox",
)
