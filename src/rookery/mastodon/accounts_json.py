"""Accounts as the client API shows them.

Owns: Account, CredentialAccount, Relationship, field and emoji shapes. Pure: from nouns to plain values.
Spec: https://docs.joinmastodon.org/entities/Account/
"""

from __future__ import annotations

from typing import Any, Literal

from rookery.mastodon.addresses import far_url, media_url
from rookery.mastodon.dates import day_from_us, find_date, midnight_from_us
from rookery.mastodon.emoji import Emoji, emoji_from_texts
from rookery.model.accounts import Account
from rookery.model.collections import MAX_COLLECTIONS
from rookery.model.markup import render_html
from rookery.model.members import Member, Role
from rookery.model.permissions import PERMISSIONS
from rookery.model.posts import Audience
from rookery.model.quotes import QuotePolicy
from rookery.storage.relations import Relation

VISIBILITIES = {
    Audience.PUBLIC: "public",
    Audience.UNLISTED: "unlisted",
    Audience.FOLLOWERS: "private",
    Audience.MENTIONED: "direct",
}
AUDIENCES = {word: audience for audience, word in VISIBILITIES.items()}
# What an app may choose; a policy that forbids more than this word says is spelled `nobody` too.
QUOTE_POLICIES = {
    QuotePolicy.PUBLIC: "public",
    QuotePolicy.FOLLOWERS: "followers",
    QuotePolicy.NOBODY: "nobody",
    QuotePolicy.NEVER: "nobody",
}
ROLE_PERMISSIONS = {role: int(granted) for role, granted in PERMISSIONS.items()}


def profile_url(account: Account, base_url: str) -> str:
    """Address of a profile page: ours, or where the account lives."""
    if account.is_local:
        return f"{base_url}/@{account.username}"
    return account.url or account.uri or f"https://{account.domain}/@{account.username}"


def json_from_account(account: Account, base_url: str, emoji: dict[str, Emoji]) -> Any:
    """Return the Account entity."""
    avatar, avatar_still = profile_picture_urls(account, base_url, "avatar")
    header, header_still = profile_picture_urls(account, base_url, "header")
    lines = [text for one in account.fields for text in (one.name, one.value)]
    values = {
        "id": str(account.id),
        "username": account.username,
        "acct": account.handle,
        "display_name": account.display_name,
        "locked": account.is_locked,
        "bot": account.is_bot,
        "discoverable": account.is_discoverable,
        "indexable": account.is_indexable,
        "group": account.is_group,
        "created_at": midnight_from_us(account.created_at_us),
        "note": render_html(account.bio, account.bio_facets, base_url),
        "url": profile_url(account, base_url),
        "uri": account.uri or profile_url(account, base_url),
        "avatar": avatar,
        "avatar_static": avatar_still,
        "avatar_description": account.avatar_alt,
        "header": header,
        "header_static": header_still,
        "header_description": account.header_alt,
        "followers_count": account.follower_count,
        "following_count": account.following_count,
        "statuses_count": account.post_count,
        "last_status_at": day_from_us(account.last_post_at_us) if account.last_post_at_us else None,
        "hide_collections": account.hides_network,
        "noindex": not account.is_indexable,
        "show_media": account.shown.shows_media,
        "show_media_replies": account.shown.shows_media_replies,
        "show_featured": account.shown.shows_featured,
        "emojis": emoji_from_texts(emoji, account.display_name, account.bio, *lines),
        "feature_approval": feature_json(account),
        "roles": [],
        "fields": [json_from_field(field, base_url) for field in account.fields],
    }
    role = Role(account.role) if account.role else Role.MEMBER
    if role is not Role.MEMBER:
        values["roles"] = [{"id": str(ROLE_PERMISSIONS[role]), "name": role.value.capitalize(), "color": ""}]
    if account.suspended_at_us:
        values |= {"suspended": True, "display_name": "", "note": "", "fields": [], "emojis": []}
    if account.silenced_at_us:
        values["limited"] = True
    return values


def profile_picture_urls(account: Account, base_url: str, part: Literal["avatar", "header"]) -> tuple[str, str]:
    """Return the addresses of a profile picture, moving and still, always with us; of the one for everybody if none."""
    token = account.far_avatar if part == "avatar" else account.far_header
    if token:
        return far_url(base_url, token), far_url(base_url, token, is_small=True)
    key, still = (
        (account.avatar_key, account.avatar_still_key)
        if part == "avatar"
        else (account.header_key, account.header_still_key)
    )
    moving = media_url(base_url, key) if key else f"{base_url}/static/{part}.png"
    return moving, media_url(base_url, still) if still else moving


def feature_json(account: Account) -> Any:
    """Return who may put an account into a collection: everybody here, when it wants to be found.

    Spec: https://docs.joinmastodon.org/entities/FeatureApproval/
    """
    if not account.is_local:
        return {"automatic": [], "manual": [], "current_user": "unknown"}
    allows = account.is_discoverable and not account.suspended_at_us
    return {
        "automatic": ["public"] if allows else [],
        "manual": [],
        "current_user": "automatic" if allows else "denied",
    }


def json_from_field(field: Any, base_url: str) -> Any:
    """Return one profile field; its value is HTML."""
    html = render_html(field.value, field.facets, base_url).removeprefix("<p>").removesuffix("</p>")
    return {"name": field.name, "value": html, "verified_at": find_date(field.verified_at_us)}


def json_from_credentials(account: Account, member: Member, request_count: int, shown: Any) -> Any:
    """Return the CredentialAccount entity: the account plus what only its owner sees."""
    preferences = member.preferences
    return {
        **shown,
        "source": {
            "privacy": VISIBILITIES[Audience(preferences.default_audience)],
            "sensitive": preferences.default_sensitive,
            "language": preferences.default_language,
            "note": account.bio,
            "fields": [
                {"name": field.name, "value": field.value, "verified_at": find_date(field.verified_at_us)}
                for field in account.fields
            ],
            "follow_requests_count": request_count,
            "hide_collections": account.hides_network,
            "discoverable": account.is_discoverable,
            "indexable": account.is_indexable,
            "attribution_domains": list(preferences.attribution_domains),
            "quote_policy": QUOTE_POLICIES[QuotePolicy(preferences.default_quote_policy)],
        },
        "role": json_from_role(member.role),
    }


def json_from_role(role: Role) -> Any:
    """Return the Role entity; its id is the number of its permissions, which no two roles share."""
    return {
        "id": str(ROLE_PERMISSIONS[role]),
        "name": "" if role is Role.MEMBER else role.value.capitalize(),
        "permissions": str(ROLE_PERMISSIONS[role]),
        "color": "",
        "highlighted": role is not Role.MEMBER,
        "collection_limit": MAX_COLLECTIONS,
    }


def json_from_relation(relation: Relation) -> Any:
    """Return the Relationship entity."""
    return {
        "id": str(relation.account_id),
        "following": relation.is_following,
        "showing_reblogs": relation.shows_reposts,
        "notifying": relation.notifies,
        "languages": list(relation.languages) or None,
        "followed_by": relation.is_followed_by,
        "blocking": relation.is_blocking,
        "blocked_by": relation.is_blocked_by,
        "muting": relation.is_muting,
        "muting_notifications": relation.mutes_notifications,
        "muting_expires_at": find_date(relation.mute_expires_at_us),
        "requested": relation.is_requested,
        "requested_by": relation.is_requested_by,
        "domain_blocking": relation.is_domain_blocking,
        "endorsed": relation.is_endorsed,
        "note": relation.note,
    }
