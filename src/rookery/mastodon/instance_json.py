"""The server itself as the client API shows it.

Owns: the two shapes of Instance, the version that apps compare, the limits that they check before they send. Pure.
Every field that an app needs is there and of its type, also when it says "none".
Spec: https://docs.joinmastodon.org/entities/Instance/, https://docs.joinmastodon.org/entities/V1_Instance/
"""

from __future__ import annotations

from html import escape
from typing import Any

from rookery import __version__
from rookery.media.formats import PictureFormat
from rookery.media.pictures import PictureLimits
from rookery.media.recordings import FILM_TYPES, SOUND_TYPES, RecordingLimits
from rookery.model.accounts import (
    MAX_BIO_CHARACTERS,
    MAX_DISPLAY_NAME_CHARACTERS,
    MAX_FIELD_CHARACTERS,
    MAX_FIELD_COUNT,
)
from rookery.model.members import RegistrationMode
from rookery.model.posts import MAX_POLL_S, MIN_POLL_S
from rookery.model.settings import Settings
from rookery.model.tags import MAX_FEATURED_TAGS
from rookery.model.text import LINK_CHARACTERS
from rookery.timelines.usage import Counts

# Apps read the first number as what they may ask for; Mastodon 4.6.5 is what this face was written after.
VERSION = f"4.6.5 (compatible; Rookery {__version__})"
# Rungs 2 to 11: grouped notifications, attribution domains, deletable media, blurring filters, featured hashtags,
# quotes, the profile as its owner edits it, descriptions of its pictures, collections with all that tells of them.
API_VERSION = 11
ALT_TEXT_OF_PROFILE = 1500
OPEN_MODES = frozenset((RegistrationMode.OPEN, RegistrationMode.APPROVAL))


def json_from_settings(
    settings: Settings, counts: Counts, account: Any, vapid_key: str, *, translates: bool = False
) -> dict[str, Any]:
    """Return the Instance entity of the second version.

    account: the owner's Account entity, or None. vapid_key: public, as browsers take it.
    """
    nest, base_url = settings.nest, settings.base_url
    return {
        "domain": settings.server.domain,
        "title": nest.title,
        "version": VERSION,
        "source_url": f"{base_url}/about",
        "description": nest.description,
        "usage": {"users": {"active_month": counts.active_month}},
        "thumbnail": {"url": thumbnail_url(base_url), "blurhash": None, "versions": {}, "description": ""},
        "icon": [],
        "languages": list(nest.languages),
        "configuration": {
            "urls": {
                "streaming": streaming_url(base_url),
                "status": None,
                "about": f"{base_url}/about",
                "privacy_policy": f"{base_url}/about",
                "terms_of_service": None,
            },
            "vapid": {"public_key": vapid_key},
            **json_from_limits(settings),
            "translation": {"enabled": translates},
            "timelines_access": {
                feed: {"local": "public", "remote": "public"}
                for feed in ("live_feeds", "hashtag_feeds", "trending_link_feeds")
            },
            "limited_federation": False,
        },
        "registrations": json_from_registrations(settings),
        "api_versions": {"mastodon": API_VERSION},
        "contact": {"email": nest.contact_email, "account": account},
        "rules": json_from_rules(nest.rules),
        "wrapstodon": None,
    }


def json_from_settings_v1(settings: Settings, counts: Counts, account: Any) -> dict[str, Any]:
    """Return the Instance entity of the first version."""
    nest, base_url = settings.nest, settings.base_url
    return {
        "uri": settings.server.domain,
        "title": nest.title,
        "short_description": nest.description,
        "description": nest.description,
        "email": nest.contact_email,
        "version": VERSION,
        "urls": {"streaming_api": streaming_url(base_url)},
        "stats": {"user_count": counts.members, "status_count": counts.posts, "domain_count": counts.domains},
        "thumbnail": thumbnail_url(base_url),
        "languages": list(nest.languages),
        "registrations": nest.registrations in OPEN_MODES,
        "approval_required": nest.registrations is RegistrationMode.APPROVAL,
        "invites_enabled": nest.registrations is RegistrationMode.INVITATION,
        "configuration": json_from_limits(settings),
        "contact_account": account,
        "rules": json_from_rules(nest.rules),
    }


def json_from_limits(settings: Settings) -> dict[str, Any]:
    """Return what accounts, posts, pictures, videos and polls may hold here; limits of 0 where no video is taken."""
    posts, films = settings.post_limits, settings.recordings
    return {
        "accounts": {
            "max_display_name_length": MAX_DISPLAY_NAME_CHARACTERS,
            "max_note_length": MAX_BIO_CHARACTERS,
            "max_avatar_description_length": ALT_TEXT_OF_PROFILE,
            "max_header_description_length": ALT_TEXT_OF_PROFILE,
            "max_featured_tags": MAX_FEATURED_TAGS,
            "max_pinned_statuses": posts.pins,
            "max_profile_fields": MAX_FIELD_COUNT,
            "profile_field_name_limit": MAX_FIELD_CHARACTERS,
            "profile_field_value_limit": MAX_FIELD_CHARACTERS,
        },
        "statuses": {
            "max_characters": posts.characters,
            "max_media_attachments": posts.pictures,
            "characters_reserved_per_url": LINK_CHARACTERS,
        },
        "media_attachments": {
            "supported_mime_types": [
                *(one.mime for one in PictureFormat),
                *((*FILM_TYPES, *SOUND_TYPES) if films.allowed else ()),
            ],
            "description_limit": posts.alt_text_characters,
            "image_size_limit": settings.limits.upload_bytes,
            "image_matrix_limit": PictureLimits().pixels,
            "video_size_limit": films.upload_bytes if films.allowed else 0,
            "video_frame_rate_limit": RecordingLimits().rate if films.allowed else 0,
            "video_matrix_limit": films.pixels if films.allowed else 0,
        },
        "polls": {
            "max_options": posts.poll_options,
            "max_characters_per_option": posts.poll_option_characters,
            "min_expiration": MIN_POLL_S,
            "max_expiration": MAX_POLL_S,
        },
    }


def json_from_registrations(settings: Settings) -> dict[str, Any]:
    """Return who may sign up, and how; a message when the door is not open to all."""
    mode = settings.nest.registrations
    closed = {
        RegistrationMode.CLOSED: "<p>This server does not take new members now.</p>",
        RegistrationMode.INVITATION: "<p>New members join by invitation.</p>",
    }
    return {
        "enabled": mode in OPEN_MODES,
        "approval_required": mode is RegistrationMode.APPROVAL,
        "reason_required": mode is RegistrationMode.APPROVAL,
        "message": closed.get(mode),
        "min_age": None,
        "url": None,
    }


def json_from_rules(rules: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the rules, numbered from 1."""
    return [
        {"id": str(number), "text": text, "hint": "", "translations": {}} for number, text in enumerate(rules, start=1)
    ]


def streaming_url(base_url: str) -> str:
    """Where streams are: the same host, by WebSocket."""
    return "ws" + base_url.removeprefix("http")


def thumbnail_url(base_url: str) -> str:
    """The picture that stands for the server."""
    return f"{base_url}/static/header.png"


def paragraphs_from(*texts: str) -> str:
    """Return plain texts as HTML paragraphs."""
    return "".join(f"<p>{escape(text)}</p>" for text in texts if text)
