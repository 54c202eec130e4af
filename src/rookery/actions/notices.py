"""Mails about what concerns somebody who is not here: a mention, a request to follow, for staff who asks to join.

Owns: who is due a notice and when, what it says. A row of `mail_due` (timelines/outreach.py) is a reason to look; what
is told is read here, through the gate that pushes use, at the moment when the mail is written. Never: sends
(actions/mail.py). Whoever was here within a day gets none, unless they want them always; what they read is not told.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.actions.app import App
from rookery.actions.jobs import JobHandler
from rookery.actions.mail import Mail, Mailer
from rookery.actions.mail_pages import cut, document_of, html_of, text_of
from rookery.actions.notice_words import TEXTS, Texts, language_of
from rookery.actions.repeating import repeatable
from rookery.actions.unsubscribing import stop_url
from rookery.model.accounts import Account
from rookery.model.filters import Filter, FilterAction, strictest_match
from rookery.model.ids import AccountId, floor_id, now_us
from rookery.model.mailing import MailBlock, MailTopic, notice_due_us
from rookery.model.members import Member
from rookery.model.notifications import Notification, NotificationKind
from rookery.model.posts import Post, words_of_post
from rookery.storage import jobs, mailchoices, maildue
from rookery.storage.accounts import list_accounts
from rookery.storage.database import Transaction
from rookery.storage.filters import list_filters
from rookery.storage.jobs import Job
from rookery.storage.maildue import DueMember
from rookery.storage.members import find_member, list_members_by_id
from rookery.storage.notification_gate import list_tellable
from rookery.storage.posts import list_posts

SEND_NOTICE = "SendNotice"
LOOK_AT = 200  # members at once
MOST_TOLD = 20
MOST_WAITING = 5000  # mails; while more wait to leave, notices wait where they are


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice is made of. waiting: those who ask to join and are not let in yet."""

    member: Member
    told: list[Notification]
    accounts: dict[int, Account]
    posts: dict[int, Post]
    filters: list[Filter]
    waiting: set[AccountId]
    is_always: bool


@repeatable
async def plan_notices(app: App) -> int:
    """Look after the members who are due; plan their mails. Return how many mails were planned."""
    if await maildue.count_waiting(app.db.reader, [SEND_NOTICE], MOST_WAITING) >= MOST_WAITING:
        return 0
    planned = 0
    for due in await maildue.list_due(app.db.reader, now_us(), LOOK_AT):
        async with app.db.transaction() as tx:
            planned += await look_after(app, tx, due, now_us())
    return planned


async def look_after(app: App, tx: Transaction, due: DueMember, now: int) -> bool:
    """Plan one member's mail, put it off, or let it be; in one transaction with the note of what was told."""
    due_at = notice_due_us(due.choice, due.last_seen_us, due.mailed_us, now)
    if due.may_act and due_at > now:
        await maildue.postpone_due(tx, due.account_id, due_at)
        return False
    if not await maildue.delete_due(tx, due.account_id) or not due.may_act:
        return False
    seen = 0 if due.choice.is_always else floor_id(due.last_seen_us)
    after = max(due.told_through, due.read_through, seen)
    kinds = tuple(due.choice.kinds)
    found = await list_tellable(tx, due.account_id, kinds, after=after, upto=floor_id(now), limit=1, now_us=now)
    if not found:
        return False
    upto = found[0].id
    body = {"account_id": due.account_id, "after": after, "upto": upto}
    await jobs.insert_job(tx, app.ids.next_id(), SEND_NOTICE, body)
    await maildue.put_progress(tx, due.account_id, upto, now)
    return True


def notice_handlers(app: App, mailer: Mailer) -> dict[str, JobHandler]:
    """Return the handler of planned notices, for actions/jobs.py."""

    async def send(job: Job) -> None:
        mail = await write_notice(app, job)
        if mail is not None:
            await mailer.send(mail)

    return {SEND_NOTICE: send}


