"""Settings of signing in: the second step with its recovery codes, and passkeys.

Owns: `/settings/security` and what lies below. Never: a rule (actions/factors.py, actions/passkeys.py). Everything but
adding a passkey works without script. Secrets are drawn here, as SVG inside the page: no request carries one.
"""

from __future__ import annotations

import io

import segno
from markupsafe import Markup

from rookery.actions.factors import begin_totp, renew_recovery_codes, turn_totp_off, turn_totp_on
from rookery.actions.passkeys import add_passkey, list_own_passkeys, offer_registration, remove_passkey, rename_passkey
from rookery.model.errors import Conflict, Invalid, NotAllowed, TooMany
from rookery.model.onetime import spaced, totp_uri
from rookery.network.limits import API, SIGN_IN
from rookery.network.responses import Answer
from rookery.storage.factors import count_recovery_codes, is_second_step_on
from rookery.web.fields import Fields
from rookery.web.proving import detour
from rookery.web.routing import PageTable
from rookery.web.sessions import json_text
from rookery.web.visits import Visit

routes = PageTable()
HERE = "/settings/security"


def draw_code(text: str) -> Markup:
    """Return a QR code as SVG, black on white in every theme. Spec: ISO/IEC 18004"""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", scale=5, border=3, light="#fff", xmldecl=False, svgns=False, svgclass="qr", lineclass=None
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - numbers and colours of our own


def session_of(visit: Visit) -> int | None:
    """Return the session that asks."""
    return visit.request.caller.session_id


@routes.page(HERE, who="member")
async def show_security(visit: Visit) -> Answer:
    """What is on, which passkeys there are."""
    return await detour(visit, HERE) or await answer_security(visit)


async def answer_security(visit: Visit, code: int = 200, *, error: str = "") -> Answer:
    """Render the overview."""
    app, me = visit.face.app, visit.account_id
    is_on = await is_second_step_on(app.db.reader, me)
    passkeys = await list_own_passkeys(app, me)
    offer = ""
    try:
        offer = json_text(await offer_registration(app, me, session_id=session_of(visit)))
    except Invalid as refusal:
        error = error or visit.say(str(refusal))
    return visit.page(
        "settings_security.html",
        code,
        section="security",
        is_on=is_on,
        code_count=await count_recovery_codes(app.db.reader, me) if is_on else 0,
        passkeys=passkeys,
        offer=offer,
        error=error,
        saved=visit.query.get("saved", ""),
    )


@routes.page(f"{HERE}/codes", who="member")
async def show_totp(visit: Visit) -> Answer:
    """The secret for an authenticator app, as a picture and as text."""
    return await detour(visit, f"{HERE}/codes") or await answer_totp(visit)


async def answer_totp(visit: Visit, code: int = 200, *, error: str = "") -> Answer:
    """Render the first steps."""
    app = visit.face.app
    secret = await begin_totp(app, visit.account_id, session_id=session_of(visit))
    name = visit.person.handle.removeprefix("@") if visit.person else ""
    uri = totp_uri(secret, name=name, issuer=app.settings.server.domain)
    return visit.page(
        "settings_totp.html",
        code,
        section="security",
        saved="",
        picture=draw_code(uri),
        uri=uri,
        secret=spaced(secret).replace("-", " "),
        error=error,
    )


@routes.form(f"{HERE}/codes", limit=SIGN_IN)
async def confirm_totp(visit: Visit, fields: Fields) -> Answer:
    """Turn the second step on with a first code; show the recovery codes, this once."""
    if away := await detour(visit, f"{HERE}/codes"):
        return away
    app, limiter = visit.face.app, visit.face.passwords.limiter
    try:
        codes = await turn_totp_on(app, limiter, visit.account_id, fields.line("code"), session_id=session_of(visit))
    except (NotAllowed, TooMany) as refusal:
        code = 429 if isinstance(refusal, TooMany) else 422
        return await answer_totp(visit, code, error=visit.say(str(refusal)))
    except Conflict:
        return visit.go(HERE)
    return visit.page("settings_recovery.html", section="security", saved="", codes=codes)


@routes.form(f"{HERE}/recovery", limit=SIGN_IN)
async def renew_codes(visit: Visit, fields: Fields) -> Answer:
    """Make new recovery codes; show them, this once."""
    if away := await detour(visit, HERE):
        return away
    try:
        codes = await renew_recovery_codes(visit.face.app, visit.account_id, session_id=session_of(visit))
    except Conflict:
        return visit.go(HERE)
    return visit.page("settings_recovery.html", section="security", saved="", codes=codes)


@routes.form(f"{HERE}/off", limit=SIGN_IN)
async def turn_off(visit: Visit, fields: Fields) -> Answer:
    """Let the password alone sign in again."""
    if away := await detour(visit, HERE):
        return away
    await turn_totp_off(visit.face.app, visit.account_id, session_id=session_of(visit))
    return visit.go(f"{HERE}?saved=1")


@routes.form(f"{HERE}/passkeys", limit=SIGN_IN)
async def add(visit: Visit, fields: Fields) -> Answer:
    """Keep a new passkey."""
    if away := await detour(visit, HERE):
        return away
    try:
        await add_passkey(
            visit.face.app, visit.account_id, fields.text("answer"), fields.line("name"), session_id=session_of(visit)
        )
    except (NotAllowed, Invalid) as refusal:
        return await answer_security(visit, 422, error=visit.say(str(refusal)))
    return visit.go(f"{HERE}?saved=1")


@routes.form(f"{HERE}/passkeys/change", limit=API)
async def change(visit: Visit, fields: Fields) -> Answer:
    """Rename or remove a passkey."""
    if away := await detour(visit, HERE):
        return away
    app, me, passkey_id = visit.face.app, visit.account_id, fields.number("passkey", 0)
    if fields.text("do") == "remove":
        await remove_passkey(app, me, passkey_id, session_id=session_of(visit))
    else:
        await rename_passkey(app, me, passkey_id, fields.line("name"), session_id=session_of(visit))
    return visit.go(f"{HERE}?saved=1")
