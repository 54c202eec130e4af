"""Becoming a member: sign-up, confirmation, a forgotten password, and the claim of a new server.

Owns: `/join`, `/confirm`, `/reset`, `/password/…`, `/claim/…`. Never: a rule of who may join (actions/members.py).
A link from a mail shows a page with one button: programs that open every link of a mail confirm nothing.
"""

from __future__ import annotations

from rookery.actions.credentials import confirm_email, is_reset_good, request_password_reset, reset_password
from rookery.actions.invitations import find_good_invitation
from rookery.actions.members import ClaimRefused, claim_server, is_claim_good, sign_up
from rookery.actions.registrations import registration_mode
from rookery.actions.sessions import open_session
from rookery.actions.work import Work, make_task
from rookery.model.errors import TooMany
from rookery.model.members import Member, RegistrationMode, SignUp, SignUpRefused
from rookery.network.limits import MAILING, SIGN_IN, SIGN_UP
from rookery.network.responses import Answer
from rookery.web.fields import Fields
from rookery.web.routing import PageTable
from rookery.web.sessions import end_session, enter, user_agent_of
from rookery.web.visits import Visit

routes = PageTable()


def form_of(visit: Visit, fields: Fields) -> SignUp:
    """Read a sign-up."""
    return SignUp(
        username=fields.line("name").removeprefix("@"),
        email=fields.line("email"),
        password=fields.text("password"),
        reason=fields.text("reason"),
        locale=visit.words.language,
        theme=visit.look.theme,
        invitation=fields.line("invitation") or None,
        agreement=fields.is_on("agreement"),
        address=visit.request.address,
    )


def work_of(visit: Visit, fields: Fields) -> Work:
    """Read the work that the browser did, if any."""
    return Work(fields.line("task"), fields.number("bits", 0), fields.line("work"), visit.need_token())


def problems_of(visit: Visit, refusal: SignUpRefused) -> dict[str, str]:
    """Return the sentence of each field that breaks a rule."""
    return {problem.field: visit.say(str(problem)) for problem in refusal.problems}


@routes.page("/join")
async def show_join(visit: Visit) -> Answer:
    """The form to join, or a sentence why there is none."""
    if visit.member:
        return visit.go("/home")
    code = visit.query.get("invitation", "")[:100]
    return await answer_join(visit, SignUp("", "", "", invitation=code or None), {})


async def answer_join(visit: Visit, form: SignUp, problems: dict[str, str]) -> Answer:
    """Render the form with what was typed, but for the password."""
    mode = await registration_mode(visit.face.app)
    if form.invitation and mode in (RegistrationMode.INVITATION, RegistrationMode.APPROVAL):
        invitation = await find_good_invitation(visit.face.app, form.invitation)
        if invitation is None and "invitation" not in problems:
            problems = {**problems, "invitation": visit.say("this invitation is not good any more; ask for a new one")}
    code = 422 if problems and visit.request.method == "POST" else 200
    task = await make_task(visit.face.app, visit.need_token()) if mode is not RegistrationMode.CLOSED else None
    return visit.page("join.html", code, mode=mode, form=form, problems=problems, task=task)


@routes.form("/join", who="anyone", limit=SIGN_UP)
async def join(visit: Visit, fields: Fields) -> Answer:
    """Sign up. Whoever may act at once is signed in; others read what is missing."""
    form = form_of(visit, fields)
    try:
        member = await sign_up(visit.face.app, visit.face.passwords, form, work=work_of(visit, fields), is_browser=True)
    except SignUpRefused as refusal:
        return await answer_join(visit, form, problems_of(visit, refusal))
    if member.state == "active":
        return await welcome(visit, member)
    return visit.page("joined.html", state=member.state, email=member.email)


async def welcome(visit: Visit, member: Member) -> Answer:
    """Sign a new member in."""
    session = await open_session(
        visit.face.app, member, user_agent=user_agent_of(visit.request), address=visit.request.address
    )
    return await enter(visit, session, "/home")


@routes.page("/confirm")
async def show_confirm(visit: Visit) -> Answer:
    """One button: this address is mine."""
    return visit.page("confirm.html", secret=visit.query.get("token", "")[:200], error="")


@routes.form("/confirm", who="anyone", limit=MAILING)
async def confirm(visit: Visit, fields: Fields) -> Answer:
    """Confirm an address with the word of a mail."""
    member = await confirm_email(visit.face.app, fields.text("secret"))
    return visit.page("joined.html", state=member.state, email=member.email)


@routes.page("/reset")
async def show_reset(visit: Visit) -> Answer:
    """Ask for the address of who forgot their password."""
    return visit.page("reset.html", is_sent=False, error="")


@routes.page("/password/forgotten")
async def show_forgotten(visit: Visit) -> Answer:
    """The address that mails name."""
    return visit.go("/reset")


@routes.form("/reset", who="anyone", limit=MAILING)
async def ask_reset(visit: Visit, fields: Fields) -> Answer:
    """Send a link, if there is such a member; the answer is the same when there is none."""
    try:
        await request_password_reset(visit.face.app, visit.face.passwords.limiter, fields.line("email"))
    except (SignUpRefused, TooMany) as refusal:
        code = 429 if isinstance(refusal, TooMany) else 422
        return visit.page("reset.html", code, is_sent=False, error=visit.say(str(refusal)))
    return visit.page("reset.html", is_sent=True, error="")


@routes.page("/password/reset")
async def show_new_password(visit: Visit) -> Answer:
    """Ask for the new password, while the link is good."""
    secret = visit.query.get("token", "")[:200]
    is_good = await is_reset_good(visit.face.app, secret)
    return visit.page("new_password.html", 200 if is_good else 422, secret=secret, is_good=is_good, error="")


@routes.form("/password/reset", who="anyone", limit=SIGN_IN)
async def choose_password(visit: Visit, fields: Fields) -> Answer:
    """Store the new password; then one signs in with it."""
    secret = fields.text("secret")
    try:
        await reset_password(visit.face.app, visit.face.passwords, secret, fields.text("password"))
    except SignUpRefused as refusal:
        return visit.page("new_password.html", 422, secret=secret, is_good=True, error=visit.say(str(refusal)))
    return visit.go("/login?changed=1")


@routes.page("/claim/{secret}")
async def show_claim(visit: Visit) -> Answer:
    """The first visitor becomes the owner, who reads here what that means."""
    secret = visit.value("secret")
    if not await is_claim_good(visit.face.app, secret):
        raise ClaimRefused
    return visit.page("claim.html", secret=secret, form=SignUp("", "", ""), problems={})


@routes.form("/claim/{secret}", who="anyone", limit=SIGN_UP)
async def claim(visit: Visit, fields: Fields) -> Answer:
    """Make the owner, and sign them in."""
    secret, form = visit.value("secret"), form_of(visit, fields)
    try:
        member = await claim_server(visit.face.app, visit.face.passwords, secret, form)
    except SignUpRefused as refusal:
        return visit.page("claim.html", 422, secret=secret, form=form, problems=problems_of(visit, refusal))
    await end_session(visit)
    return await welcome(visit, member)
