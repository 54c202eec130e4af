"""A little work for a sign-up: nothing for a person, much for a machine that wants a thousand accounts.

Owns: the task, its weight, the check. Never: who may join (actions/members.py). A browser looks for a number whose
SHA-256 together with the task begins with so many zero bits; nobody solves a riddle and no third party is asked. The
weight grows with the sign-ups of the last hour. A task is signed, bound to its browser, good for an hour and once.
What comes without work is never refused for that: it waits for approval (see `must_wait`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from rookery.actions.app import App
from rookery.actions.challenges import Challenge, ChallengeStale, check_challenge, make_challenge
from rookery.model.ids import now_us
from rookery.model.members import SignUpRefused
from rookery.storage import signups

TASK_S = 3600
HOUR_US = 3_600_000_000
MOST_MORE_BITS = 4
MAX_ANSWER_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class Task:
    """What a page asks its browser for. text: base64url of the challenge. bits: zero bits wanted."""

    text: str
    bits: int


@dataclass(frozen=True, slots=True)
class Work:
    """What a form brings. binding: as the task's. answer: decimal digits, '' for none."""

    text: str = ""
    bits: int = 0
    answer: str = ""
    binding: str = ""


def is_asked(app: App) -> bool:
    """True where sign-ups bring work; a test server asks for none."""
    return app.settings.signing.asks_for_work and not app.settings.is_test


def purpose_of(bits: int) -> str:
    """The weight is signed with the task, so that nobody makes it lighter."""
    return f"sign up {bits}"


async def count_lately(app: App) -> int:
    """Return the sign-ups of the last hour."""
    return await signups.count_recent(app.db.reader, now_us() - HOUR_US)


async def make_task(app: App, binding: str) -> Task | None:
    """Return the task for one form, None where none is asked for."""
    if not is_asked(app):
        return None
    signing = app.settings.signing
    bits = weight(await count_lately(app), calm=signing.calm_per_hour, bits=signing.work_bits)
    challenge = await make_challenge(app, purpose_of(bits), binding, lasts_s=TASK_S)
    return Task(base64.urlsafe_b64encode(challenge).decode().rstrip("="), bits)


def weight(lately: int, *, calm: int, bits: int) -> int:
    """Return the zero bits to ask for: one more each time the sign-ups of an hour double beyond calm, four at most."""
    return bits + min((lately // calm).bit_length(), MOST_MORE_BITS)


def zero_bits(text: str, answer: str) -> int:
    """Return with how many zero bits the hash of `text:answer` begins."""
    digest = hashlib.sha256(f"{text}:{answer}".encode()).digest()
    return 256 - int.from_bytes(digest, "big").bit_length()


async def check_work(app: App, work: Work | None) -> Challenge | None:
    """Return the task that was done, to be spent with the sign-up; None when no work came.

    Raises SignUpRefused for work that is wrong or too old: the page makes a new task.
    """
    if work is None or not work.answer or not is_asked(app):
        return None
    is_done = (
        len(work.answer) <= MAX_ANSWER_CHARACTERS
        and work.answer.isascii()
        and work.answer.isdigit()
        and len(work.text) <= 200
        and work.bits >= app.settings.signing.work_bits
        and zero_bits(work.text, work.answer) >= work.bits
    )
    try:
        raw = base64.urlsafe_b64decode(work.text + "=" * (-len(work.text) % 4))
        challenge = await check_challenge(app, purpose_of(work.bits), work.binding, raw)
    except (binascii.Error, ValueError, ChallengeStale):
        is_done = False
    if not is_done:
        raise work_stale()
    return challenge


def work_stale() -> SignUpRefused:
    """Return the refusal of work that is not good any more."""
    return SignUpRefused("work", "INVALID", "this page is too old or was used already; send the form once more")


async def must_wait(app: App, *, is_worked: bool, is_browser: bool) -> bool:
    """True when a sign-up waits for approval for want of work: a browser's always, an app's when there are many."""
    if is_worked or not is_asked(app):
        return False
    return is_browser or await count_lately(app) >= app.settings.signing.calm_per_hour
