"""The yes that a person gives to an app, and the list of the yeses they gave.

Owns: `/oauth/authorize`, `/settings/apps`, scopes in plain words. Never: codes and tokens (actions/apps.py, tokens.py).
Spec: RFC 6749 §4.1.1, §4.1.2.1; https://docs.joinmastodon.org/methods/oauth/#authorize
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode

from rookery.actions.apps import (
    AuthorizationForm,
    AuthorizationRefused,
    AuthorizationRequest,
    check_authorization,
    grant_authorization,
    refuse_authorization,
)
from rookery.actions.tokens import list_authorized_apps, remove_app
from rookery.model.apps import OAuthRefused
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.apps import AuthorizedToken
from rookery.web.fields import Fields
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
PARAMETERS = (
    *("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"),
)
TRUE = ("1", "true", "on", "yes")


def authorization_form(find: Callable[[str], str]) -> AuthorizationForm:
    """Read an app's parameters."""
    values = {name: find(name) for name in PARAMETERS}
    return AuthorizationForm(
        response_type=values["response_type"],
        client_id=values["client_id"],
        redirect_uri=values["redirect_uri"],
        scope=values["scope"],
        state=values["state"],
        code_challenge=values["code_challenge"] or None,
        code_challenge_method=values["code_challenge_method"] or None,
    )


def query_of(values: Mapping[str, str]) -> str:
    """Return the app's parameters as a query, without those that asked us for something."""
    return urlencode({name: values[name] for name in PARAMETERS if values.get(name)})


def refuse(visit: Visit, refusal: OAuthRefused) -> Response:
    """Send an error to the app when it may have it, else say it here. Spec: RFC 6749 §4.1.2.1."""
    if isinstance(refusal, AuthorizationRefused) and refusal.location:
        return visit.go(refusal.location)
    sentence = visit.say(str(refusal))
    return visit.face.sentence_page(400, sentence, visit.words.language, visit.theme)


@routes.page("/oauth/authorize")
async def show_authorize(visit: Visit) -> Answer:
    """Ask the person; who is not signed in does so first and comes back.

    Errors too go to an app only with somebody who is signed in: anybody may register an app, and our address must not
    send strangers wherever it likes. Spec: RFC 9700 §4.11.2
    """
    back = f"/oauth/authorize?{query_of(visit.query)}"
    try:
        request = await check_authorization(visit.face.app, authorization_form(lambda name: visit.query.get(name, "")))
    except OAuthRefused as refusal:
        if isinstance(refusal, AuthorizationRefused) and visit.member is None:
            return visit.go(f"/login?next={quote(back, safe='')}")
        return refuse(visit, refusal)
    is_forced = visit.query.get("force_login", "").lower() in TRUE
    if visit.member is None or is_forced:
        again = "&again=1" if is_forced else ""
        return visit.go(f"/login?next={quote(back, safe='')}{again}")
    return visit.page(
        "consent.html",
        request=request,
        parameters=[(name, visit.query[name]) for name in PARAMETERS if visit.query.get(name)],
        abilities=abilities_of(visit, request.scopes),
        switch=f"/login?next={quote(back, safe='')}&again=1",
    )


@routes.form("/oauth/authorize", limit=API)
async def authorize(visit: Visit, fields: Fields) -> Answer:
    """Carry the answer to the app, or show the code when the person carries it themself."""
    try:
        request = await check_authorization(visit.face.app, authorization_form(fields.text))
    except OAuthRefused as refusal:
        return refuse(visit, refusal)
    if fields.text("answer") != "yes":
        location = refuse_authorization(request)
        return visit.go(location) if location else visit.page("code.html", code="", request=request)
    return await answer_yes(visit, request)


async def answer_yes(visit: Visit, request: AuthorizationRequest) -> Response:
    """Give the app its code."""
    granted = await grant_authorization(visit.face.app, request, visit.account_id)
    if granted.location:
        return visit.go(granted.location)
    return visit.page("code.html", code=granted.code, request=request)


def abilities_of(visit: Visit, scopes: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return (icon, what the app may then do) in plain words, the strongest last."""
    say = visit.words.gettext
    families = [
        ("read", "read", say("Read your home, your notifications, your lists and settings")),
        ("profile", "person", say("See your name and picture")),
        ("follow", "follow", say("Follow, mute and block people for you")),
        ("push", "bell", say("Send you notifications")),
        ("write", "write", say("Post, reply, like and change your profile in your name")),
        ("admin:read", "shield", say("Read reports and member records, if you look after this server")),
        ("admin:write", "shield", say("Decide on reports and members, if you look after this server")),
    ]
    shown = []
    for family, icon, words in families:
        if family in scopes:
            shown.append((icon, words))
        elif parts := [scope.removeprefix(f"{family}:") for scope in scopes if scope.startswith(f"{family}:")]:
            shown.append((icon, partly(visit, family, parts)))
    return shown


def partly(visit: Visit, family: str, parts: list[str]) -> str:
    """Return what a family of scopes allows when only parts of it were asked for."""
    say = visit.words.gettext
    names = {
        "accounts": say("profile"),
        "blocks": say("blocks"),
        "bookmarks": say("bookmarks"),
        "collections": say("collections"),
        "conversations": say("conversations"),
        "favourites": say("likes"),
        "filters": say("filters"),
        "follows": say("follows"),
        "lists": say("lists"),
        "media": say("pictures"),
        "mutes": say("mutes"),
        "notifications": say("notifications"),
        "reports": say("reports"),
        "search": say("search"),
        "statuses": say("posts"),
    }
    listed = ", ".join(names.get(part, part) for part in parts)
    return (say("Read: %s") if family.endswith("read") else say("Change: %s")) % listed


@routes.page("/settings/apps", who="member")
async def show_apps(visit: Visit) -> Answer:
    """Every app that may act for the visitor."""
    found = await list_authorized_apps(visit.face.app, visit.account_id)
    groups: dict[int, list[AuthorizedToken]] = {}
    for token in found:
        groups.setdefault(token.app_id, []).append(token)
    shown = [(tokens[0], abilities_of(visit, tuple(tokens[0].scopes.split())), tokens) for tokens in groups.values()]
    return visit.page("settings_apps.html", section="apps", apps=shown, saved="")


@routes.form("/settings/apps")
async def take_back(visit: Visit, fields: Fields) -> Answer:
    """End all that one app may do."""
    await remove_app(visit.face.app, visit.account_id, fields.number("app", 0))
    return visit.go("/settings/apps")
