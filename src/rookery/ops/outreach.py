"""What a server does for people who are not here: mails at their pace, push messages each in the lane of its service.

Owns: wiring senders to the doors of `network` and to the face whose apps read a push. Never: a rule.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from rookery.actions.app import App
from rookery.actions.digests import digest_handlers
from rookery.actions.jobs import JobHandler, Pace, work_jobs
from rookery.actions.mail import Mailer, mail_handlers
from rookery.actions.notices import notice_handlers
from rookery.actions.push_sending import PushSender
from rookery.mastodon.push_words import write_push
from rookery.model.pushes import Posted
from rookery.network.door import Door
from rookery.network.outward import Ask, Budget, Limits
from rookery.network.webpush import Headers

MAILS_AT_ONCE = 4  # connections to the mail server
PUSHES = Budget("pushes", at_once=8, count=6000, per_s=60)
PUSH_LIMITS = Limits(total_s=10, redirects=0)


class PushPost:
    """The way to push services, through the one door (K1)."""

    def __init__(self, door: Door) -> None:
        self.door = door

    async def post(self, url: str, headers: Headers, body: bytes) -> Posted:
        """Send a body and read the head of the answer alone. Raises FetchRefused, FetchFailed."""
        ask = Ask(url, "POST", headers=tuple(headers), body=body, limits=PUSH_LIMITS, budget=PUSHES)
        async with self.door.open(ask) as answer:
            wish = answer.headers.get("retry-after", "")
            return Posted(answer.code, int(wish) if wish.isascii() and wish.isdigit() and len(wish) < 9 else 0)


def mail_work(app: App, mailer: Mailer) -> dict[str, JobHandler]:
    """Return who writes and sends each kind of mail."""
    return {**mail_handlers(app, mailer), **notice_handlers(app, mailer), **digest_handlers(app, mailer)}


async def carry_out_mails(app: App, mailer: Mailer) -> None:
    """Send mails beside the other jobs, so that a mail server that hangs holds up nothing else."""
    pace = Pace(app.settings.mail.per_minute, at_once=MAILS_AT_ONCE)
    await work_jobs(app, mail_work(app, mailer), asyncio.Event(), pace=pace)


def work_of(app: App, mailer: Mailer, door: Door) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """Return what runs beside the requests."""
    sender = PushSender(app, PushPost(door), partial(write_push, app))
    return [partial(carry_out_mails, app, mailer), sender.run]
