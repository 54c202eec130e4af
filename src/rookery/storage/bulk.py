"""Whole rows, many at a time, with their counts as they will be: for made-up worlds and, later, for restores.

Owns: the statements. Never: keeps counts true by itself, checks a rule or appends an event; the caller does, or has a
reason not to. Rows are dictionaries with the columns' names; each function is one statement run once per row.
"""

from __future__ import annotations

from typing import Any

from rookery.storage.database import Reader, Transaction

Rows = list[dict[str, Any]]

LOCAL_NAMES = "SELECT username_key FROM accounts WHERE domain = ''"
INSERT_ACCOUNTS = """
    INSERT INTO accounts (id, username, username_key, display_name, bio, bio_facets, avatar_key, avatar_still_key,
        is_indexable, created_at)
    VALUES (:id, :username, :username_key, :display_name, :bio, :bio_facets, :avatar_key, :avatar_key, 1, :created_at)
"""
INSERT_MEMBERS = """
    INSERT INTO members (account_id, email, email_key, password_hash, role, state, created_at, confirmed_at)
    VALUES (:id, :email, :email, :password_hash, 'member', 'active', :created_at, :created_at)
"""
SET_ACCOUNT_COUNTS = """
    UPDATE accounts SET post_count = post_count + :posts, follower_count = follower_count + :followers,
        following_count = following_count + :following, last_post_at = coalesce(:last_post_at, last_post_at),
        version = version + 1
    WHERE id = :id
"""
INSERT_FOLLOWS = """
    INSERT INTO follows (follower_id, followed_id, id, state) VALUES (:follower, :followed, :id, 'active')
"""
INSERT_POSTS = """
    INSERT INTO posts (id, author_id, audience, text, facets, content_warning, is_sensitive, language, reply_to_id,
        reply_to_author_id, thread_id, repost_of_id, published_at, reply_count, repost_count, like_count, is_listed,
        has_media)
    VALUES (:id, :author_id, :audience, :text, :facets, :content_warning, :is_sensitive, :language, :reply_to_id,
        :reply_to_author_id, :thread_id, :repost_of_id, :published_at, :reply_count, :repost_count, :like_count,
        :is_listed, :has_media)
"""
INSERT_MENTIONS = "INSERT INTO mentions (post_id, account_id) VALUES (:post_id, :account_id)"
INSERT_POST_TAGS = "INSERT INTO post_tags (tag, post_id) VALUES (:tag, :post_id)"
INSERT_TAGS = """
    INSERT INTO tags (id, name, shown, last_used_at) VALUES (:id, :name, :shown, :last_used_at)
    ON CONFLICT (name) DO UPDATE SET last_used_at = excluded.last_used_at
"""
INSERT_MEDIA = """
    INSERT INTO media (id, account_id, post_id, position, kind, state, mime, blob_key, preview_key, width, height,
        preview_width, preview_height, description, blurhash)
    VALUES (:id, :account_id, :post_id, :position, 'image', 'ready', :mime, :blob_key, :preview_key, :width, :height,
        :preview_width, :preview_height, :description, :blurhash)
"""
INSERT_POLLS = """
    INSERT INTO polls (post_id, expires_at, is_multiple, hides_totals, voter_count, options, counts, closed_at)
    VALUES (:post_id, :expires_at, 0, 0, :voter_count, :options, :counts, :closed_at)
"""
INSERT_VOTES = "INSERT INTO votes (post_id, account_id, choice) VALUES (:post_id, :account_id, :choice)"
INSERT_MARKS = "INSERT INTO marks (account_id, post_id, kind, id) VALUES (:account_id, :post_id, :kind, :id)"
INSERT_NOTIFICATIONS = """
    INSERT INTO notifications (id, account_id, kind, from_id, post_id, group_key, created_at)
    VALUES (:id, :account_id, :kind, :from_id, :post_id, :group_key, :created_at) ON CONFLICT DO NOTHING
"""
# In the order in which references need them.
TABLES = {
    "accounts": INSERT_ACCOUNTS,
    "members": INSERT_MEMBERS,
    "follows": INSERT_FOLLOWS,
    "posts": INSERT_POSTS,
    "mentions": INSERT_MENTIONS,
    "post_tags": INSERT_POST_TAGS,
    "tags": INSERT_TAGS,
    "media": INSERT_MEDIA,
    "polls": INSERT_POLLS,
    "votes": INSERT_VOTES,
    "marks": INSERT_MARKS,
    "notifications": INSERT_NOTIFICATIONS,
    "account_counts": SET_ACCOUNT_COUNTS,
}


async def list_local_names(reader: Reader) -> set[str]:
    """Return the keys of all local names."""
    return {row[0] for row in await reader.all(LOCAL_NAMES)}


async def insert_rows(tx: Transaction, rows: dict[str, Rows]) -> None:
    """Store rows by the name of their table in TABLES, in the order that references need. Raises Duplicate."""
    for table, statement in TABLES.items():
        if rows.get(table):
            await tx.run_many(statement, rows[table])
