"""What has a title, shown as a post: articles, pages of forums, videos, sounds, pictures, events.

Owns: which words of such an object are shown, and in which order: title, when and where, text, where it stands whole.
Never: cuts an article to an excerpt; its limit is that of every text.
Spec: https://www.w3.org/TR/activitystreams-vocabulary/#object-types, https://w3id.org/fep/b2b8 (long-form text)
"""

from __future__ import annotations

from datetime import datetime
from html import escape

from rookery.activitypub.documents import line_in, objects_in, text_in
from rookery.activitypub.markup import Markup, Names, find_web_url, read_markup
from rookery.activitypub.vocabulary import Json

MAX_TITLE, MAX_ABSTRACT, MAX_PLACE = 500, 20_000, 300


def titled(document: Json, kind: str, words: Markup, names: Names, address: str) -> Markup:
    """Return the words with the title before and the address behind them. address: of the page for people."""
    title = line_in(document.get("name"), MAX_TITLE)
    parts = [f"<p><strong>{escape(title)}</strong></p>" if title else ""]
    if kind == "Event":
        parts.append(when_and_where(document))
    parts.append(words.shown or abstract_of(document, names))
    parts += [link_line(link) for link in links_beside(document) if link not in words.shown]
    if address and escape(address) not in words.shown:
        parts.append(link_line(address))
    read = read_markup("".join(parts), names)
    return Markup(read.text, read.facets, read.shown, read.html, words.images)


def abstract_of(document: Json, names: Names) -> str:
    """Return the summary of what has no content."""
    return read_markup(text_in(document.get("summary"), MAX_ABSTRACT), names).shown


def link_line(address: str) -> str:
    """Return a paragraph with one link, '' for what is none."""
    url = find_web_url(address)
    return f'<p><a href="{escape(url)}">{escape(url)}</a></p>' if url else ""


def links_beside(document: Json) -> list[str]:
    """Return what a forum's page links to: attachments of the type Link that are no pictures."""
    found = [one.get("href") for one in objects_in(document.get("attachment")) if one.get("type") == "Link"]
    return [one for one in found[:5] if isinstance(one, str)]


def when_and_where(document: Json) -> str:
    """Return the line that says when an event begins and ends, and where. Spec: Mobilizon, ActivityStreams Event"""
    begins, ends = (spoken_moment(document.get(name)) for name in ("startTime", "endTime"))
    when = " – ".join(one for one in (begins, ends) if one)
    places = objects_in(document.get("location"))
    where = line_in(places[0].get("name"), MAX_PLACE) if places else line_in(document.get("location"), MAX_PLACE)
    lines = [escape(one) for one in (when, where) if one]
    return f"<p>{'<br />'.join(lines)}</p>" if lines else ""


def spoken_moment(value: object) -> str:
    """Return `2026-11-21 18:30 +01:00`: the hour where it happens, as the document says it. '' for no moment."""
    try:
        moment = datetime.fromisoformat(text_in(value, 64).strip())
    except ValueError:
        return ""
    zone = moment.isoformat()[-6:] if moment.utcoffset() else "UTC" * (moment.tzinfo is not None)
    return f"{moment:%Y-%m-%d %H:%M} {zone}".strip()
