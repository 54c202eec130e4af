"""What goes into a person's own archive, in SQL, and how far its packing is.

Owns: the table `own_archives`, the list of tables that hold something about a person with the columns that are theirs.
Never: a password, a secret or a hash of one; what others wrote. Every row list is read in pages, by a key that rises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rookery.model.ids import AccountId
from rookery.storage.database import Reader, Transaction

FIND_ARCHIVE = """
    SELECT account_id, state, asked_at, file_key, size_bytes, done_count, expires_at FROM own_archives
    WHERE account_id = :account_id
"""
ASK_ARCHIVE = """
    -- One in a while: a younger wish than :before stays as it is.
    INSERT INTO own_archives (account_id, state, asked_at) VALUES (:account_id, 'making', :now)
    ON CONFLICT (account_id) DO UPDATE SET state = 'making', asked_at = excluded.asked_at, file_key = NULL,
        size_bytes = 0, done_count = 0, expires_at = NULL
    WHERE own_archives.asked_at < :before
"""
NOTE_PROGRESS = "UPDATE own_archives SET done_count = :count WHERE account_id = :account_id AND state = 'making'"
FINISH_ARCHIVE = """
    UPDATE own_archives SET state = 'ready', file_key = :file_key, size_bytes = :size_bytes, expires_at = :expires_at
    WHERE account_id = :account_id AND state = 'making'
"""
EXPIRE_ARCHIVES = """
    UPDATE own_archives SET state = 'expired', file_key = NULL WHERE state = 'ready' AND expires_at <= :now
"""
LIST_KEYS = "SELECT file_key FROM own_archives WHERE file_key IS NOT NULL"
# File in the archive -> table, the column that says whose a row is, the rising key, the columns.
OWN_ROWS: dict[str, tuple[str, str, str, str]] = {
    "account": (
        "accounts",
        "id",
        "id",
        "id username domain display_name bio fields avatar_alt header_alt is_locked is_bot is_discoverable"
        " is_indexable hides_network created_at suspended_at silenced_at moved_to_id post_count follower_count"
        " following_count last_post_at",
    ),
    "member": (
        "members",
        "account_id",
        "account_id",
        "account_id email role state preferences reason created_at confirmed_at last_seen_at",
    ),
    "sessions": ("sessions", "account_id", "id", "id user_agent address created_at last_seen_at"),
    "apps": ("access_tokens", "account_id", "id", "id app_id scopes created_at last_used_at"),
    "passkeys": ("passkeys", "account_id", "id", "id name is_backed_up created_at last_used_at"),
    "invitations": ("invitations", "created_by_id", "created_at", "code max_uses use_count expires_at created_at"),
    "posts": (
        "posts",
        "author_id",
        "id",
        "id audience text content_warning is_sensitive language reply_to_id thread_id repost_of_id published_at"
        " edited_at reply_count repost_count like_count uri url",
    ),
    "deleted_posts": ("tombstones", "author_id", "post_id", "post_id deleted_at"),
    "media": (
        "media",
        "account_id",
        "id",
        "id post_id kind mime blob_key width height focus_x focus_y description size_bytes",
    ),
    "marks": ("marks", "account_id", "id", "post_id kind id"),
    "votes": ("votes", "account_id", "post_id", "post_id choice"),
    "follows": ("follows", "follower_id", "id", "followed_id id state shows_reposts notifies languages"),
    "followers": ("follows", "followed_id", "id", "follower_id id state"),
    "blocks": ("blocks", "account_id", "id", "other_id id"),
    "mutes": ("mutes", "account_id", "id", "other_id id hides_notifications expires_at"),
    "blocked_domains": ("blocked_domains", "account_id", "id", "domain id"),
    "notes": ("account_notes", "account_id", "other_id", "other_id text"),
    "lists": ("lists", "account_id", "id", "id title replies is_exclusive"),
    "filters": ("filters", "account_id", "id", "id title contexts action expires_at"),
    "followed_tags": ("followed_tags", "account_id", "id", "tag id"),
    "featured_tags": ("featured_tags", "account_id", "id", "tag id"),
    "endorsements": ("endorsements", "account_id", "id", "other_id id"),
    "dismissed_suggestions": ("dismissed_suggestions", "account_id", "other_id", "other_id"),
    "reading_marks": ("markers", "account_id", "last_read_id", "timeline last_read_id updated_at"),
    "notifications": ("notifications", "account_id", "id", "id kind from_id created_at"),
    "notification_policy": (
        "notification_policies",
        "account_id",
        "account_id",
        "for_not_following for_not_followers for_new_accounts for_private_mentions for_limited_accounts for_bots",
    ),
    "notification_permissions": ("notification_permissions", "account_id", "from_id", "from_id"),
    "scheduled_posts": ("scheduled_posts", "account_id", "id", "id publish_at draft error"),
    "conversations": ("conversations", "account_id", "id", "id thread_id last_post_id is_unread"),
    "announcement_dismissals": ("announcement_dismissals", "account_id", "announcement_id", "announcement_id"),
    "announcement_reactions": ("announcement_reactions", "account_id", "id", "announcement_id name id"),
    "push_subscriptions": ("push_subscriptions", "account_id", "id", "id host kinds policy created_at"),
    "collections": (
        "collections",
        "account_id",
        "id",
        "id name description language tag is_sensitive is_discoverable updated_at",
    ),
    "in_collections": ("collection_items", "account_id", "id", "id collection_id state"),
    "reports": ("reports", "account_id", "id", "id target_id category comment post_ids rule_ids created_at"),
    "decisions": ("strikes", "account_id", "id", "id measure statement post_ids created_at overruled_at"),
    "days_here": ("member_days", "account_id", "day", "day"),
    "aliases": ("account_aliases", "account_id", "id", "uri id"),
    "moves": ("moves", "account_id", "id", "id target_id moved_at follower_count undone_at"),
    "imports": ("imports", "account_id", "id", "id kind overwrites state created_at ended_at"),
    "mail_choices": ("mail_choices", "account_id", "account_id", "kinds is_always digest_day"),
}
# Tables with a person's id that stay out, and why.
KEPT_BACK = {
    "mentions": "says who was named in whose post: what others wrote",
    "list_members": "says into which list somebody else has put the person",
    "grants": "codes of an hour, hashed",
    "mail_tokens": "links of mails, hashed",
    "idempotency": "which app has sent what twice, for a day",
    "keyrings": "the keys that sign for the account; whoever has the archive would write in its name",
    "code_generators": "a secret; whoever has the archive would sign in with it",
    "recovery_codes": "hashes of secrets",
    "sign_in_steps": "half sign-ins of ten minutes, hashed",
    "unproved_sign_ups": "a mark of the sign-up, of no use to anybody",
    "departures": "nobody who is leaving can ask for an archive",
    "own_archives": "this archive itself",
    "far_accounts": "what other servers say of their own people",
    "far_files": "copies of what other servers show of their own people",
    "far_follows": "what other servers call the follows that the archive has",
    "waiting_acts": "what far people did to posts that never came",
    "undone_acts": "what far people took back before it came",
    "account_measures": "the account's own row says what they come to",
    "moderation_notes": "what those who look after the server wrote for each other",
    "media_work": "uploads that are being prepared",
    "cards": "pages of others that name the person as their author",
    "mail_progress": "how far notices by mail have come",
    "mail_due": "when the next notice by mail is due",
}
OWN_PAGES = {
    name: f"""
    -- One page of {name}, in the order of a key that rises.
    SELECT {key}, {", ".join(columns.split())} FROM {table} WHERE {owner} = :account_id AND {key} > :after
    ORDER BY {key} LIMIT :limit
