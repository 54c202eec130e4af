"""What strange bytes are given to, and what must hold whatever they are.

Owns: TARGETS by name, each a function of bytes with seeds to begin from. A target passes over the refusals that its
reader announces; everything else that is raised is a finding. `python -m fuzz` steers by coverage (atheris), the tests
give the same targets what Hypothesis thinks of.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from tests.activitypub import corpus

from rookery.activitypub.cavage import read_cavage
from rookery.activitypub.documents import DocumentRefused, parse_document
from rookery.activitypub.fetching import RemoteRefused
from rookery.activitypub.follower_digests import parse_header
from rookery.activitypub.handles import finger_from
from rookery.activitypub.jcs import NotCanonical, canonical_json
from rookery.activitypub.keyclaims import claimed_keys
from rookery.activitypub.markup import Markup, Names, Reader, find_web_url, read_plain
from rookery.activitypub.message_signatures import read_message_signature
from rookery.activitypub.multikeys import KeyRefused, parse_multikey, parse_pem
from rookery.activitypub.origin import authority_of, find_origin, host_of
from rookery.activitypub.pages import find_alternate
from rookery.activitypub.proofs import read_proof
from rookery.activitypub.reading_activities import read_activity
from rookery.activitypub.reading_actors import read_actor
from rookery.activitypub.reading_notes import read_note
from rookery.activitypub.signatures import SignatureRefused, SignedRequest
from rookery.activitypub.structured import parse_dictionary
from rookery.model.accounts import split_handle
from rookery.model.errors import Refusal
from rookery.model.incoming import MAX_TEXT_CHARACTERS, MAX_URI_CHARACTERS
from rookery.network.door import Fetched

NOW_S = 1_800_000_000
NOW = datetime.fromtimestamp(NOW_S, UTC)
BASE = "https://here.example"
MARKUP = re.compile(
    r"</?(?:p|br|strong|em|del|u|code|pre|sub|sup|ruby|rt|rp|ul|ol|li|blockquote|a|span)"
    r'(?: (?:href|class|rel|target|translate)="[^"<>]*")*(?: /)?>'
)
NAMES = Names(mentions={"https://far.example/users/bob": "bob@far.example"}, tags=frozenset({"cats"}))
EVERY_DOCUMENT = [*corpus.EVERY_NOTE.values(), *corpus.EVERY_ACTOR.values(), corpus.LEMMY_ANNOUNCE]


class Target(NamedTuple):
    """run: raises for a finding. seeds: bytes that make sense to it."""

    run: Callable[[bytes], None]
    seeds: list[bytes]


def words(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def read_document(raw: bytes) -> None:
    """An inbox: JSON, then what it says, as an activity, a post, an account, a set of keys and a proof."""
    try:
        document = parse_document(raw)
    except DocumentRefused:
        return
    readers: tuple[Callable[[], object], ...] = (
        lambda: read_activity(document, base_url=BASE, now_us=NOW_S * 1_000_000),
        lambda: check_post(read_note(document, base_url=BASE, now_us=NOW_S * 1_000_000)),
        lambda: read_actor(document, base_url=BASE, now_us=NOW_S * 1_000_000),
        lambda: list(claimed_keys(document)),
        lambda: read_proof(document, NOW),
    )
    for reader in readers:
        try:
            reader()
        except (Refusal, ValueError) as refusal:
            assert isinstance(refusal, Refusal) or reader in readers[3:], refusal
    try:
        canonical = canonical_json(document)
    except NotCanonical:
        return
    assert canonical_json(json.loads(canonical, parse_int=float)) == canonical


def check_post(post: object) -> None:
    assert len(post.text) <= MAX_TEXT_CHARACTERS and len(post.uri) <= MAX_URI_CHARACTERS
    assert not post.uri.startswith(f"{BASE}/"), "somebody speaks for us"
    assert find_origin(post.uri) == find_origin(post.author_uri)


def signed_with(raw: bytes, *names: str) -> SignedRequest:
    """A request whose headers are the lines, in this order; the body is what is left."""
    lines = words(raw).split("\n")
    headers = {"host": "here.example", "date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    headers |= dict(zip(names, lines, strict=False))
    return SignedRequest("POST", "/inbox", headers, "\n".join(lines[len(names) :]).encode(), BASE)


def read_old_signature(raw: bytes) -> None:
    try:
        claim = read_cavage(signed_with(raw, "signature", "digest", "date"), NOW_S)
    except SignatureRefused:
        return
    assert claim.texts and claim.key_id and claim.signature


def read_new_signature(raw: bytes) -> None:
    names = ("signature-input", "signature", "content-digest")
    try:
        claim = read_message_signature(signed_with(raw, *names), NOW_S)
    except SignatureRefused:
        return
    assert claim.texts and claim.key_id and claim.signature


def read_structured(raw: bytes) -> None:
    try:
        parse_dictionary(words(raw))
    except ValueError:
        return


def read_content(raw: bytes) -> None:
    """HTML of strangers: no trip of the reader, no tag that is not ours, facets inside the text."""
    html = words(raw)
    read = Reader(NAMES).read(html)
    check_markup(read)
    check_markup(Reader(NAMES).read(read.shown))
    check_markup(read_plain(html, NAMES))


def check_markup(read: Markup) -> None:
    bare = MARKUP.sub("", read.shown)
    assert "<" not in bare and ">" not in bare, bare
    for address in re.findall(r'href="([^"]*)"', read.shown):
        assert address.lower().startswith(("http://", "https://")), address
    assert all(0 <= one.start < one.end <= len(read.text) for one in read.facets)


def read_address(raw: bytes) -> None:
    """Addresses and handles: one host, however it is written."""
    text = words(raw)
    origin = find_origin(text)
    if origin is not None:
        assert find_origin(f"{origin}/") == origin
        assert host_of(text) == host_of(origin) and authority_of(text) == authority_of(origin)
    if found := find_web_url(text):
        assert found.lower().startswith(("http://", "https://"))
    try:
        split_handle(text, "here.example")
    except (Refusal, ValueError):
        return


def read_key(raw: bytes) -> None:
    for parse in (parse_pem, parse_multikey):
        try:
            parse(words(raw))
        except KeyRefused:
            continue


def read_finger(raw: bytes) -> None:
    """What a server says of a handle."""
    try:
        found = finger_from(raw)
    except RemoteRefused:
        return
    assert len(found.selves) <= 10 and bool(found.name) == bool(found.domain)


def read_page(raw: bytes) -> None:
    """The page of a post: a line of its Link header, then its HTML."""
    link, _, html = raw.partition(b"\n")
    headers = {"content-type": "text/html", "link": link.decode("latin-1")}
    got = Fetched("https://far.example/@bob/1", 200, "text/html", headers, html)
    find_alternate(got)


def read_comparison(raw: bytes) -> None:
    """The header by which followers are compared."""
    said = parse_header(words(raw), "https://far.example/users/bob")
    if said is not None:
        assert find_origin(said.url) == find_origin(said.collection_uri) == "https://far.example"


FINGER = (
    b'{"subject":"acct:bob@far.example","links":[{"rel":"self","type":"application/activity+json",'
    b'"href":"https://far.example/bob"}]}'
)
PAGE = (
    b'<https://far.example/1>; rel="alternate"; type="application/activity+json"\n<html><head>'
    b'<link rel="alternate" type="application/activity+json" href="https://far.example/2"></head>'
)
COMPARISON = (
    b'collectionId="https://far.example/users/bob/followers", url="https://far.example/users/bob/sync",'
    b' digest="' + b"0" * 64 + b'"'
)
CAVAGE = (
    b'keyId="https://far.example/users/bob#main-key",algorithm="rsa-sha256",'
    b'headers="(request-target) host date digest",signature="c2lnbmF0dXJl"'
    b"\nSHA-256=RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=\nFri, 15 Jan 2027 08:00:00 GMT\n"
)
STANDARD = (
    b'sig1=("@method" "@target-uri" "content-digest");created=1800000000;keyid="https://far.example/users/bob#main-key"'
    b"\nsig1=:c2lnbmF0dXJl:\nsha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:\n"
)
TARGETS: dict[str, Target] = {
    "documents": Target(read_document, [json.dumps(one).encode() for one in EVERY_DOCUMENT]),
    "cavage": Target(read_old_signature, [CAVAGE]),
    "standard": Target(read_new_signature, [STANDARD]),
    "structured": Target(read_structured, [STANDARD.split(b"\n")[0], b"a=1.5, b=?1, c=(x y);q=:YQ==:"]),
    "content": Target(read_content, [corpus.MASTODON_HTML.encode(), corpus.WORDPRESS_HTML.encode()]),
    "addresses": Target(read_address, [b"https://far.example:443/@bob", b"@bob@far.example", b"https://[::1]/"]),
    "finger": Target(read_finger, [FINGER]),
    "pages": Target(read_page, [PAGE]),
    "comparison": Target(read_comparison, [COMPARISON]),
    "keys": Target(read_key, [b"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", b"-----BEGIN PUBLIC KEY-----"]),
}
