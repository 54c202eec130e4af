"""Mails to members: planned with their cause, written and sent by a job.

Owns: which letter goes where, the secrets inside its links. Never: speaks SMTP (network/mailing.py).
The job names the letter and the member, not the link: its secret is made when the mail is written, so that only its
hash is ever stored. A mail that is tried again has a new link; older ones stay good until they expire or one is used.
A link to an address that is not the member's yet is pledged when it is planned: a row like that of a link, whose secret
nobody has. What voids such links voids the pledge, and a mail without its pledge is not written any more.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rookery.actions.app import App
from rookery.actions.jobs import JobHandler
from rookery.actions.letters import Letter, Words, reason_for, render_letter
from rookery.actions.repeating import repeatable
from rookery.actions.secrets import hash_secret, new_secret
from rookery.model.errors import Unavailable
from rookery.model.ids import AccountId, now_us
from rookery.model.members import Member
from rookery.model.reports import APPEAL_DAYS
from rookery.model.settings import Settings
from rookery.network.mailing import send_by_smtp, write_to_folder
from rookery.storage import accounts, jobs, mailtokens, members
from rookery.storage.database import Transaction
from rookery.storage.jobs import Job
from rookery.storage.maildue import count_waiting
from rookery.storage.mailtokens import MailToken

SEND_MAIL = "SendMail"
HOUR_US = 3_600_000_000
# Letter -> where its link leads, and for how long it is good when it carries a secret.
PATHS = {
    Letter.CONFIRM: "/confirm?token=",
    Letter.RESET: "/password/reset?token=",
    Letter.APPROVED: "/login",
    Letter.PASSWORD_CHANGED: "/password/forgotten",
    Letter.SECOND_STEP_ON: "/password/forgotten",
    Letter.SECOND_STEP_OFF: "/password/forgotten",
    Letter.PASSKEY_ADDED: "/password/forgotten",
    Letter.LEAVING: "/login",
    Letter.ARCHIVE_READY: "/settings/archive",
    Letter.STRIKE: "/decisions?token=",
    Letter.LIFTED: "/decisions",
    Letter.APPEAL_GRANTED: "/login",
    Letter.APPEAL_DENIED: "/login",
}
LIFETIMES_US = {Letter.CONFIRM: 48 * HOUR_US, Letter.RESET: HOUR_US, Letter.STRIKE: APPEAL_DAYS * 24 * HOUR_US}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to go. to: an address that parse_email accepted.

    html: the same once more, '' for none. stop_url: stops mails like it at one click, '' for what cannot be stopped.
    key: the same for a mail that is sent again, so that mail programs show it once; '' for none.
    """

    to: str
    subject: str
    body: str
    html: str = ""
    stop_url: str = ""
    key: str = ""


class MailQueueFull(Unavailable):
    """More mails wait than leave within hours; what needs a mail must come back later."""

    def __init__(self) -> None:
        super().__init__("so many mails wait that yours would not come for hours; try again later", 1800)


