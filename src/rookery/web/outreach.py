"""What reaches a member elsewhere: notices by mail, the weekly letter, notifications of this browser.

Owns: `/settings/notifications` and below, `/mail/stop/…`, `/sw.js`. Never: sends. Without script the mails work whole;
notifications of the browser need it, and the page says so.
A POST to `/mail/stop/…` carries no token of a form: mail programs send it by themselves, and the signature in its path
allows nothing but to stop mails. Spec: RFC 8058 §3.2, https://www.w3.org/TR/push-api/
"""

from __future__ import annotations

from markupsafe import Markup

from rookery.actions.digests import blocks_of, choose_mails, gather_digest
from rookery.actions.mail_pages import html_of
from rookery.actions.notice_words import TEXTS, language_of
from rookery.actions.pushes import (
    SubscriptionDraft,
    choose_pushes,
    send_test,
    subscribe,
    unsubscribe,
    vapid_key,
)
from rookery.actions.unsubscribing import read_stop_link, stop_mails
from rookery.model.errors import Invalid, NotFound, NotSignedIn
from rookery.model.ids import now_us
from rookery.model.mailing import MEMBER_KINDS, NO_DIGEST, MailChoice
from rookery.model.members import Role
from rookery.model.notifications import KINDS, STAFF_KINDS
from rookery.model.pushes import PushChoice, PushPolicy
from rookery.network.limits import API, MAILING, Limit
from rookery.network.requests import Request
from rookery.network.responses import Answer, Response
from rookery.storage.mailchoices import get_choice
from rookery.storage.pushes import find_subscription
from rookery.web.face import FILES, WebFace
from rookery.web.fields import Fields
from rookery.web.routing import PageTable, within_page
from rookery.web.visits import Visit, open_visit

routes = PageTable()
PATH = "/settings/notifications"
# Mail programs of one large provider may send many from one address.
STOPPING = Limit("stopping mails", 600, 300, by="address")
PUSHED_AT_FIRST = frozenset(("mention", "follow_request", "follow", "repost", "like"))


@routes.page(PATH, who="member")
async def show_outreach(visit: Visit) -> Answer:
    """The choices, all on one page."""
    return await answer_outreach(visit)


async def answer_outreach(visit: Visit, error: str = "") -> Answer:
    """Render the page with what is chosen."""
    app = visit.face.app
    mails = await get_choice(app.db.reader, visit.account_id)
    known = await find_subscription(app.db.reader, session_id=visit.request.caller.session_id)
    is_staff = visit.member is not None and visit.member.role is not Role.MEMBER
    return visit.page(
        "settings_notifications.html",
        422 if error else 200,
        section="notifications",
        mails=mails,
        mail_kinds=(*MEMBER_KINDS, *(STAFF_KINDS if is_staff else ())),
        pushes=known.choice if known else PushChoice(PUSHED_AT_FIRST),
        push_kinds=KINDS if is_staff else [kind for kind in KINDS if kind not in STAFF_KINDS],
        policies=[policy.value for policy in PushPolicy if policy is not PushPolicy.NONE],
        is_pushed=known is not None,
        server_key=(await vapid_key(app)).public,
        email=visit.member.email if visit.member else "",
        error=error,
        saved=visit.query.get("saved", ""),
    )


@routes.form(f"{PATH}/mails", limit=API)
async def save_mails(visit: Visit, fields: Fields) -> Answer:
    """Store what comes by mail. Kinds for staff stay as they were for who is none."""
    before = await get_choice(visit.face.app.db.reader, visit.account_id)
    offered = {*MEMBER_KINDS, *(STAFF_KINDS if visit.member and visit.member.role is not Role.MEMBER else ())}
    kinds = (offered & set(fields.texts("kind"))) | (before.kinds - offered)
    day = fields.number("digest_day", 7)
    choice = MailChoice(frozenset(kinds), fields.is_on("is_always"), day if 0 <= day <= 6 else NO_DIGEST)
    await choose_mails(visit.face.app, visit.account_id, choice)
    return visit.go(f"{PATH}?saved=1")


def pushes_from(fields: Fields) -> PushChoice:
    """Read what the browser shall be told of."""
    policy = fields.text("policy")
    known = policy if policy in set(PushPolicy) else PushPolicy.ALL.value
    return PushChoice(frozenset(KINDS) & frozenset(fields.texts("kind")), PushPolicy(known))


@routes.form(f"{PATH}/browser", limit=API)
async def save_browser(visit: Visit, fields: Fields) -> Answer:
    """Begin, change or end the notifications of this browser; the script fills in where they go."""
    app, caller = visit.face.app, visit.request.caller
    try:
        if fields.is_on("ends"):
            await unsubscribe(app, caller)
        elif fields.text("endpoint"):
            draft = SubscriptionDraft(
                fields.line("endpoint"), fields.line("p256dh"), fields.line("auth"), True, pushes_from(fields)
            )
            await subscribe(app, caller, draft)
        else:
            await choose_pushes(app, caller, pushes_from(fields))
    except (Invalid, NotFound) as refusal:
        return await answer_outreach(visit, visit.say(str(refusal)))
    return visit.go(f"{PATH}?saved=1#browser")


@routes.form(f"{PATH}/test", limit=MAILING)
async def test_browser(visit: Visit, fields: Fields) -> Answer:
    """Send this browser a message, to see that it comes."""
    try:
        await send_test(visit.face.app, visit.request.caller)
    except NotFound as refusal:
        return await answer_outreach(visit, visit.say(str(refusal)))
    return visit.go(f"{PATH}?saved=sent#browser")


@routes.page(f"{PATH}/letter", who="member")
async def preview_letter(visit: Visit) -> Answer:
    """The weekly letter as it would be today. What stands in it is escaped where the mail is made."""
    if visit.member is None:
        raise NotSignedIn("please sign in first")
    digest = await gather_digest(visit.face.app, visit.member, now_us())
    texts = TEXTS[language_of(visit.words.language)]
    inside = html_of(blocks_of(visit.face.app, digest, texts))
    return visit.page("letter.html", section="notifications", saved="", letter=Markup(inside))  # noqa: S704


@routes.page("/mail/stop/{link}")
async def ask_stop(visit: Visit) -> Answer:
    """One button: no more mails like this. Its form needs no token, so the page sets no cookie."""
    link = visit.value("link")
    _, topic = await read_stop_link(visit.face.app, link)
    return visit.page("mail_stop.html", link=link, topic=topic.value, is_done=False)


@routes.route("POST", "/mail/stop/{link}", who="anyone", limit=STOPPING)
async def stop(face: WebFace, request: Request) -> Answer:
    """Stop mails: for the button, and for mail programs that act on the headers of a mail."""
    visit = await open_visit(face, request)

    async def answer() -> Answer:
        topic = await stop_mails(face.app, visit.value("link"))
        return visit.page("mail_stop.html", link="", topic=topic.value, is_done=True)

    return await within_page(visit, answer)


@routes.route("GET", "/sw.js", who="anyone", limit=FILES)
async def send_worker(face: WebFace, request: Request) -> Response:
    """The script that shows notifications; it lies at the root because it may act only below its own address."""
    file = face.static.files["worker.js"]
    headers = [
        (b"content-type", file.kind),
        (b"cache-control", b"no-cache"),
        (b"content-security-policy", b"default-src 'none'"),
        (b"etag", f'"{file.version}"'.encode()),
    ]
    return Response(file.body, 200, headers)
