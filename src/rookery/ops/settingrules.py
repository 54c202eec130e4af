"""What settings must mean together, beyond the type of each: a table of rules.

Owns: the rules and their sentences. Never: knows where a value was written. A rule yields (table, key, what is wrong,
remedy) for each value that breaks it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from rookery.model.members import EMAIL_SHAPE
from rookery.model.posts import LANGUAGE_SHAPE
from rookery.model.settings import Settings, is_local_domain
from rookery.network.destinations import parse_destination
from rookery.network.outward import AddressRefused
from rookery.network.ranges import special_kind

Broken = tuple[str, str, str, str]
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN_SHAPE = re.compile(rf"{LABEL}(?:\.{LABEL})*(?::[1-9][0-9]{{0,4}})?")


def broken_rules(settings: Settings, *, is_test: bool) -> Iterator[Broken]:
    """Yield what is wrong with settings whose types are right. is_test: `--test` was asked for."""
    for rule in RULES:
        yield from rule(settings)
    if is_test and not is_local_domain(settings.server.domain):
        yield (
            "server",
            "domain",
            f"is {settings.server.domain!r}, and --test opens the server to anybody",
            "Use --test with localhost, or a name that ends in .localhost or .test",
        )


def check_domain(settings: Settings) -> Iterator[Broken]:
    """A domain is a bare host name, as it stands in handles."""
    domain = settings.server.domain
    if DOMAIN_SHAPE.fullmatch(domain) and len(domain) <= 253:
        return
    bare = (urlsplit(domain).netloc if "://" in domain else domain.partition("/")[0]).strip().casefold()
    try:
        bare = bare.encode("idna").decode()
    except UnicodeError:
        bare = ""
    hint = f"Did you mean {bare}?" if bare != domain and DOMAIN_SHAPE.fullmatch(bare) else "Write it like example.org"
    yield "server", "domain", f"is {domain[:80]!r}, not the name of a host", hint


def check_base_url(settings: Settings) -> Iterator[Broken]:
    """A base URL is a scheme and a host, nothing behind."""
    raw = settings.server.base_url
    if not raw:
        return
    try:
        parts = urlsplit(raw)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        remedy = "Write a scheme and a host, like https://example.org, or leave it empty"
        yield "server", "base_url", f"is {raw[:80]!r}, not the address of a server", remedy


def check_database(settings: Settings) -> Iterator[Broken]:
    """A database is named by a PostgreSQL URL, or not at all."""
    raw = settings.server.database
    if raw and not raw.startswith(("postgresql://", "postgres://")):
        kind = raw.partition(":")[0][:20]
        remedy = "Write postgresql://user:password@host/name, or leave it empty for SQLite in the data folder"
        yield "server", "database", f"names {kind!r}, which is no PostgreSQL address", remedy
    if not settings.server.data.strip():
        yield "server", "data", "is empty", "Name a folder; it is made when it does not exist"


def check_proxies(settings: Settings) -> Iterator[Broken]:
    """Trusted proxies are networks."""
    for raw in settings.server.trusted_proxies:
        try:
            ipaddress.ip_network(raw)
        except ValueError:
            remedy = "Write addresses or networks, like 127.0.0.1 or 10.0.0.0/8"
            yield "server", "trusted_proxies", f"has {raw[:60]!r}, which is no network", remedy


def check_nest(settings: Settings) -> Iterator[Broken]:
    """The server has a name, languages are codes, the contact is an e-mail address."""
    nest = settings.nest
    if not nest.title.strip():
        yield "nest", "title", "is empty", "Give the server a name"
    for code in nest.languages:
        if not LANGUAGE_SHAPE.fullmatch(code):
            yield "nest", "languages", f"has {code[:20]!r}, which is no language code", "Use codes like en, fr or pt-BR"
    if nest.contact_email and not EMAIL_SHAPE.fullmatch(nest.contact_email):
        yield "nest", "contact_email", "is not an e-mail address", "Write it like hello@example.org, or leave it empty"


def check_mail(settings: Settings) -> Iterator[Broken]:
    """A sender is an address; a password never leaves unencrypted."""
    mail = settings.mail
    if mail.sender and not EMAIL_SHAPE.fullmatch(mail.sender):
        yield "mail", "sender", "is not an e-mail address", "Write it like rookery@example.org, or leave it empty"
    if mail.host and mail.password and mail.security == "none" and not is_local_domain(mail.host):
        yield "mail", "security", "is none, so the password would travel in clear", "Use starttls or tls"


def check_storage(settings: Settings) -> Iterator[Broken]:
    """An object store has an address, a bucket and a key; secrets and files do not travel in clear."""
    storage = settings.storage
    if storage.kind != "s3":
        return
    for name in ("endpoint", "bucket", "access_key", "secret_key"):
        if not getattr(storage, name):
            yield "storage", name, "is empty, and storage.kind is s3", 'Fill it in, or write kind = "disk"'
    for name in ("endpoint", "public_url"):
        parts = urlsplit(getattr(storage, name))
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_local_domain(parts.hostname or ""))
        if getattr(storage, name) and not (is_safe and parts.hostname):
            yield "storage", name, f"is {getattr(storage, name)[:80]!r}", "Write an address with https://"


def check_translation(settings: Settings) -> Iterator[Broken]:
    """A translator has an address that can be read; its key does not cross the internet in clear."""
    asked = settings.translation
    if not asked.url:
        return
    try:
        place = parse_destination(asked.url, allows_http=True, is_test=True)
    except AddressRefused as refusal:
        yield "translation", "url", f"is {asked.url[:80]!r}: {refusal}", "Write it like https://translate.example.org"
        return
    if urlsplit(asked.url).query or urlsplit(asked.url).fragment:
        yield "translation", "url", "has something behind its path", "Write it like https://translate.example.org"
    is_near = is_local_domain(place.host) or (place.literal is not None and special_kind(place.literal) != "")
    if asked.key and place.scheme == "http" and not is_near:
        yield "translation", "url", "is no https, so the key would travel in clear", "Write it with https://"


RULES = (
    check_domain,
    check_base_url,
    check_database,
    check_proxies,
    check_nest,
    check_mail,
    check_storage,
    check_translation,
)
