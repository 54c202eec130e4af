"""Signing in and out, and the list of browsers that are signed in.

Owns: `/login`, `/logout`, `/settings/sessions`, the session cookie. Never: checks a password (actions/sessions.py).
A sign-in makes a new session with a new secret, so nobody can plant one; the one before it in this browser ends.
"""

from __future__ import annotations

from rookery.actions.sessions import (
    NewSession,
    list_own_sessions,
    sign_in,
    sign_out,
    sign_out_everywhere,
    sign_out_session,
)
from rookery.model.errors import NotSignedIn, TooMany
from rookery.model.members import MemberHeldBack
from rookery.network.limits import SIGN_IN
from rookery.network.requests import Request
from rookery.network.responses import Answer, Response
from rookery.storage.members import find_member
from rookery.web.face import FORM, SESSION
from rookery.web.fields import Fields
from rookery.web.guards import LONG_S, safe_path, set_cookie
from rookery.web.looks import look_of_member
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()


def user_agent_of(request: Request) -> str:
    """Return what the browser says of itself."""
    return request.header("user-agent")


async def enter(visit: Visit, session: NewSession, location: str) -> Response:
    """Give the browser its session and the member's look, and send it on."""
    base_url = visit.face.base_url
    member = await find_member(visit.face.app.db.reader, session.account_id)
    visit.cookies = [set_cookie(base_url, SESSION, session.secret, LONG_S), set_cookie(base_url, FORM, "", 0)]
    if member:
        visit.keep_look(look_of_member(member.preferences, visit.look))
    return visit.go(location)


@routes.page("/login")
async def show_login(visit: Visit) -> Answer:
    """Ask who it is.

    `again=1`: also somebody who is signed in, because an app asks for it. `changed=1`: after a new password.
    """
    onward = safe_path(visit.query.get("next", ""), "/home")
    if visit.member and visit.query.get("again") != "1":
        return visit.go(onward)
    is_changed = visit.query.get("changed") == "1"
    return visit.page("login.html", onward=onward, name="", error="", is_changed=is_changed)


@routes.form("/login", who="anyone", limit=SIGN_IN)
async def sign_in_here(visit: Visit, fields: Fields) -> Answer:
    """Sign in; a wrong password gives the form back with a sentence."""
    onward, name = safe_path(fields.text("next"), "/home"), fields.line("name")
    app = visit.face.app
    try:
        session = await sign_in(
            app,
            visit.face.passwords,
            name,
            fields.text("password"),
            user_agent=user_agent_of(visit.request),
            address=visit.request.address,
        )
    except (NotSignedIn, MemberHeldBack, TooMany) as refusal:
        code = 429 if isinstance(refusal, TooMany) else 403 if isinstance(refusal, MemberHeldBack) else 401
        return visit.page("login.html", code, onward=onward, name=name, error=visit.say(str(refusal)), is_changed=False)
    await end_session(visit)
    return await enter(visit, session, onward)


async def end_session(visit: Visit) -> None:
    """End the session that this browser has, if any."""
    caller = visit.request.caller
    if caller.account_id is not None and caller.session_id is not None:
        await sign_out(visit.face.app, caller.account_id, caller.session_id)


@routes.form("/logout")
async def sign_out_here(visit: Visit, fields: Fields) -> Answer:
    """Sign this browser out; it keeps its language and theme."""
    await end_session(visit)
    visit.cookies = [set_cookie(visit.face.base_url, SESSION, "", 0)]
    visit.keep_look(look_of_member(visit.preferences, visit.look))
    return visit.go("/")


@routes.page("/settings/sessions", who="member")
async def show_sessions(visit: Visit) -> Answer:
    """Every browser that is signed in."""
    found = await list_own_sessions(visit.face.app, visit.account_id)
    return visit.page(
        "settings_sessions.html",
        section="sessions",
        sessions=[(one, browser_name(one.user_agent)) for one in found],
        own_id=visit.request.caller.session_id,
        saved="",
    )


@routes.form("/settings/sessions")
async def end_sessions(visit: Visit, fields: Fields) -> Answer:
    """Sign another browser out, or all the others with every app."""
    app, me = visit.face.app, visit.account_id
    if fields.is_on("all"):
        await sign_out_everywhere(app, me, keep_session=visit.request.caller.session_id)
    else:
        await sign_out_session(app, me, fields.number("session", 0))
    return visit.go("/settings/sessions")


# What a browser's own words contain -> what people call it. First match wins: most of them also claim to be another.
BROWSERS = (
    ("Firefox/", "Firefox"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """Return what people call a browser, '' when it does not say."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " · ".join(filter(None, (browser, system)))
