"""The JSON-LD contexts that we write, and the small shapes that notes, actors and activities share.

Owns: contexts (for readers that process them; we read none), dates, pictures and emoji as values.
Spec: https://www.w3.org/TR/activitystreams-vocabulary/, https://docs.joinmastodon.org/spec/activitypub/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rookery.model.emoji import NAMED_IN_TEXT
from rookery.model.ids import datetime_from_us

Json = dict[str, Any]

ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v1"
MULTIKEY = "https://w3id.org/security/multikey/v1"
TOOT = {
    "toot": "http://joinmastodon.org/ns#",
    "Emoji": "toot:Emoji",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "votersCount": "toot:votersCount",
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
    "schema": "http://schema.org/",
}
QUOTING = {
    "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
    "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "quoteUri": "http://fedibird.com/ns#quoteUri",
    "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
}
PROFILE = {
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "suspended": "toot:suspended",
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "attributionDomains": {"@id": "toot:attributionDomains", "@container": "@set"},
    "webfinger": {"@id": "https://purl.archive.org/socialweb/webfinger#webfinger"},
    # None of the contexts above has it outside of a proof.
    "assertionMethod": {"@id": "https://w3id.org/security#assertionMethod", "@type": "@id", "@container": "@set"},
    "implements": {"@id": "https://w3id.org/fep/844e#implements", "@type": "@id", "@container": "@list"},
}
NOTE_CONTEXT: list[Any] = [ACTIVITYSTREAMS, {**TOOT, **QUOTING}]
ACTOR_CONTEXT: list[Any] = [ACTIVITYSTREAMS, SECURITY, DATA_INTEGRITY, MULTIKEY, {**TOOT, **PROFILE}]
ACTIVITY_CONTEXT = ACTIVITYSTREAMS


@dataclass(frozen=True, slots=True)
class EmojiPicture:
    """A custom emoji of ours, as others fetch it. updated_at_us: when its picture changed, 0 if not known."""

    url: str
    mime: str = "image/png"
    updated_at_us: int = 0


def iso(moment_us: int) -> str:
    """Return a moment as RFC 3339 in UTC, to the millisecond where it has any."""
    moment = datetime_from_us(moment_us)
    thousandths = moment.microsecond // 1000
    fraction = f".{thousandths:03d}" if thousandths else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def document(context: Any, value: Json) -> Json:
    """Return a value that stands alone: with its context first."""
    return {"@context": context, **{name: part for name, part in value.items() if name != "@context"}}


def tags_from_emoji(texts: Iterable[str], known: Mapping[str, EmojiPicture], base_url: str) -> list[Json]:
    """Return an Emoji tag for each known shortcode that the texts use, in the order of their names."""
    if not known:
        return []
    names = {match[1] for text in texts if ":" in text for match in NAMED_IN_TEXT.finditer(text)}
    return [tag_from_emoji(name, known[name], base_url) for name in sorted(names) if name in known]


def tag_from_emoji(shortcode: str, picture: EmojiPicture, base_url: str) -> Json:
    """Return one Emoji tag. Its id names it; only the picture can be opened."""
    tag: Json = {
        "type": "Emoji",
        "id": f"{base_url}/emoji/{shortcode}",
        "name": f":{shortcode}:",
        "icon": {"type": "Image", "mediaType": picture.mime, "url": picture.url},
    }
    if picture.updated_at_us:
        tag["updated"] = iso(picture.updated_at_us)
    return tag
