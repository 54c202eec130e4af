"""Every route table of the client API, in one literal list.

Owns: the list. A new module of routes is one line here.
"""

from __future__ import annotations

from rookery.mastodon import (
    accounts,
    apps,
    filters_api,
    filters_v1,
    lists,
    media,
    members,
    notification_groups,
    notification_policies,
    notifications,
    oauth,
    polls,
    posts,
    relations,
    search,
    streaming,
    tags,
    timelines,
)
from rookery.mastodon.face import MastodonFace
from rookery.network.routes import Route

TABLES = (
    accounts.routes,
    apps.routes,
    filters_api.routes,
    filters_v1.routes,
    lists.routes,
    media.routes,
    members.routes,
    notification_groups.routes,
    notification_policies.routes,
    notifications.routes,
    oauth.routes,
    polls.routes,
    posts.routes,
    relations.routes,
    search.routes,
    streaming.routes,
    tags.routes,
    timelines.routes,
)
ROUTES: tuple[Route[MastodonFace], ...] = tuple(route for table in TABLES for route in table.routes)
PREFIXES = ("/api/", "/oauth/", "/.well-known/", "/nodeinfo/")
