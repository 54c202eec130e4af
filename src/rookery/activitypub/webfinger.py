"""From a name to an address: WebFinger, and host-meta, which says where WebFinger is.

Owns: which resources are ours, the descriptor (JRD) of a person and of the server. Never: fetches anything, tells who
is hidden. Every address in an answer comes from the settings, never from the request.
Spec: RFC 7033 (WebFinger), RFC 7565 (acct), RFC 6415 (host-meta), https://w3id.org/fep/d556 (the server itself)
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import quoteattr

from rookery.activitypub.face import ACTIVITY, FINDING, FOR_A_MINUTE, FOR_AN_HOUR, STREAMS, WireFace
from rookery.model.accounts import Account, AccountNotFound, split_handle
from rookery.model.errors import Malformed
from rookery.network.accepting import prefers
from rookery.network.requests import Request
from rookery.network.responses import ENCODE_JSON, Answer, Response, json_response
from rookery.network.routes import RouteTable
from rookery.network.server import VARY
from rookery.storage.accounts import find_account_by_name

routes: RouteTable[WireFace] = RouteTable(FINDING)
JRD_TYPE = (b"content-type", b"application/jrd+json; charset=utf-8")
XRD_TYPE = (b"content-type", b"application/xrd+xml; charset=utf-8")
JSON_TYPES = ("application/json", "application/jrd+json")
PAGE_REL = "http://webfinger.net/rel/profile-page"
PICTURE_REL = "http://webfinger.net/rel/avatar"
SUBSCRIBE_REL = "http://ostatus.org/schema/1.0/subscribe"
SERVER_REL = f"{STREAMS}#Service"
MOST_CHARACTERS = 2000
FORMS = "acct:NAME@DOMAIN, the address of a profile, or the address of this server"


class ResourceNeeded(Malformed):
    """The question names nobody."""

    def __init__(self) -> None:
        super().__init__(f"the parameter `resource` is missing: {FORMS}")


class ResourceUnreadable(Malformed):
    """The question names something that can be nobody's name."""

    def __init__(self) -> None:
        super().__init__(f"`resource` cannot be read: {FORMS}, at most {MOST_CHARACTERS} characters")


@routes.route("GET", "/.well-known/webfinger", who="anyone")
async def show_finger(face: WireFace, request: Request) -> Answer:
    """Who somebody of ours is. Spec: RFC 7033 §4.2 (400 without `resource`, 404 for one that is not ours)"""
    resource = resource_of(request)
    wanted = {str(value) for name, value in request.query() if name == "rel"}
    found = finger_of_server(face) if is_server(face, resource) else finger_of(face, await find_named(face, resource))
    if wanted:  # RFC 7033 §4.3: fewer links, and everything else as it is
        found["links"] = [link for link in found["links"] if link["rel"] in wanted]
    return Response(ENCODE_JSON(found), headers=[JRD_TYPE, FOR_A_MINUTE])


def resource_of(request: Request) -> str:
    """Return what is asked for, the first of several. Raises ResourceNeeded, ResourceUnreadable."""
    asked = next((str(value).strip() for name, value in request.query() if name == "resource"), "")
    if not asked:
        raise ResourceNeeded
    if len(asked) > MOST_CHARACTERS or not asked.isprintable():
        raise ResourceUnreadable
    return asked


def is_server(face: WireFace, resource: str) -> bool:
    """True when the server itself is meant: by its address, its actor's, or as DOMAIN@DOMAIN."""
    if resource.rstrip("/") in (face.base_url, f"{face.base_url}/actor"):
        return True
    name, _, domain = without_scheme(resource).casefold().partition("@")
    return name == domain and domain in our_domains(face)


def our_domains(face: WireFace) -> tuple[str, ...]:
    """Return the domains that are ours in a name: that of handles, and the host that serves it."""
    return face.app.settings.server.domain.casefold(), urlsplit(face.base_url).netloc.casefold()