class Mailer:
    """Sends through the operator's server, or into the folder `mail` of the data where none is set."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = Path(settings.server.data) / "mail"

    async def send(self, mail: Mail) -> None:
        """Send one mail on a thread. Raises MailNotSent."""
        message = self.compose(mail)
        if self.settings.mail.host:
            await asyncio.to_thread(send_by_smtp, self.settings.mail, message)
        else:
            await asyncio.to_thread(write_to_folder, self.folder, f"{now_us()}-{new_secret()[:8]}", message)

    def compose(self, mail: Mail) -> EmailMessage:
        """Build the message, no reply expected from machines. Spec: RFC 8058 §3.1 (one click)."""
        host = self.settings.server.domain.partition(":")[0]
        message = EmailMessage()
        message["From"] = self.settings.mail.sender or f"rookery@{host}"
        message["To"] = mail.to
        message["Subject"] = " ".join(mail.subject.split())
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{mail.key}@{host}>" if mail.key else make_msgid(domain=host)
        message["Auto-Submitted"] = "auto-generated"
        if mail.stop_url:
            message["List-Unsubscribe"] = f"<{mail.stop_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(mail.body)
        if mail.html:
            message.add_alternative(mail.html, subtype="html")
        return message


async def plan_letter(
    app: App,
    tx: Transaction,
    letter: Letter,
    account_id: AccountId | None,
    *,
    to: str = "",
    about: str = "",
    measure: str = "",
) -> None:
    """Have a letter sent after the commit. to: another address than the member's; about: the address it speaks of.

    measure: what was done to the member or undone, and `about` is then why. Raises MailQueueFull.
    """
    if await count_waiting(tx, [SEND_MAIL], app.settings.mail.most_waiting) >= app.settings.mail.most_waiting:
        raise MailQueueFull
    body = {"letter": letter.value, "account_id": account_id, "to": to, "about": about, "measure": measure}
    if account_id is not None and to and letter in LIFETIMES_US:
        body["pledge"] = pledge = hash_secret(new_secret())
        token = MailToken(account_id, letter.value, to)
        await mailtokens.insert_mail_token(tx, token, pledge, now_us() + LIFETIMES_US[letter])
    await jobs.insert_job(tx, app.ids.next_id(), SEND_MAIL, body)


async def plan_refusal(app: App, tx: Transaction, member: Member, name: str, reason: str) -> None:
    """Have somebody told that they may not join. Their row is gone when the mail leaves, so the job has all of it."""
    words = {"name": name, "locale": member.preferences.locale, "about": reason}
    body = {"letter": Letter.REFUSED.value, "account_id": None, "to": member.email, **words}
    await jobs.insert_job(tx, app.ids.next_id(), SEND_MAIL, body)


async def send_refusal(app: App, mailer: Mailer, body: dict[str, Any]) -> None:
    """Write to somebody who never became a member. Raises MailNotSent."""
    nest = app.settings.nest
    reason = f"{body['about']}\n\n" if body["about"] else ""
    words = Words(body["name"], nest.title, app.settings.base_url, reason=reason)
    await mailer.send(Mail(body["to"], *render_letter(Letter.REFUSED, body["locale"], words)))


def mail_handlers(app: App, mailer: Mailer) -> dict[str, JobHandler]:
    """Return the handlers of this room's jobs, for actions/jobs.py."""

    async def send_planned(job: Job) -> None:
        await send_letter(app, mailer, job)

    return {SEND_MAIL: send_planned}


async def send_letter(app: App, mailer: Mailer, job: Job) -> None:
    """Write and send what a job names; nothing when there is no such member or wish any more. Raises MailNotSent."""
    letter, to = Letter(job.body["letter"]), job.body["to"]
    if letter is Letter.REFUSED:
        await send_refusal(app, mailer, job.body)
        return
    member = await find_addressee(app, job)
    if member is None:
        return
    account = await accounts.find_account(app.db.reader, member.account_id)
    name = account.username if account else ""
    if job.body["account_id"] is None or not to:
        to = member.email  # not the typed spelling: addresses that fold to the same key can be two mailboxes
    link = await make_link(app, letter, member, to, pledge=job.body.get("pledge"))
    if link is None:
        return
    nest = app.settings.nest
    reason = reason_for(letter, member.preferences.locale, job.body.get("measure", ""), job.body["about"])
    words = Words(name, nest.title, app.settings.base_url, link, job.body["about"], reason)
    subject, body = render_letter(letter, member.preferences.locale, words)
    await mailer.send(Mail(to, subject, body))


async def find_addressee(app: App, job: Job) -> Member | None:
    """Return the member a job writes to: by id, or by the address that somebody typed."""
    account_id = job.body["account_id"]
    if account_id is not None:
        return await members.find_member(app.db.reader, account_id)
    member = await members.find_member_by_email(app.db.reader, job.body["to"])
    if member and Letter(job.body["letter"]) is Letter.CONFIRM and member.state != "unconfirmed":
        return None
    return member


@repeatable
async def make_link(app: App, letter: Letter, member: Member, to: str, *, pledge: str | None) -> str | None:
    """Return the address in the letter, with a new secret where it needs one, '' for a letter without link.

    pledge: the hash that must still stand; None is returned when it was withdrawn.
    """
    path = PATHS.get(letter)
    if path is None:
        return ""
    lifetime = LIFETIMES_US.get(letter)
    if lifetime is None:
        return app.settings.base_url + path
    secret = new_secret()
    token = MailToken(member.account_id, letter.value, to)
    async with app.db.transaction() as tx:
        await members.lock_member(tx, member.account_id)  # so that who withdraws the pledge sees the link, or we do
        if pledge and not await mailtokens.find_mail_token(tx, pledge, letter.value, now_us()):
            return None
        await mailtokens.insert_mail_token(tx, token, hash_secret(secret), now_us() + lifetime)
    return app.settings.base_url + path + quote(secret)
