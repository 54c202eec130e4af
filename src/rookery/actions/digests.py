"""The weekly letter: the best of a week of those one follows, new followers, what one has not read.

Owns: what stands in it, when it is planned, that it leaves once. Never: SQL, SMTP. A letter is planned by moving the
member's moment to the next week in one transaction with its job. Before it is handed to the mail server the week is
noted; only a refusal takes the note back. So a crash in between may cost a letter, but nobody gets one twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.actions.app import App
from rookery.actions.jobs import JobHandler
from rookery.actions.mail import Mail, Mailer
from rookery.actions.mail_pages import cut, document_of, html_of, text_of
from rookery.actions.notice_words import TEXTS, Texts, language_of
from rookery.actions.notices import MOST_WAITING, ending_of
from rookery.actions.repeating import repeatable
from rookery.actions.unsubscribing import stop_url
from rookery.model.accounts import Account
from rookery.model.filters import strictest_match
from rookery.model.ids import floor_id, now_us, short_id
from rookery.model.mailing import DAY_US, MailBlock, MailChoice, MailTopic, next_digest_us
from rookery.model.members import Member
from rookery.model.notifications import GROUPED_KINDS
from rookery.model.posts import Post, words_of_post
from rookery.network.mailing import MailNotSent
from rookery.storage import jobs, mailchoices, maildue
from rookery.storage.accounts import list_accounts
from rookery.storage.digests import list_best_posts, list_new_followers
from rookery.storage.filters import list_filters
from rookery.storage.jobs import Job
from rookery.storage.members import find_member
from rookery.storage.notifications import NotificationChoice, count_unread
from rookery.storage.posts import list_posts

SEND_DIGEST = "SendDigest"
WEEK_US = 7 * DAY_US
AT_ONCE = 200
MOST_CANDIDATES, MOST_POSTS, MOST_OF_ONE, MOST_FOLLOWERS, MOST_UNREAD = 60, 8, 2, 8, 100


@dataclass(frozen=True, slots=True)
class Digest:
    """A week of one member. posts: best first. follower_count: of the week, of whom followers are the newest."""

    posts: tuple[Post, ...]
    accounts: dict[int, Account]
    followers: tuple[Account, ...]
    follower_count: int
    unread_count: int

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to write a letter about."""
        return not (self.posts or self.followers or self.unread_count)


@repeatable
async def plan_digests(app: App) -> int:
    """Plan the letters that are due; return how many."""
    if await maildue.count_waiting(app.db.reader, [SEND_DIGEST], MOST_WAITING) >= MOST_WAITING:
        return 0
    planned = 0
    for account_id, day, due_at in await mailchoices.list_due_digests(app.db.reader, now_us(), AT_ONCE):
        async with app.db.transaction() as tx:
            next_us = next_digest_us(day, now_us())
            if await mailchoices.claim_digest(tx, account_id, seen_us=due_at, next_us=next_us):
                body = {"account_id": account_id, "week": due_at}
                await jobs.insert_job(tx, app.ids.next_id(), SEND_DIGEST, body)
                planned += 1
    return planned


def digest_handlers(app: App, mailer: Mailer) -> dict[str, JobHandler]:
    """Return the handler of planned letters, for actions/jobs.py."""

    async def send(job: Job) -> None:
        await send_digest(app, mailer, job)

    return {SEND_DIGEST: send}


@repeatable
async def send_digest(app: App, mailer: Mailer, job: Job) -> None:
    """Write and send one letter, once. Raises MailNotSent, after which it may be tried again."""
    account_id, week = job.body["account_id"], job.body["week"]
    member = await find_member(app.db.reader, account_id)
    if member is None or member.standing != "active":
        return
    digest = await gather_digest(app, member, now_us())
    if digest.is_empty:
        return
    mail = await write_digest(app, member, digest, key=str(week))
    async with app.db.transaction() as tx:
        before = await mailchoices.begin_digest(tx, account_id, week)
    if before is None:
        return
    try:
        await mailer.send(mail)
    except MailNotSent:
        async with app.db.transaction() as tx:
            await mailchoices.undo_digest(tx, account_id, week, before)
        raise


