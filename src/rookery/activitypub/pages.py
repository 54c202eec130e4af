"""From the address of a page, as a person copies it, to the document behind it.

Owns: find_document: by content negotiation, else by the one `alternate` that the page names in a header or in its head.
Never: believes the page: whatever it points to is fetched from where its id says (fetching.py). At most three requests.
Spec: RFC 8288 (Link), https://www.w3.org/TR/activitypub/#retrieving-objects
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import islice
from urllib.parse import urljoin

from rookery.activitypub.documents import id_in
from rookery.activitypub.fetching import (
    ACCEPT_PAGES,
    ACTIVITY,
    HTML,
    LINKED,
    STREAMS,
    Fetcher,
    RemoteRefused,
    is_document_type,
    parsed,
)
from rookery.activitypub.origin import is_ours
from rookery.activitypub.vocabulary import Json
from rookery.network.door import Fetched

MOST_SEARCHED_BYTES = 256 * 1024  # of a page: its head comes first
MOST_LINKS = 50
LINK_TAG = re.compile(r"<link\s[^<>]{1,2000}>", re.IGNORECASE)
LINK_HEADER = re.compile(r"<([^<>\s]{1,2000})>([^<]{0,500})")
ALTERNATE = re.compile(r'rel\s*=\s*"?(?:[^";,]*\s)?alternate\b', re.IGNORECASE)


async def find_document(fetcher: Fetcher, url: str) -> Json:
    """Return the document that an address shows, or that its page names, as its own server has it.

    Raises RemoteNotFound, RemoteRefused, RemoteUnavailable.
    """
    got = await fetcher.fetch(url, accept=ACCEPT_PAGES, kinds=(ACTIVITY, LINKED, *HTML))
    if not is_document_type(got.headers.get("content-type", "")):
        other = find_alternate(got)
        if not other or is_ours(other, fetcher.base_url):
            raise RemoteRefused("it is a page, and names nothing that can be taken")
        return await fetcher.fetch_document(other)
    document = parsed(got.body)
    own = id_in(document.get("id"))
    return document if own and own == got.url else await fetcher.fetch_document(own)


def find_alternate(got: Fetched) -> str:
    """Return the address of the document that a page names, '' when it names none."""
    for match in islice(LINK_HEADER.finditer(got.headers.get("link", "")[:10_000]), MOST_LINKS):
        address, parameters = str(match[1]), str(match[2])
        if ALTERNATE.search(parameters) and (ACTIVITY in parameters or STREAMS in parameters):
            return joined(got.url, address)
    html = got.body[:MOST_SEARCHED_BYTES].decode("utf-8", "replace")
    for tag in LINK_TAG.findall(html)[:MOST_LINKS]:
        if found := alternate_in(tag):
            return joined(got.url, found)
    return ""


def joined(url: str, address: str) -> str:
    """Return an address that a page names, whole; '' for what is none."""
    try:
        return urljoin(url, address)
    except ValueError:
        return ""


def alternate_in(tag: str) -> str:
    """Return where a link element leads, '' unless it is the alternate of our kind."""
    reader = LinkReader()
    reader.feed(tag)
    told = reader.told
    kind = told.get("type", "").lower()
    is_ours_kind = kind.startswith(ACTIVITY) or (kind.startswith(LINKED) and STREAMS in kind)
    return told.get("href", "") if is_ours_kind and "alternate" in told.get("rel", "").lower().split() else ""


class LinkReader(HTMLParser):
    """Reads the attributes of one element."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the first element's."""
        if not self.told:
            self.told = {name: value or "" for name, value in attrs}
