"""The addresses under which other software finds out what runs here and who lives here.

Owns: nodeinfo, webfinger, host-meta, the way to the password. They stand beside the client API because apps ask them
first; what a wire adds to them (its own links) depends on the wires that this server speaks.
Spec: https://nodeinfo.diaspora.software/protocol, RFC 7033 (webfinger), RFC 6415 (host-meta),
https://w3c.github.io/webappsec-change-password-url/
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from rookery import __version__
from rookery.actions.registrations import settings_now
from rookery.mastodon.accounts_json import profile_url
from rookery.mastodon.addresses import media_url
from rookery.mastodon.face import MastodonFace
from rookery.mastodon.forms import read_query
from rookery.mastodon.instance_json import OPEN_MODES
from rookery.model.accounts import Account, AccountNotFound, split_handle
from rookery.network.requests import Request
from rookery.network.responses import ENCODE_JSON, Answer, Response, json_response, redirect
from rookery.network.routes import RouteTable
from rookery.storage.accounts import find_account_by_name

routes: RouteTable[MastodonFace] = RouteTable()
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
PROTOCOLS = frozenset(("activitypub", "atproto"))  # the wires that nodeinfo has, or tolerates, a word for
PASSWORD_PAGE = "/settings/account"  # noqa: S105 - an address


@routes.route("GET", "/.well-known/nodeinfo", who="anyone")
async def list_nodeinfo(face: MastodonFace, request: Request) -> Answer:
    """Where the two versions are."""
    base_url = face.app.settings.base_url
    links = [{"rel": f"{SCHEMA}{version}", "href": f"{base_url}/nodeinfo/{version}"} for version in ("2.0", "2.1")]
    return json_response({"links": links})


@routes.route("GET", "/nodeinfo/2.0", who="anyone")
async def show_nodeinfo(face: MastodonFace, request: Request) -> Answer:
    """What runs here. Spec: https://nodeinfo.diaspora.software/docson/index.html#/ns/schema/2.0"""
    return await answer_nodeinfo(face, "2.0", {})


@routes.route("GET", "/nodeinfo/2.1", who="anyone")
async def show_newer_nodeinfo(face: MastodonFace, request: Request) -> Answer:
    """The same with where to read more. Spec: …/ns/schema/2.1"""
    return await answer_nodeinfo(face, "2.1", {"homepage": f"{face.app.settings.base_url}/about"})


async def answer_nodeinfo(face: MastodonFace, version: str, more: dict[str, str]) -> Response:
    """Answer one version."""
    settings, counts = await settings_now(face.app), await face.usage.counts.get()
    body = {
        "version": version,
        "software": {"name": "rookery", "version": __version__, **more},
        "protocols": [wire.name for wire in face.app.wires if wire.name in PROTOCOLS],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": settings.nest.registrations in OPEN_MODES,
        "usage": {
            "users": {
                "total": counts.members,
                "activeMonth": counts.active_month,
                "activeHalfyear": counts.active_half_year,
            },
            "localPosts": counts.posts,
        },
        "metadata": {"nodeName": settings.nest.title, "nodeDescription": settings.nest.description},
    }
    kind = f'application/json; profile="{SCHEMA}{version}#"; charset=utf-8'
    return Response(ENCODE_JSON(body), headers=[(b"content-type", kind.encode())])


@routes.route("GET", "/.well-known/webfinger", who="anyone")
async def show_webfinger(face: MastodonFace, request: Request) -> Answer:
    """Who somebody of ours is. Spec: RFC 7033 §4.2 (400 without `resource`, 404 for one that is not ours)"""
    name = name_from_resource(face, read_query(request).required("resource"))
    account = await find_account_by_name(face.app.db.reader, name)
    if account is None or account.suspended_at_us:
        raise AccountNotFound
    body = ENCODE_JSON(json_from_finger(face, account))
    return Response(body, headers=[(b"content-type", b"application/jrd+json; charset=utf-8")])


def name_from_resource(face: MastodonFace, resource: str) -> str:
    """Return the name in `acct:ana@here.example` or in the address of a profile. Raises AccountNotFound."""
    settings = face.app.settings
    for path in ("/@", "/users/"):
        if resource.startswith(settings.base_url + path):
            name, domain = split_handle(resource.removeprefix(settings.base_url + path), settings.server.domain)
            break
    else:
        if "@" not in resource.removeprefix("acct:").removeprefix("@"):
            raise AccountNotFound
        name, domain = split_handle(resource, settings.server.domain)
    if domain:
        raise AccountNotFound
    return name


def json_from_finger(face: MastodonFace, account: Account) -> dict[str, Any]:
    """Return the JRD: page, picture, and the ActivityPub id where this server speaks it."""
    settings = face.app.settings
    page = profile_url(account, settings.base_url)
    links = [{"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page}]
    if account.uri and any(wire.name == "activitypub" for wire in face.app.wires):
        links.append({"rel": "self", "type": "application/activity+json", "href": account.uri})
    if account.avatar_key:
        picture = media_url(settings.base_url, account.avatar_key)
        links.append({"rel": "http://webfinger.net/rel/avatar", "href": picture})
    aliases = [page, *([account.uri] if account.uri else [])]
    return {"subject": f"acct:{account.username}@{settings.server.domain}", "aliases": aliases, "links": links}


@routes.route("GET", "/.well-known/host-meta", who="anyone")
async def show_host_meta(face: MastodonFace, request: Request) -> Answer:
    """Where webfinger is, as XML, or as JSON for who asks so. Spec: RFC 6415 §2, §3"""
    if "json" in request.header("accept"):
        return await show_host_meta_json(face, request)
    template = quoteattr(finger_template(face))
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template={template}/>\n</XRD>\n'
    )
    return Response(body.encode(), headers=[(b"content-type", b"application/xrd+xml; charset=utf-8")])


@routes.route("GET", "/.well-known/host-meta.json", who="anyone")
async def show_host_meta_json(face: MastodonFace, request: Request) -> Answer:
    """The same as JSON. Spec: RFC 6415 appendix A"""
    return json_response({"links": [{"rel": "lrdd", "template": finger_template(face)}]})


def finger_template(face: MastodonFace) -> str:
    """The address of webfinger with a place for the resource."""
    return f"{quote(face.app.settings.base_url, safe=':/')}/.well-known/webfinger?resource={{uri}}"


@routes.route("GET", "/.well-known/change-password", who="anyone")
async def find_password_page(face: MastodonFace, request: Request) -> Answer:
    """Lead password managers to the page where a password is changed."""
    return redirect(face.app.settings.base_url + PASSWORD_PAGE, 302)