async def write_notice(app: App, job: Job) -> Mail | None:
    """Return the mail of a job as things stand now, None when there is nothing left to tell."""
    notice = await gather_notice(app, job)
    if notice is None:
        return None
    member, language = notice.member, language_of(notice.member.preferences.locale)
    texts, title = TEXTS[language], app.settings.nest.title
    items = items_of(app, notice, texts)
    if not items:
        return None
    subject = items[0].text if len(items) == 1 else texts["several"].format(count=len(items))
    accounts = await list_accounts(app.db.reader, [member.account_id])
    name = accounts[member.account_id].username
    stop = await stop_url(app, member.account_id, MailTopic.NOTICES)
    blocks = [
        MailBlock("text", texts["hello"].format(name=name)),
        MailBlock("text", texts["just_now" if notice.is_always else "meanwhile"].format(title=title)),
        *items,
        MailBlock("item", texts["open_notifications"], url=f"{app.settings.base_url}/notifications"),
        *ending_of(app, texts, "notices", stop),
    ]
    subject = texts["notice_subject"].format(subject=cut(subject, 80), title=title)
    return Mail(
        member.email,
        subject,
        text_of(blocks),
        document_of(subject, language, html_of(blocks)),
        stop,
        f"notice-{job.id}",
    )


def ending_of(app: App, texts: Texts, topic: str, stop: str) -> list[MailBlock]:
    """Return why the mail came, and the two ways to have it otherwise."""
    return [
        MailBlock("small", texts[f"why_{topic}"].format(title=app.settings.nest.title)),
        MailBlock("small", texts["settings"], url=f"{app.settings.base_url}/settings/notifications"),
        MailBlock("small", texts[f"stop_{topic}"], url=stop),
    ]


async def gather_notice(app: App, job: Job) -> Notice | None:
    """Read what may be told now; None when the member is gone, held back or chose otherwise meanwhile."""
    reader, body = app.db.reader, job.body
    member = await find_member(reader, body["account_id"])
    if member is None or member.standing != "active":
        return None
    choice = await mailchoices.get_choice(reader, member.account_id)
    if not choice.kinds:
        return None
    told = await list_tellable(
        reader,
        member.account_id,
        tuple(choice.kinds),
        after=body["after"],
        upto=body["upto"],
        limit=MOST_TOLD,
        now_us=now_us(),
    )
    newcomers = await list_members_by_id(reader, [one.from_id for one in told if one.kind == NotificationKind.SIGN_UP])
    waiting = {one.account_id for one in newcomers.values() if one.state == "pending"}
    accounts = await list_accounts(reader, {one.from_id for one in told})
    posts = await list_posts(reader, {one.post_id for one in told if one.post_id is not None})
    filters = await list_filters(reader, member.account_id)
    return Notice(member, told, accounts, posts, filters, waiting, choice.is_always)


def items_of(app: App, notice: Notice, texts: Texts) -> list[MailBlock]:
    """Return one block for each notification, newest first; what a filter hides is left out."""
    blocks = []
    for one in notice.told:
        account = notice.accounts.get(one.from_id)
        post = notice.posts.get(one.post_id) if one.post_id is not None else None
        if account is None or (one.post_id is not None and post is None):
            continue
        quote = quote_of(notice, post, texts) if post else ""
        if quote is not None:
            name = cut(account.display_name, 60) or account.username
            words = texts["pending" if account.id in notice.waiting else one.kind].format(name=name)
            blocks.append(MailBlock("item", words, quote, app.settings.base_url + path_of(notice, one, account)))
    return blocks


def path_of(notice: Notice, told: Notification, account: Account) -> str:
    """Return where the reader goes on from: what staff decides about, or somebody's profile."""
    if told.kind == NotificationKind.REPORT:
        return f"/moderation/reports/{told.report_id}"
    return f"/moderation/accounts/{account.id}" if account.id in notice.waiting else f"/@{account.handle}"


def quote_of(notice: Notice, post: Post, texts: Texts) -> str | None:
    """Return the words of a post for its reader; None for those that a filter hides."""
    if post.author_id != notice.member.account_id:
        match = strictest_match(notice.filters, "notifications", words_of_post(post), [post.id], now_us())
        if match and match.action is FilterAction.HIDE:
            return None
        if match:
            return texts["filtered"].format(name=cut(match.title, 60))
    return cut(post.content_warning or post.text)
