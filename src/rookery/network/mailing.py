"""The door for mails: SMTP, or files in a folder where no server is set.

Owns: the connection, its timeouts and encryption. Never: writes a mail's words (actions/letters.py), retries (jobs do).
Everything here blocks; call it on a thread. Spec: RFC 5321, RFC 3207 (STARTTLS), RFC 8314 (TLS from the start).
"""

from __future__ import annotations

import copy
import os
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path

from rookery.model.errors import Unavailable
from rookery.model.settings import MailSettings

TIMEOUT_S = 20


class MailNotSent(Unavailable):
    """The mail server did not take the mail; the job tries again."""


def send_by_smtp(settings: MailSettings, message: EmailMessage) -> None:
    """Hand one mail to the operator's server. Raises MailNotSent."""
    try:
        with open_smtp(settings) as smtp:
            if settings.username:
                smtp.login(settings.username, settings.password)
            smtp.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise MailNotSent(f"the mail server {settings.host}:{settings.port} failed: {error}", 60) from error


def open_smtp(settings: MailSettings) -> smtplib.SMTP:
    """Connect as the setting says; certificates are checked. security: starttls, tls or none."""
    context = ssl.create_default_context()
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_S, context=context)
    smtp = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
    if settings.security == "starttls":
        try:
            smtp.starttls(context=context)
        except BaseException:
            smtp.close()
            raise
    return smtp


def write_to_folder(folder: Path, name: str, message: EmailMessage) -> Path:
    """Write one mail as `name.eml`, for its owner's eyes alone; return the file.

    Its lines stay whole and its letters plain: who runs the server opens the file and copies the link.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.eml"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(legible(message).as_bytes())
    return path


def legible(message: EmailMessage) -> EmailMessage:
    """Return the mail without the encoding that would cut its links in two. Spec: RFC 6152 (8bit)."""
    plain = copy.deepcopy(message)
    for part in plain.walk():
        if isinstance(part, EmailMessage) and part.get_content_maintype() == "text":
            part.set_content(part.get_content(), subtype=part.get_content_subtype(), cte="8bit")
    return plain
