"""Every route table of the pages, in one literal list. Where two paths fit, the first one answers.

Owns: the list. A new module of pages is one line here.
"""

from __future__ import annotations

from rookery.network.routes import Route
from rookery.web import (
    accounts,
    announcement_pages,
    announcements,
    apps,
    archives,
    away,
    collections,
    decisions,
    discovery,
    edits,
    embeds,
    emoji_pages,
    files,
    governed,
    home,
    invitations,
    keeping_out,
    members,
    messages,
    moderation,
    notifications,
    outreach,
    owner,
    posts,
    profiles,
    proving,
    quotes,
    reporting,
    scheduled_posts,
    search,
    security,
    sessions,
    settings,
    tags,
    translations,
    trends,
)
from rookery.web.face import WebFace

TABLES = (
    home.routes,
    announcements.routes,
    sessions.routes,
    members.routes,
    apps.routes,
    settings.routes,
    proving.routes,
    security.routes,
    away.routes,
    invitations.routes,
    owner.routes,
    accounts.routes,
    emoji_pages.routes,
    announcement_pages.routes,
    archives.routes,
    decisions.routes,
    reporting.routes,
    governed.routes,
    moderation.routes,
    keeping_out.routes,
    tags.routes,
    messages.routes,
    trends.routes,
    notifications.routes,
    scheduled_posts.routes,
    outreach.routes,
    search.routes,
    collections.routes,
    discovery.routes,
    files.routes,
    profiles.routes,  # /@name/followers comes before /@name/{id}
    embeds.routes,
    posts.routes,
    edits.routes,
    translations.routes,
    quotes.routes,
)
ROUTES: tuple[Route[WebFace], ...] = tuple(route for table in TABLES for route in table.routes)
PREFIXES = ("/", "/oauth/authorize")