def without_scheme(resource: str) -> str:
    """Return `ana@here.example` of `acct:ana@here.example`; the scheme's letters may be large."""
    return resource[5:] if resource[:5].lower() == "acct:" else resource


async def find_named(face: WireFace, resource: str) -> Account:
    """Return the person of ours whom a resource names. Raises AccountNotFound, for hidden ones too."""
    account = await find_account_by_name(face.reader, name_from_resource(face, resource))
    if account is None or account.suspended_at_us:
        raise AccountNotFound
    return account


def name_from_resource(face: WireFace, resource: str) -> str:
    """Return the name key in `acct:ana@here.example` or in the address of a page. Raises AccountNotFound."""
    here = face.app.settings.server.domain
    page = f"{face.base_url}/@"
    if resource.startswith(page):
        handle = unquote(resource.removeprefix(page)).removesuffix("/")
        if "/" in handle or "@" in handle or not handle:
            raise AccountNotFound
        return split_handle(handle, here)[0]
    handle = without_scheme(resource)
    if handle.rpartition("@")[2].casefold() not in our_domains(face):
        raise AccountNotFound
    return split_handle(handle, here)[0]


def finger_of(face: WireFace, account: Account) -> dict[str, Any]:
    """Return the descriptor of a person: page, document, picture."""
    page = f"{face.base_url}/@{account.username}"
    links = [
        {"rel": PAGE_REL, "type": "text/html", "href": page},
        {"rel": "self", "type": ACTIVITY, "href": page},
        {"rel": SUBSCRIBE_REL, "template": f"{face.base_url}/authorize_interaction?uri={{uri}}"},
    ]
    if account.avatar_key:
        links.append({"rel": PICTURE_REL, "href": f"{face.base_url}/media/{account.avatar_key}"})
    subject = f"acct:{account.username}@{face.app.settings.server.domain}"
    return {"subject": subject, "aliases": [page], "links": links}


def finger_of_server(face: WireFace) -> dict[str, Any]:
    """Return the descriptor of the server: its actor under the name of FEP-d556, and as `self` for who asks by name."""
    domain, actor = face.app.settings.server.domain, f"{face.base_url}/actor"
    return {
        "subject": f"acct:{domain}@{domain}",
        "aliases": [face.base_url, actor],
        "links": [
            {"rel": PAGE_REL, "type": "text/html", "href": f"{face.base_url}/about"},
            {"rel": "self", "type": ACTIVITY, "href": actor},
            {"rel": SERVER_REL, "type": ACTIVITY, "href": actor},
        ],
    }


@routes.route("GET", "/.well-known/host-meta", who="anyone")
async def show_host_meta(face: WireFace, request: Request) -> Answer:
    """Where WebFinger is, as XML, or as JSON for who asks so. Spec: RFC 6415 §2, §3"""
    if prefers(request.headers.get(b"accept", b""), JSON_TYPES, XRD_TYPE[1].decode()):
        return json_response(host_meta(face), headers=[FOR_AN_HOUR, VARY])
    template = quoteattr(finger_template(face))
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template={template}/>\n</XRD>\n'
    )
    return Response(body.encode(), headers=[XRD_TYPE, FOR_AN_HOUR, VARY])


@routes.route("GET", "/.well-known/host-meta.json", who="anyone")
async def show_host_meta_json(face: WireFace, request: Request) -> Answer:
    """The same as JSON. Spec: RFC 6415 appendix A"""
    return json_response(host_meta(face), headers=[FOR_AN_HOUR])


def host_meta(face: WireFace) -> dict[str, Any]:
    """Return the JSON form."""
    return {"links": [{"rel": "lrdd", "template": finger_template(face)}]}


def finger_template(face: WireFace) -> str:
    """The address of WebFinger with a place for the resource."""
    return f"{quote(face.base_url, safe=':/')}/.well-known/webfinger?resource={{uri}}"