async def gather_digest(app: App, member: Member, now: int) -> Digest:
    """Read the last seven days for a member, through the gate and their filters."""
    reader, viewer = app.db.long_reader, member.account_id
    span = {"after": floor_id(now - WEEK_US), "upto": floor_id(now), "now_us": now}
    found = await list_best_posts(reader, viewer, limit=MOST_CANDIDATES, **span)
    posts = await list_posts(reader, [post_id for post_id, _ in found])
    filters = await list_filters(reader, viewer)
    chosen: list[Post] = []
    of_author: dict[int, int] = {}
    for post_id, author_id in found:
        post = posts.get(post_id)
        if post is None or of_author.get(author_id, 0) >= MOST_OF_ONE:
            continue
        if strictest_match(filters, "home", words_of_post(post), [post_id], now):
            continue
        of_author[author_id] = of_author.get(author_id, 0) + 1
        chosen.append(post)
    chosen = chosen[:MOST_POSTS]
    follower_ids, follower_count = await list_new_followers(reader, viewer, limit=MOST_FOLLOWERS, **span)
    accounts = await list_accounts(reader, {post.author_id for post in chosen} | set(follower_ids))
    grouped = tuple(kind.value for kind in GROUPED_KINDS)
    unread = await count_unread(reader, viewer, NotificationChoice(), grouped, MOST_UNREAD)
    followers = tuple(accounts[one] for one in follower_ids if one in accounts)
    return Digest(tuple(chosen), accounts, followers, follower_count, unread[1])


async def write_digest(app: App, member: Member, digest: Digest, *, key: str) -> Mail:
    """Return the letter. key: names the week, so that mail programs know a repeated letter."""
    language = language_of(member.preferences.locale)
    texts, title = TEXTS[language], app.settings.nest.title
    stop = await stop_url(app, member.account_id, MailTopic.DIGEST)
    names = await list_accounts(app.db.reader, [member.account_id])
    blocks = [
        MailBlock("text", texts["hello"].format(name=names[member.account_id].username)),
        MailBlock("text", texts["digest_intro"].format(title=title)),
        *blocks_of(app, digest, texts),
        *ending_of(app, texts, "digest", stop),
    ]
    subject = texts["digest_subject"].format(title=title)
    html = document_of(subject, language, html_of(blocks))
    return Mail(member.email, subject, text_of(blocks), html, stop, f"digest-{member.account_id}-{key}")


def blocks_of(app: App, digest: Digest, texts: Texts) -> list[MailBlock]:
    """Return what happened in the week; also what the page with the preview shows."""
    base_url = app.settings.base_url
    blocks = [MailBlock("heading", texts["best"])] if digest.posts else []
    for post in digest.posts:
        author = digest.accounts[post.author_id]
        name = f"{cut(author.display_name, 60) or author.username} (@{author.handle})"
        blocks.append(
            MailBlock("item", name, words_of(post, texts), f"{base_url}/@{author.handle}/{short_id(post.id)}")
        )
    if digest.followers:
        count = texts["follower" if digest.follower_count == 1 else "followers_count"]
        blocks += [
            MailBlock("heading", texts["followers"]),
            MailBlock("text", count.format(count=digest.follower_count)),
        ]
        for account in digest.followers:
            name = f"{cut(account.display_name, 60) or account.username} (@{account.handle})"
            blocks.append(MailBlock("item", name, url=f"{base_url}/@{account.handle}"))
    if digest.unread_count:
        unread = texts["unread" if digest.unread_count == 1 else "unreads"].format(count=digest.unread_count)
        blocks += [MailBlock("heading", texts["missed"]), MailBlock("item", unread, url=f"{base_url}/notifications")]
    return blocks


def words_of(post: Post, texts: Texts) -> str:
    """Return a post's words; its warning alone where it has one."""
    if post.content_warning:
        return texts["warning"].format(name=cut(post.content_warning))
    return cut(post.text) or texts["pictures"]


@repeatable
async def choose_mails(app: App, account_id: int, choice: MailChoice) -> None:
    """Store what a member wants by mail."""
    async with app.db.transaction() as tx:
        await mailchoices.put_choice(tx, account_id, choice, now_us())
