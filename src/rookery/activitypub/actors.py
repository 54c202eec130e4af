"""Our accounts as actors, and the actor that speaks for the server.

Owns: Person, Service, Group and Application as others fetch them. Never: makes keys (keys.py), looks anything up.
Spec: https://www.w3.org/TR/activitypub/#actor-objects, https://docs.joinmastodon.org/spec/activitypub/#Actor,
https://w3id.org/fep/521a (assertionMethod), https://w3id.org/fep/2c59 (webfinger), https://w3id.org/fep/844e
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rookery.activitypub.addresses import (
    actor_uri,
    featured_uri,
    followers_uri,
    following_uri,
    inbox_url,
    media_url,
    profile_url,
    server_uri,
    shared_inbox_url,
)
from rookery.activitypub.keys import PublicKeys
from rookery.activitypub.vocabulary import ACTOR_CONTEXT, EmojiPicture, Json, document, iso, tags_from_emoji
from rookery.model.accounts import Account, ProfileField
from rookery.model.markup import render_html

# Spec: FEP-844e: what this server understands beyond what all do.
IMPLEMENTS = [{"href": "https://datatracker.ietf.org/doc/html/rfc9421", "name": "RFC-9421: HTTP Message Signatures"}]
# What an actor shows to those who do not sign, where that is asked for. Nothing of it was written by a person.
REDUCED = frozenset(
    (
        "@context",
        "id",
        "type",
        "preferredUsername",
        "webfinger",
        "inbox",
        "outbox",
        "followers",
        "endpoints",
        "generator",
    )
) | {"publicKey", "assertionMethod", "suspended"}


@dataclass(frozen=True, slots=True)
class Links:
    """What an actor names besides itself: who it says it is too, where it went, which sites may name it as author."""

    also_known_as: Sequence[str] = ()
    moved_to_uri: str = ""
    attribution_domains: Sequence[str] = ()


UNLINKED = Links()


def actor_from_account(
    account: Account,
    base_url: str,
    keys: PublicKeys,
    *,
    links: Links = UNLINKED,
    emoji: Mapping[str, EmojiPicture] | None = None,
    pages: Mapping[int, str] | None = None,
) -> Json:
    """Return the actor document of one of our accounts, with its context.

    emoji: our catalogue. pages: account id -> profile address of far accounts that the bio mentions.
    A suspended account shows its name, its keys and that it is suspended: peers need no more to take it down.
    """
    uri = actor_uri(account, base_url)
    actor: Json = {
        "id": uri,
        "type": type_of(account),
        "preferredUsername": account.username,
        "webfinger": f"{account.username}@{urlsplit(base_url).netloc}",
        "url": profile_url(account, base_url),
        "inbox": inbox_url(uri),
        "outbox": f"{uri}/outbox",
        "followers": followers_uri(uri),
        "following": following_uri(uri),
        "featured": featured_uri(uri),
        "endpoints": {"sharedInbox": shared_inbox_url(base_url)},
        "published": iso(account.created_at_us),
        "generator": generator(),
        "alsoKnownAs": list(links.also_known_as),
        **key_parts(uri, keys),
    }
    if links.moved_to_uri:
        actor["movedTo"] = links.moved_to_uri
    if account.suspended_at_us:
        return document(ACTOR_CONTEXT, actor | {"suspended": True, "discoverable": False, "indexable": False})
    actor |= profile_parts(account, base_url, emoji or {}, pages or {})
    if links.attribution_domains:
        actor["attributionDomains"] = list(links.attribution_domains)
    return document(ACTOR_CONTEXT, actor)


def reduced(actor: Json) -> Json:
    """Return of an actor what nobody can do without who verifies its signatures or delivers to it."""
    return {name: value for name, value in actor.items() if name in REDUCED}


def profile_parts(account: Account, base_url: str, emoji: Mapping[str, EmojiPicture], pages: Mapping[int, str]) -> Json:
    """Return what a person wrote and chose: name, bio, fields, pictures, how they want to be found."""
    words = [account.display_name, account.bio, *(text for one in account.fields for text in (one.name, one.value))]
    parts: Json = {
        "name": account.display_name,
        "summary": render_html(account.bio, account.bio_facets, base_url, pages),
        "manuallyApprovesFollowers": account.is_locked,
        "discoverable": account.is_discoverable,
        "indexable": account.is_indexable,
        "attachment": [property_from_field(one, base_url, pages) for one in account.fields],
        "tag": tags_from_emoji(words, emoji, base_url),
    }
    if account.avatar_key:
        parts["icon"] = picture(account.avatar_key, account.avatar_alt, base_url)
    if account.header_key:
        parts["image"] = picture(account.header_key, account.header_alt, base_url)
    return parts


def type_of(account: Account) -> str:
    """Return the type: a group repeats what others write, a service posts by itself."""
    if account.is_group:
        return "Group"
    return "Service" if account.is_bot else "Person"


def property_from_field(one: ProfileField, base_url: str, pages: Mapping[int, str]) -> Json:
    """Return one labelled line; its value is HTML without a paragraph, as peers write it."""
    html = render_html(one.value, one.facets, base_url, pages).removeprefix("<p>").removesuffix("</p>")
    return {"type": "PropertyValue", "name": one.name, "value": html}


def picture(key: str, alt: str, base_url: str) -> Json:
    """Return an avatar or header. Peers read its description in `name` or in `summary`, so both carry it."""
    value: Json = {"type": "Image", "url": media_url(key, base_url)}
    return {**value, "name": alt, "summary": alt} if alt else value


def key_parts(uri: str, keys: PublicKeys) -> Json:
    """Return the keys: RSA as everybody reads it, Ed25519 as a multikey. Spec: FEP-521a"""
    parts: Json = {"publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": keys.rsa_pem}}
    if keys.ed25519:
        multikey = {"id": f"{uri}#ed25519", "type": "Multikey", "controller": uri, "publicKeyMultibase": keys.ed25519}
        parts["assertionMethod"] = [multikey]
    return parts


def generator() -> Json:
    """Return what made this actor and what it understands. Spec: FEP-844e"""
    return {"type": "Application", "name": "Rookery", "implements": [dict(one) for one in IMPLEMENTS]}


def actor_of_server(base_url: str, name: str, keys: PublicKeys) -> Json:
    """Return the Application that signs what no person asks for: fetches, reports. name: of the server, for people."""
    uri = server_uri(base_url)
    here = urlsplit(base_url).netloc
    actor: Json = {
        "id": uri,
        "type": "Application",
        "preferredUsername": here,
        "webfinger": f"{here}@{here}",
        "name": name,
        "url": f"{base_url}/about",
        "inbox": inbox_url(uri),
        "outbox": f"{uri}/outbox",
        "endpoints": {"sharedInbox": shared_inbox_url(base_url)},
        "manuallyApprovesFollowers": True,
        "discoverable": False,
        "indexable": False,
        "generator": generator(),
        **key_parts(uri, keys),
    }
    return document(ACTOR_CONTEXT, actor)


def collection(uri: str, context: Any, items: Iterable[Any], kind: str = "OrderedCollection") -> Json:
    """Return a small collection that is sent whole, such as what somebody has pinned. items: ids or objects."""
    listed = list(items)
    return document(context, {"id": uri, "type": kind, "totalItems": len(listed), "orderedItems": listed})
