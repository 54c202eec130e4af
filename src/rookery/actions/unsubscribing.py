"""Links at the end of mails that stop them, for good, without signing in.

Owns: making and reading such links, and what they do. A link names member and topic under a signature, so nothing is
stored for it and it works for as long as the mail lies in somebody's box. It can stop mails and nothing else. To open
it shows a page with a button, since programs open every link of a mail; the button, and mail programs by themselves,
send a POST. Spec: RFC 8058 §3.1, RFC 2369 §3.2
"""

from __future__ import annotations

import hmac
import re
from dataclasses import replace

from rookery.actions.app import App
from rookery.actions.repeating import repeatable
from rookery.actions.secrets import new_secret
from rookery.model.errors import NotFound
from rookery.model.ids import AccountId, now_us
from rookery.model.mailing import NO_DIGEST, MailTopic
from rookery.storage.mailchoices import get_choice, put_choice
from rookery.storage.members import find_member
from rookery.storage.values import find_value, keep_value

KEY = "mail_link_key"
SHAPE = re.compile(r"(\d{1,19})\.([a-z]{1,20})\.([0-9a-f]{32})")


class LinkUnknown(NotFound):
    """The link is cut or was never ours."""

    def __init__(self) -> None:
        super().__init__("this link is not whole; copy it again from the mail")


@repeatable
async def signature_of(app: App, account_id: int, topic: str) -> str:
    """Sign what a link names; the key is made at the first mail and kept."""
    key = await find_value(app.db.reader, KEY)
    if key is None:
        async with app.db.transaction() as tx:
            key = await keep_value(tx, KEY, new_secret())
    return hmac.digest(key.encode(), f"{account_id} {topic}".encode(), "sha256").hex()[:32]


async def stop_url(app: App, account_id: int, topic: MailTopic) -> str:
    """Return the address that stops a member's mails of a topic."""
    signature = await signature_of(app, account_id, topic.value)
    return f"{app.settings.base_url}/mail/stop/{account_id}.{topic.value}.{signature}"


async def read_stop_link(app: App, raw: str) -> tuple[AccountId, MailTopic]:
    """Return whose mails of which topic a link stops. Raises LinkUnknown."""
    match = SHAPE.fullmatch(raw)
    if match is None or match[2] not in set(MailTopic):
        raise LinkUnknown
    expected = await signature_of(app, int(match[1]), match[2])
    if not hmac.compare_digest(expected, match[3]):
        raise LinkUnknown
    return AccountId(int(match[1])), MailTopic(match[2])


@repeatable
async def stop_mails(app: App, raw: str) -> MailTopic:
    """Stop what a link names; harmless twice, and when the member is gone. Raises LinkUnknown."""
    account_id, topic = await read_stop_link(app, raw)
    async with app.db.transaction() as tx:
        if await find_member(tx, account_id) is not None:
            choice = await get_choice(tx, account_id)
            is_digest = topic is MailTopic.DIGEST
            stopped = replace(choice, digest_day=NO_DIGEST) if is_digest else replace(choice, kinds=frozenset())
            await put_choice(tx, account_id, stopped, now_us())
    return topic
