"""Every route table of the client API, in one literal list.

Owns: the list. A new module of routes is one line here.
"""

from __future__ import annotations

from rookery.mastodon import (
    accounts,
    announcements,
    apps,
    cards,
    conversations,
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
    oembed,
    polls,
    posts,
    preferences,
    profile,
    pushes,
    relations,
    scheduled_posts,
    search,
    small_rows,
    streaming,
    tags,
    timelines,
    translation,
    trends,
    trends_admin,
    wellknown,
)
from rookery.mastodon.face import MastodonFace
from rookery.network.routes import Route

TABLES = (
    accounts.routes,
    announcements.routes,
    apps.routes,
    cards.routes,
    conversations.routes,
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
    oembed.routes,
    polls.routes,
    posts.routes,
    preferences.routes,
    profile.routes,
    pushes.routes,
    relations.routes,
    scheduled_posts.routes,
    search.routes,
    small_rows.routes,
    streaming.routes,
    tags.routes,
    timelines.routes,
    translation.routes,
    trends.routes,
    trends_admin.routes,
    wellknown.routes,
)
ROUTES: tuple[Route[MastodonFace], ...] = tuple(route for table in TABLES for route in table.routes)
PREFIXES = ("/api/", "/oauth/", "/.well-known/", "/nodeinfo/", "/invite/")
