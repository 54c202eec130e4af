"""Actors of other servers as accounts.

Owns: read_actor, the handle that an actor claims. Never: fetches, believes a claim about another server: whatever is
not of the actor's own origin is left out, and the handle's domain is the id's host unless whoever asked WebFinger
both ways (FEP-2c59) passes another one. Keys are read by the verifier, not here.
Spec: https://www.w3.org/TR/activitypub/#actor-objects, https://docs.joinmastodon.org/spec/activitypub/#Actor
"""

from __future__ import annotations

import re
from typing import Any

from rookery.activitypub.documents import id_in, ids_in, line_in, objects_in, text_in, truth_in, type_in
from rookery.activitypub.markup import Names, read_markup
from rookery.activitypub.origin import authority_of, check_foreign, same_origin
from rookery.activitypub.reading_parts import count_in, emoji_in, mentions_in, moment_in, picture_in, url_in
from rookery.activitypub.vocabulary import Json
from rookery.model.incoming import (
    MAX_ALIAS_COUNT,
    MAX_BIO_CHARACTERS,
    MAX_COUNT,
    MAX_DISPLAY_NAME_CHARACTERS,
    MAX_DOMAIN_CHARACTERS,
    MAX_FIELD_COUNT,
    MAX_FIELD_NAME_CHARACTERS,
    MAX_FIELD_VALUE_CHARACTERS,
    MAX_USERNAME_CHARACTERS,
    IncomingAccount,
    IncomingField,
    IncomingRefused,
)
from rookery.model.text import Facet

ACTOR_TYPES = frozenset(("Person", "Service", "Group", "Organization", "Application"))
USERNAME = re.compile(r"[\w](?:[\w.~+-]{0,198}[\w~-])?")


def read_actor(document: Json, *, base_url: str, now_us: int, domain: str = "") -> IncomingAccount:
    """Return the account that an actor document describes. document: from parse_document.

    domain: of the handle, when it was proved; '' for the host of the id. Raises IncomingRefused for what is no actor,
    has no id, name or inbox, and ForeignObject for an id of ours.
    """
    uri = id_in(document.get("id"))
    kind = type_in(document, ACTOR_TYPES)
    if kind not in ACTOR_TYPES:
        raise IncomingRefused(f"this server knows no account of the type {kind[:50]!r}")
    check_foreign(uri, uri, base_url)
    username = line_in(document.get("preferredUsername"), MAX_USERNAME_CHARACTERS)
    if not USERNAME.fullmatch(username):
        raise IncomingRefused("an account has a name of letters, digits, dots and dashes")
    inbox_url = own_url(document.get("inbox"), uri)
    if not inbox_url:
        raise IncomingRefused("an account has an inbox on its own server")
    tags = document.get("tag")
    emoji = emoji_in(tags, base_url, now_us)
    names = Names(
        mentions={one.uri: one.handle for one in mentions_in(tags, base_url) if one.handle},
        emoji=frozenset(one.shortcode for one in emoji),
    )
    bio, bio_facets = shown_words(document.get("summary"), MAX_BIO_CHARACTERS, names)
    endpoints = document.get("endpoints")
    return IncomingAccount(
        uri=uri,
        username=username,
        domain=(domain or authority_of(uri)).lower()[:MAX_DOMAIN_CHARACTERS],
        url=url_in(document.get("url"), base_url, ("text/html",)),
        display_name=line_in(document.get("name"), MAX_DISPLAY_NAME_CHARACTERS),
        bio=bio,
        bio_facets=bio_facets,
        fields=fields_in(document.get("attachment"), names),
        avatar=picture_in(document.get("icon"), base_url),
        header=picture_in(document.get("image"), base_url),
        emoji=emoji,
        is_locked=truth_in(document.get("manuallyApprovesFollowers")),
        is_bot=kind in ("Service", "Application"),
        is_group=kind == "Group",
        is_discoverable=truth_in(document.get("discoverable")),
        is_indexable=truth_in(document.get("indexable")),
        is_suspended=truth_in(document.get("suspended")),
        post_count=counted(document.get("outbox")),
        follower_count=counted(document.get("followers")),
        following_count=counted(document.get("following")),
        inbox_url=inbox_url,
        shared_inbox_url=own_url(endpoints.get("sharedInbox") if isinstance(endpoints, dict) else None, uri),
        outbox_url=own_url(document.get("outbox"), uri),
        followers_uri=own_url(document.get("followers"), uri),
        following_uri=own_url(document.get("following"), uri),
        featured_uri=own_url(document.get("featured"), uri),
        published_at_us=moment_in(document.get("published"), now_us),
        moved_to_uri=id_in(document.get("movedTo")),
        also_known_as=ids_in(document.get("alsoKnownAs"), MAX_ALIAS_COUNT),
    )


def own_url(value: Any, uri: str) -> str:
    """Return an endpoint of an actor, '' when it lies on another server than the actor."""
    found = id_in(value)
    return found if found and same_origin(found, uri) else ""


def counted(value: Any) -> int | None:
    """Return the size of a collection that stands in the document, None for a bare address."""
    return count_in(value, MAX_COUNT) if isinstance(value, dict) else None


def shown_words(value: Any, limit: int, names: Names) -> tuple[str, tuple[Facet, ...]]:
    """Return words and facets of HTML in a profile, cut to `limit`."""
    read = read_markup(text_in(value, 4 * limit), names)
    return read.text[:limit], tuple(one for one in read.facets if one.end <= limit)


def fields_in(value: Any, names: Names) -> tuple[IncomingField, ...]:
    """Return the labelled lines. A link shows where it leads, whatever its markup made of it."""
    found: list[IncomingField] = []
    for one in objects_in(value)[: 2 * MAX_FIELD_COUNT]:
        if type_in(one) == "PropertyValue" and len(found) < MAX_FIELD_COUNT:
            words, facets = shown_words(one.get("value"), MAX_FIELD_VALUE_CHARACTERS, names)
            found.append(IncomingField(line_in(one.get("name"), MAX_FIELD_NAME_CHARACTERS), words, facets))
    return tuple(found)


def claimed_handle(document: Json) -> str:
    """Return the `user@domain` that an actor says is its own, '' without. It proves nothing before WebFinger agrees.

    Spec: FEP-2c59
    """
    claim = line_in(document.get("webfinger"), MAX_USERNAME_CHARACTERS + MAX_DOMAIN_CHARACTERS + 1)
    name, _, domain = claim.removeprefix("acct:").removeprefix("@").partition("@")
    return f"{name}@{domain.lower()}" if USERNAME.fullmatch(name) and authority_of(f"https://{domain}") else ""
