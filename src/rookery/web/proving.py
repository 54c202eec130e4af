"""The page that asks once more who somebody is, and the way there and back.

Owns: `/settings/prove`. Never: what a proof is or how long it lasts (actions/proofs.py). A page or form that needs a
fresh proof calls `detour` first; what was typed there is asked for again, for it never left the browser.
"""

from __future__ import annotations

from urllib.parse import quote

from rookery.actions.passkeys import (
    PROVE,
    list_own_passkeys,
    offer_assertion,
    renew_proof_with_passkey,
    session_binding,
)
from rookery.actions.proofs import is_fresh, renew_proof
from rookery.model.errors import NotAllowed, TooMany
from rookery.network.limits import SIGN_IN
from rookery.network.responses import Answer, Response
from rookery.web.fields import Fields
from rookery.web.guards import safe_path
from rookery.web.routing import PageTable
from rookery.web.sessions import json_text
from rookery.web.visits import Visit

routes = PageTable()


async def detour(visit: Visit, back: str) -> Response | None:
    """Return the way to the proof when the session needs one, None when it is fresh. back: a page, not a form."""
    if await is_fresh(visit.face.app, visit.account_id, visit.request.caller.session_id):
        return None
    return visit.go(f"/settings/prove?next={quote(back, safe='')}")


@routes.page("/settings/prove", who="member")
async def show_prove(visit: Visit) -> Answer:
    """Ask for the password or a passkey."""
    return await answer_prove(visit, safe_path(visit.query.get("next", ""), "/settings"))


async def answer_prove(visit: Visit, onward: str, code: int = 200, *, error: str = "") -> Answer:
    """Render the form."""
    offer = ""
    if await list_own_passkeys(visit.face.app, visit.account_id):
        binding = session_binding(visit.request.caller.session_id)
        offer = json_text(await offer_assertion(visit.face.app, PROVE, binding, visit.account_id))
    return visit.page("prove.html", code, onward=onward, error=error, offer=offer)


@routes.form("/settings/prove", limit=SIGN_IN)
async def prove(visit: Visit, fields: Fields) -> Answer:
    """Take the proof and go on."""
    app, onward = visit.face.app, safe_path(fields.text("next"), "/settings")
    session_id = visit.request.caller.session_id or 0
    try:
        if answer := fields.text("answer"):
            await renew_proof_with_passkey(app, visit.account_id, session_id, answer)
        else:
            await renew_proof(app, visit.face.passwords, visit.account_id, session_id, fields.text("current"))
    except (NotAllowed, TooMany) as refusal:
        code = 429 if isinstance(refusal, TooMany) else 403
        return await answer_prove(visit, onward, code, error=visit.say(str(refusal)))
    return visit.go(onward)
