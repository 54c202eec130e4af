"""Every route table of the client API, in one literal list.

Owns: the list. A new module of routes is one line here.
"""

from __future__ import annotations

from rookery.mastodon import (
    accounts,
    admin_accounts,
    admin_blocks,
    admin_domains,
    admin_figures,
    admin_reports,
    admin_tags,
    apps,
    discovery,
    filters_api,
    filters_v1,
    instance,
    lists,
    media,
    members,
    not_yet,
    notification_groups,
    notification_policies,
    notifications,
    oauth,
    polls,
    posts,
    preferences,
    relations,
    reports,
    search,
    streaming,
    tags,
    timelines,
    wellknown,
)
from rookery.mastodon.face import MastodonFace
from rookery.network.routes import Route

TABLES = (
    accounts.routes,
    admin_accounts.routes,
    admin_blocks.routes,
    admin_domains.routes,
    admin_figures.routes,
    admin_reports.routes,
    admin_tags.routes,
    apps.routes,
    discovery.routes,
    filters_api.routes,
    filters_v1.routes,
    instance.routes,
    lists.routes,
    media.routes,
    members.routes,
    not_yet.routes,
    notification_groups.routes,
    notification_policies.routes,
    notifications.routes,
    oauth.routes,
    polls.routes,
    posts.routes,
    preferences.routes,
    relations.routes,
    reports.routes,
    search.routes,
    streaming.routes,
    tags.routes,
    timelines.routes,
    wellknown.routes,
)
ROUTES: tuple[Route[MastodonFace], ...] = tuple(route for table in TABLES for route in table.routes)
PREFIXES = ("/api/", "/oauth/", "/.well-known/", "/nodeinfo/")
