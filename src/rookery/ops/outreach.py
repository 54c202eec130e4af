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
from rookery.model.settings import is_local_domain
from rookery.network.posting import Poster

MAILS_AT_ONCE = 4  # connections to the mail server


def mail_work(app: App, mailer: Mailer) -> dict[str, JobHandler]:
    """Return who writes and sends each kind of mail."""
    return {**mail_handlers(app, mailer), **notice_handlers(app, mailer), **digest_handlers(app, mailer)}


async def carry_out_mails(app: App, mailer: Mailer) -> None:
    """Send mails beside the other jobs, so that a mail server that hangs holds up nothing else."""
    pace = Pace(app.settings.mail.per_minute, at_once=MAILS_AT_ONCE)
    await work_jobs(app, mail_work(app, mailer), asyncio.Event(), pace=pace)


def work_of(app: App, mailer: Mailer) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """Return what runs beside the requests."""
    door = Poster(may_be_local=is_local_domain(app.settings.server.domain))
    sender = PushSender(app, door, partial(write_push, app))
    return [partial(carry_out_mails, app, mailer), sender.run]
