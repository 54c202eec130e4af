"""A mail server on loopback, from somebody else's code, and a world whose mails leave through it.

Owns: the fixture `letterbox`: `await letterbox.settles()` plans, writes and sends; `letterbox.mails` is what arrived.
"""

import asyncio
import email
import email.policy
from dataclasses import replace

import pytest
from aiosmtpd.smtp import SMTP

from rookery.actions.digests import plan_digests
from rookery.actions.jobs import run_due_jobs
from rookery.actions.mail import Mailer
from rookery.actions.notices import plan_notices
from rookery.model.settings import MailSettings
from rookery.ops.outreach import mail_work

DAY_US = 86_400_000_000


class Box:
    """Takes every mail. refuses: how many are turned away first."""

    def __init__(self):
        self.mails, self.refuses = [], 0

    async def handle_DATA(self, server, session, envelope):
        if self.refuses:
            self.refuses -= 1
            return "451 come back later"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message.rcpt = envelope.rcpt_tos
        self.mails.append(message)
        return "250 taken"


class Letterbox:
    def __init__(self, world, box, port):
        self.world, self.box = world, box
        mail = MailSettings(host="127.0.0.1", port=port, security="none")
        self.mailer = Mailer(replace(world.app.settings, mail=mail))
        self.work = mail_work(world.app, self.mailer)

    @property
    def mails(self):
        return self.box.mails

    async def settles(self):
        """Read the log, look after who is due, send."""
        await self.world.settle()
        await plan_notices(self.world.app)
        await plan_digests(self.world.app)
        while await run_due_jobs(self.world.app, self.work):
            pass

    async def sql(self, text, **params):
        async with self.world.app.db.transaction() as tx:
            await tx.run(text, **params)

    async def ten_minutes_pass(self):
        """Everything that waits is due: looks, letters and second tries."""
        await self.sql("UPDATE mail_due SET due_at = 0")
        await self.sql("UPDATE jobs SET run_at = 0 WHERE state = 'waiting'")

    async def goes_away(self, person, days=2):
        """Somebody was not here for days."""
        for table, column in (("members", "last_seen_at"), ("members", "created_at")):
            await self.sql(
                f"UPDATE {table} SET {column} = :moment WHERE account_id = :id",
                moment=(int(person.id) >> 10) - days * DAY_US,
                id=int(person.id),
            )

    async def reads_on(self, person):
        await self.settles()
        await self.ten_minutes_pass()
        await self.settles()
        return [mail for mail in self.mails if mail.rcpt == [f"{person.name}@mail.test"]]


@pytest.fixture
async def letterbox(world):
    box = Box()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
    yield Letterbox(world, box, server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()


def parts(mail):
    """(plain text, HTML) of a mail."""
    bodies = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    return tuple(body.replace("\r\n", "\n") for body in bodies)
