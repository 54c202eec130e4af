"""Handles of other servers: asked of their domain by WebFinger, believed when both sides say the same.

Owns: Finger, Handles: what `acct:name@domain` means to its domain, and the proof that a handle is an actor's. Never:
stores anything. A domain consents by naming the actor in a `self` link under a `subject` with that handle; the actor
consents by its `preferredUsername`, and by `webfinger` where the handle's domain is not its own host. At most four
questions for one proof: no chain of subjects is followed further than one step.
Spec: RFC 7033, RFC 7565, https://w3id.org/fep/2c59, https://swicg.github.io/activitypub-webfinger/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from rookery.activitypub.fetching import ACTIVITY, LINKED, STREAMS, Fetcher, RemoteNotFound, RemoteRefused
from rookery.activitypub.origin import authority_of
from rookery.model.accounts import username_key
from rookery.model.errors import Refusal
from rookery.model.incoming import MAX_DOMAIN_CHARACTERS, MAX_URI_CHARACTERS, MAX_USERNAME_CHARACTERS
from rookery.network.outward import Budget

JRD = "application/jrd+json"
KINDS = (JRD, "application/json", "text/json", "text/plain")  # some answer in the words of a file
ACCEPT = f"{JRD}, application/json;q=0.9"
FINGERS = Budget("fingers", at_once=6, count=300, per_s=60)
MOST_LINKS, MOST_SELVES = 100, 5


@dataclass(frozen=True, slots=True)
class Finger:
    """What a domain says of one of its names. name, domain: of the subject, '' when it says none.

    selves: the actors behind it; a forum may give one name to a person and to a group.
    """

    name: str
    domain: str
    selves: tuple[str, ...]


class HandleIsAnothers(RemoteRefused):
    """An account calls itself by a name that its server gave to somebody else."""

    def __init__(self, handle: str) -> None:
        super().__init__(f"@{handle} is another account there")


class Handles:
    """Asks domains. is_test: by http, as servers on one machine do."""

    def __init__(self, fetcher: Fetcher) -> None:
        self.fetcher = fetcher
        self.scheme = "http" if fetcher.is_test else "https"

    async def ask(self, name: str, domain: str) -> Finger | None:
        """Return what a domain says of a name, None when it has nobody of that name.

        Raises RemoteRefused, RemoteUnavailable.
        """
        authority = authority_of(f"{self.scheme}://{domain}")
        if not authority or "/" in domain or len(domain) > MAX_DOMAIN_CHARACTERS:
            raise RemoteRefused(f"{domain[:100]!r} is not the name of a server")
        if not 0 < len(name) <= MAX_USERNAME_CHARACTERS:
            return None
        resource = quote(f"acct:{name}@{domain}", safe="")
        url = f"{self.scheme}://{authority}/.well-known/webfinger?resource={resource}"
        try:
            got = await self.fetcher.fetch(url, accept=ACCEPT, kinds=KINDS, budget=FINGERS)
        except RemoteNotFound:
            return None
        return finger_from(got.body)

    async def prove(self, uri: str, name: str, claimed: str = "") -> tuple[str, str] | None:
        """Return the handle (name, domain) on which an actor and its domain agree; None when nobody says.

        claimed: `user@domain` that the actor itself names. Raises HandleIsAnothers when its own server gave the name
        to another actor.
        """
        own = authority_of(uri)
        if claimed and username_key(claimed.partition("@")[0]) == username_key(name):
            domain = claimed.partition("@")[2]
            if domain != own and await self.agrees(uri, name, domain):
                return name, domain
        finger = await self.find(name, own)
        if finger is None:
            return None
        if uri not in finger.selves:
            raise HandleIsAnothers(f"{name}@{own}")
        if finger.domain in ("", own):
            return name, own
        if username_key(finger.name) == username_key(name) and await self.agrees(uri, name, finger.domain):
            return name, finger.domain
        return None

    async def agrees(self, uri: str, name: str, domain: str) -> bool:
        """True when a domain says of itself that the handle is this actor's."""
        finger = await self.find(name, domain)
        if finger is None or uri not in finger.selves:
            return False
        return username_key(finger.name) == username_key(name) and finger.domain == domain

    async def find(self, name: str, domain: str) -> Finger | None:
        """Return what a domain says; None also when it cannot be asked."""
        try:
            return await self.ask(name, domain)
        except Refusal:
            return None


def finger_from(raw: bytes) -> Finger:
    """Read a descriptor. Raises RemoteRefused for what is none. Spec: RFC 7033 §4.4"""
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise RemoteRefused("its answer to WebFinger cannot be read") from None
    if not isinstance(document, dict):
        raise RemoteRefused("its answer to WebFinger is no descriptor")
    name, domain = subject_of(document.get("subject"))
    links = document.get("links")
    found = [one for one in (links if isinstance(links, list) else [])[:MOST_LINKS] if isinstance(one, dict)]
    selves = [str(one["href"]) for one in found if is_self(one)]
    return Finger(name, domain, tuple(dict.fromkeys(selves))[:MOST_SELVES])


def is_self(link: dict[str, Any]) -> bool:
    """True for a link to an actor's document."""
    kind, href = link.get("type"), link.get("href")
    if link.get("rel") != "self" or not isinstance(href, str) or not 0 < len(href) <= MAX_URI_CHARACTERS:
        return False
    if not isinstance(kind, str):
        return False
    return kind.partition(";")[0].strip() == ACTIVITY or (kind.startswith(LINKED) and STREAMS in kind)


def subject_of(raw: object) -> tuple[str, str]:
    """Return name and domain of `acct:name@domain`; '' for both when the subject is something else."""
    if not isinstance(raw, str) or not raw.lower().startswith("acct:") or len(raw) > 600:
        return "", ""
    name, _, domain = raw[5:].removeprefix("@").rpartition("@")
    return (name, domain.lower()) if name and domain else ("", "")
