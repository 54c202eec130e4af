"""Joining through an app: sign-up with the app's own token, and the confirmation of the address.

Owns: POST /api/v1/accounts and the routes under /api/v1/emails, the `details` of a refused sign-up. Never: the rules of
a sign-up (actions/members.py). Spec: https://docs.joinmastodon.org/methods/accounts/#create, …/methods/emails/
"""

from __future__ import annotations

from typing import Any

from rookery.actions.credentials import request_confirmation
from rookery.actions.members import sign_up
from rookery.actions.tokens import give_member_token
from rookery.mastodon.face import MastodonFace, person
from rookery.mastodon.forms import Form, read_form
from rookery.mastodon.oauth import json_from_token
from rookery.model.callers import parse_scopes
from rookery.model.errors import NotAllowed
from rookery.model.members import SignUp, SignUpRefused
from rookery.network.limits import MAILING, SIGN_UP
from rookery.network.requests import Request
from rookery.network.responses import Answer, Response, json_response
from rookery.network.routes import RouteTable
from rookery.storage.members import find_member

routes: RouteTable[MastodonFace] = RouteTable()
FIELDS = {"invitation": "invite_code"}


class AppTokenNeeded(NotAllowed):
    """A person's token where the app's own is needed."""

    def __init__(self) -> None:
        super().__init__("This method requires an client credentials authentication")


def sign_up_from_form(form: Form, address: str) -> SignUp:
    """Read a sign-up."""
    return SignUp(
        username=form.text("username"),
        email=form.text("email"),
        password=form.text("password"),
        reason=form.text("reason"),
        locale=form.text("locale")[:35] or None,
        invitation=form.text("invite_code") or None,
        agreement=form.flag("agreement"),
        address=address,
    )


def answer_refused(refusal: SignUpRefused) -> Response:
    """Say every problem beside its field: `details: {field: [{error: ERR_…, description}]}`."""
    details: dict[str, list[Any]] = {}
    for problem in refusal.problems:
        field = FIELDS.get(problem.field, problem.field)
        details.setdefault(field, []).append({"error": f"ERR_{problem.reason}", "description": str(problem)})
    sentences = ", ".join(str(problem) for problem in refusal.problems)
    return json_response({"error": f"Validation failed: {sentences}", "details": details}, 422)


@routes.route("POST", "/api/v1/accounts", who="app", scope="write:accounts write", limit=SIGN_UP)
async def create_member(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/accounts/#create. A test server takes a person's token as well."""
    caller = request.caller
    if caller.app_id is None or (caller.account_id is not None and not face.app.settings.is_test):
        raise AppTokenNeeded
    form = sign_up_from_form(await read_form(request), request.address)
    try:
        member = await sign_up(face.app, face.passwords, form)
    except SignUpRefused as refusal:
        return answer_refused(refusal)
    token = await give_member_token(
        face.app, member.account_id, app_id=caller.app_id, scopes=parse_scopes(caller.granted)
    )
    return json_response(json_from_token(token))


@routes.route("POST", "/api/v1/emails/confirmations", who="newcomer", scope="write:accounts write", limit=MAILING)
async def create_confirmation(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/emails/#confirmation."""
    form = await read_form(request)
    try:
        await request_confirmation(face.app, face.passwords.limiter, person(request), form.text("email") or None)
    except SignUpRefused as refusal:
        return answer_refused(refusal)
    return json_response({})


@routes.route("GET", "/api/v1/emails/check_confirmation", who="newcomer", scope="read:accounts read")
async def show_confirmation(face: MastodonFace, request: Request) -> Answer:
    """Answer true once the address is confirmed. Spec: Mastodon, api/v1/emails/confirmations_controller.rb."""
    member = await find_member(face.app.db.reader, person(request))
    return json_response(member is not None and member.confirmed_at_us is not None)