"""
    for name, (table, owner, key, columns) in OWN_ROWS.items()
}


@dataclass(frozen=True, slots=True)
class OwnArchive:
    """The state of a person's archive. state: making, ready or expired. file_key: of the file while it is ready."""

    account_id: AccountId
    state: str
    asked_at_us: int
    file_key: str | None
    size_bytes: int
    done_count: int
    expires_at_us: int | None


async def find_archive(reader: Reader, account_id: int) -> OwnArchive | None:
    """Return a person's newest archive, or None."""
    row = await reader.one(FIND_ARCHIVE, account_id=account_id)
    return OwnArchive(AccountId(row[0]), *row[1:]) if row else None


async def ask_archive(tx: Transaction, account_id: int, now_us: int, before_us: int) -> bool:
    """Begin a new archive; False when the last one is younger than `before_us`."""
    return await tx.run(ASK_ARCHIVE, account_id=account_id, now=now_us, before=before_us) == 1


async def note_progress(tx: Transaction, account_id: int, count: int) -> None:
    """Note how many things are packed."""
    await tx.run(NOTE_PROGRESS, account_id=account_id, count=count)


async def finish_archive(tx: Transaction, account_id: int, file_key: str, size_bytes: int, expires_at_us: int) -> bool:
    """Note that the file is there; False when nobody waits for it any more."""
    changed = await tx.run(
        FINISH_ARCHIVE, account_id=account_id, file_key=file_key, size_bytes=size_bytes, expires_at=expires_at_us
    )
    return changed == 1


async def expire_archives(tx: Transaction, now_us: int) -> int:
    """Let go of archives whose days are over; return how many."""
    return await tx.run(EXPIRE_ARCHIVES, now=now_us)


async def list_file_keys(reader: Reader) -> set[str]:
    """Return the keys of files that somebody may still fetch."""
    return {row[0] for row in await reader.all(LIST_KEYS)}


async def list_own_rows(
    reader: Reader, name: str, account_id: int, after: int, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Return a page of OWN_ROWS as column -> value, and where the next one begins, None after the last."""
    columns = OWN_ROWS[name][3].split()
    rows = await reader.all(OWN_PAGES[name], account_id=account_id, after=after, limit=limit)
    found = [dict(zip(columns, row[1:], strict=True)) for row in rows]
    return found, rows[-1][0] if len(rows) == limit else None
