"""Step 1: the nest. Accounts, posts, relations, media, apps, the event log, jobs, search.

Times are microseconds since 1970 (`_at`), flags are 0 or 1, lists of values are JSON text: the same on both engines.
"""

from __future__ import annotations

from rookery.storage.migrations.step import Step, split_statements

PEOPLE = """
CREATE TABLE accounts (
    id {id}, username text NOT NULL, username_key text NOT NULL, domain text NOT NULL DEFAULT '',
    display_name text NOT NULL DEFAULT '', bio text NOT NULL DEFAULT '', bio_facets text NOT NULL DEFAULT '[]',
    fields text NOT NULL DEFAULT '[]', avatar_key text, avatar_still_key text, header_key text, header_still_key text,
    avatar_alt text NOT NULL DEFAULT '', header_alt text NOT NULL DEFAULT '',
    is_locked {int} NOT NULL DEFAULT 0, is_bot {int} NOT NULL DEFAULT 0, is_group {int} NOT NULL DEFAULT 0,
    is_discoverable {int} NOT NULL DEFAULT 1, is_indexable {int} NOT NULL DEFAULT 0,
    hides_network {int} NOT NULL DEFAULT 0, created_at {int} NOT NULL, suspended_at {int}, silenced_at {int},
    moved_to_id {int}, uri text UNIQUE, url text, post_count {int} NOT NULL DEFAULT 0,
    follower_count {int} NOT NULL DEFAULT 0, following_count {int} NOT NULL DEFAULT 0, last_post_at {int},
    version {int} NOT NULL DEFAULT 1, UNIQUE (username_key, domain)
);
CREATE TABLE members (
    account_id {id} REFERENCES accounts (id) ON DELETE CASCADE, email text NOT NULL, email_key text NOT NULL UNIQUE,
    password_hash text NOT NULL, role text NOT NULL, state text NOT NULL, preferences text NOT NULL DEFAULT '{}',
    reason text NOT NULL DEFAULT '', created_at {int} NOT NULL, confirmed_at {int}, last_seen_at {int},
    invited_by_id {int}, needs_approval {int} NOT NULL DEFAULT 0
);
CREATE INDEX members_state ON members (state, account_id);
CREATE TABLE mail_tokens (
    token_hash text PRIMARY KEY, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    purpose text NOT NULL, email text NOT NULL, expires_at {int} NOT NULL
);
CREATE INDEX mail_tokens_account ON mail_tokens (account_id, purpose);
CREATE TABLE invitations (
    code text PRIMARY KEY, created_by_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    max_uses {int}, use_count {int} NOT NULL DEFAULT 0, expires_at {int}, created_at {int} NOT NULL
);
CREATE TABLE audit_entries (
    id {id}, governor_id {int}, governor text NOT NULL, act text NOT NULL, subject_id {int}, subject text NOT NULL,
    detail text NOT NULL, happened_at {int} NOT NULL
);
CREATE TABLE sessions (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, token_hash text NOT NULL UNIQUE,
    user_agent text NOT NULL, address text NOT NULL, created_at {int} NOT NULL, last_seen_at {int} NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id, id);
CREATE TABLE apps (
    id {id}, client_id text NOT NULL UNIQUE, client_secret text NOT NULL, name text NOT NULL,
    redirect_uris text NOT NULL, scopes text NOT NULL, website text, created_at {int} NOT NULL
);
CREATE TABLE grants (
    code_hash text PRIMARY KEY, app_id {int} NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, redirect_uri text NOT NULL,
    scopes text NOT NULL, challenge text, expires_at {int} NOT NULL, used_token_id {int}
);
CREATE TABLE access_tokens (
    id {id}, token_hash text NOT NULL UNIQUE, app_id {int} NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    account_id {int} REFERENCES accounts (id) ON DELETE CASCADE, scopes text NOT NULL, created_at {int} NOT NULL,
    last_used_at {int}
);
CREATE INDEX access_tokens_account ON access_tokens (account_id, app_id);
CREATE INDEX access_tokens_app ON access_tokens (app_id);
"""
POSTS = """
CREATE TABLE posts (
    id {id}, author_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, audience {int} NOT NULL,
    text text NOT NULL, html text, facets text NOT NULL DEFAULT '[]', content_warning text NOT NULL DEFAULT '',
    is_sensitive {int} NOT NULL DEFAULT 0, language text, reply_to_id {int}, reply_to_author_id {int},
    thread_id {int} NOT NULL, repost_of_id {int}, published_at {int} NOT NULL, edited_at {int},
    version {int} NOT NULL DEFAULT 1, reply_count {int} NOT NULL DEFAULT 0, repost_count {int} NOT NULL DEFAULT 0,
    like_count {int} NOT NULL DEFAULT 0, is_local {int} NOT NULL DEFAULT 1, is_listed {int} NOT NULL DEFAULT 0,
    has_media {int} NOT NULL DEFAULT 0, uri text UNIQUE, url text, app_id {int},
    quote_of_id {int}, quote_state text, quote_policy {int} NOT NULL DEFAULT 0, quote_count {int} NOT NULL DEFAULT 0
);
CREATE INDEX posts_author ON posts (author_id, id DESC);
CREATE INDEX posts_listed ON posts (id DESC, author_id) WHERE is_listed = 1;
CREATE INDEX posts_listed_local ON posts (id DESC, author_id) WHERE is_listed = 1 AND is_local = 1;
CREATE INDEX posts_author_media ON posts (author_id, id DESC) WHERE has_media = 1;
CREATE INDEX posts_thread ON posts (thread_id, id);
CREATE INDEX posts_reply ON posts (reply_to_id) WHERE reply_to_id IS NOT NULL;
CREATE UNIQUE INDEX posts_repost ON posts (repost_of_id, author_id) WHERE repost_of_id IS NOT NULL;
CREATE INDEX posts_quote ON posts (quote_of_id, id DESC) WHERE quote_of_id IS NOT NULL;
CREATE INDEX posts_quoting ON posts (author_id) WHERE quote_of_id IS NOT NULL;
CREATE TABLE post_versions (
    post_id {int} NOT NULL REFERENCES posts (id) ON DELETE CASCADE, number {int} NOT NULL, text text NOT NULL,
    content_warning text NOT NULL, is_sensitive {int} NOT NULL, facets text NOT NULL, media text NOT NULL,
    poll_options text NOT NULL, written_at {int} NOT NULL, PRIMARY KEY (post_id, number)
);
CREATE TABLE tombstones (
    post_id {id}, author_id {int} NOT NULL, uri text, deleted_at {int} NOT NULL
);
CREATE TABLE mentions (
    post_id {int} NOT NULL REFERENCES posts (id) ON DELETE CASCADE, account_id {int} NOT NULL,
    is_silent {int} NOT NULL DEFAULT 0, PRIMARY KEY (post_id, account_id)
);
CREATE INDEX mentions_account ON mentions (account_id, post_id DESC);
CREATE TABLE post_tags (
    tag text NOT NULL, post_id {int} NOT NULL REFERENCES posts (id) ON DELETE CASCADE, PRIMARY KEY (tag, post_id)
);
CREATE INDEX post_tags_post ON post_tags (post_id);
CREATE TABLE tags (
    id {int} NOT NULL UNIQUE, name text PRIMARY KEY, shown text NOT NULL, last_used_at {int} NOT NULL
);
CREATE INDEX tags_by_beginning ON tags (name {binary});
CREATE TABLE marks (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, post_id {int} NOT NULL,
    kind {int} NOT NULL, id {int} NOT NULL, PRIMARY KEY (account_id, post_id, kind)
);
CREATE INDEX marks_of_account ON marks (account_id, kind, id DESC);
CREATE INDEX marks_of_post ON marks (post_id, kind, id DESC);
CREATE TABLE polls (
    post_id {id} REFERENCES posts (id) ON DELETE CASCADE, expires_at {int}, is_multiple {int} NOT NULL,
    hides_totals {int} NOT NULL, voter_count {int} NOT NULL DEFAULT 0, options text NOT NULL, counts text NOT NULL,
    closed_at {int}
);
CREATE INDEX polls_open ON polls (expires_at) WHERE closed_at IS NULL;
CREATE TABLE votes (
    post_id {int} NOT NULL REFERENCES polls (post_id) ON DELETE CASCADE, account_id {int} NOT NULL,
    choice {int} NOT NULL, PRIMARY KEY (post_id, account_id, choice)
);
CREATE INDEX votes_of_account ON votes (account_id, post_id);
CREATE TABLE media (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    post_id {int} REFERENCES posts (id) ON DELETE SET NULL, position {int} NOT NULL DEFAULT 0, kind text NOT NULL,
    state text NOT NULL, mime text NOT NULL DEFAULT '', blob_key text, preview_key text,
    width {int} NOT NULL DEFAULT 0, height {int} NOT NULL DEFAULT 0, preview_width {int} NOT NULL DEFAULT 0,
    preview_height {int} NOT NULL DEFAULT 0, focus_x {real} NOT NULL DEFAULT 0, focus_y {real} NOT NULL DEFAULT 0,
    description text NOT NULL DEFAULT '', blurhash text, error text, size_bytes {int} NOT NULL DEFAULT 0,
    remote_url text NOT NULL DEFAULT '', preview_remote_url text NOT NULL DEFAULT '', playing text NOT NULL DEFAULT ''
);
CREATE INDEX media_post ON media (post_id, position) WHERE post_id IS NOT NULL;
CREATE INDEX media_unattached ON media (account_id, id) WHERE post_id IS NULL;
CREATE TABLE custom_emoji (
    shortcode text PRIMARY KEY, blob_key text NOT NULL, still_key text NOT NULL, category text NOT NULL DEFAULT '',
    is_hidden {int} NOT NULL DEFAULT 0, created_at {int} NOT NULL
);
CREATE TABLE idempotency (
    account_id {int} NOT NULL, key text NOT NULL, post_id {int} NOT NULL, created_at {int} NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);
"""
RELATIONS = """
CREATE TABLE follows (
    follower_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    followed_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, id {int} NOT NULL, state text NOT NULL,
    shows_reposts {int} NOT NULL DEFAULT 1, notifies {int} NOT NULL DEFAULT 0, languages text NOT NULL DEFAULT '[]',
    PRIMARY KEY (follower_id, followed_id)
);
CREATE INDEX follows_followed ON follows (followed_id, state, id DESC);
CREATE INDEX follows_follower ON follows (follower_id, state, id DESC);
CREATE INDEX follows_notified ON follows (followed_id, follower_id) WHERE notifies = 1;
CREATE TABLE blocks (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, other_id {int} NOT NULL, id {int} NOT NULL,
    PRIMARY KEY (account_id, other_id)
);
CREATE INDEX blocks_other ON blocks (other_id, account_id);
CREATE TABLE mutes (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, other_id {int} NOT NULL, id {int} NOT NULL,
    hides_notifications {int} NOT NULL DEFAULT 1, expires_at {int}, PRIMARY KEY (account_id, other_id)
);
CREATE TABLE blocked_domains (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, domain text NOT NULL, id {int} NOT NULL,
    PRIMARY KEY (account_id, domain)
);
CREATE TABLE account_notes (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, other_id {int} NOT NULL, text text NOT NULL,
    PRIMARY KEY (account_id, other_id)
);
CREATE TABLE lists (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, title text NOT NULL,
    replies text NOT NULL DEFAULT 'list', is_exclusive {int} NOT NULL DEFAULT 0
);
CREATE INDEX lists_account ON lists (account_id, id);
CREATE TABLE list_members (
    list_id {int} NOT NULL REFERENCES lists (id) ON DELETE CASCADE, account_id {int} NOT NULL, id {int} NOT NULL,
    PRIMARY KEY (list_id, account_id)
);
CREATE INDEX list_members_account ON list_members (account_id);
CREATE TABLE filters (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, title text NOT NULL,
    contexts text NOT NULL, action text NOT NULL, expires_at {int}
);
CREATE INDEX filters_account ON filters (account_id, id);
CREATE TABLE filter_words (
    id {id}, filter_id {int} NOT NULL REFERENCES filters (id) ON DELETE CASCADE, keyword text NOT NULL,
    is_whole_word {int} NOT NULL
);
CREATE INDEX filter_words_filter ON filter_words (filter_id, id);
CREATE TABLE filter_posts (
    id {id}, filter_id {int} NOT NULL REFERENCES filters (id) ON DELETE CASCADE, post_id {int} NOT NULL,
    UNIQUE (filter_id, post_id)
);
CREATE TABLE followed_tags (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, tag text NOT NULL, id {int} NOT NULL,
    PRIMARY KEY (account_id, tag)
);
CREATE INDEX followed_tags_tag ON followed_tags (tag);
CREATE TABLE featured_tags (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, tag text NOT NULL, id {int} NOT NULL,
    PRIMARY KEY (account_id, tag)
);
CREATE TABLE endorsements (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, other_id {int} NOT NULL, id {int} NOT NULL,
    PRIMARY KEY (account_id, other_id)
);
CREATE TABLE dismissed_suggestions (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, other_id {int} NOT NULL,
    PRIMARY KEY (account_id, other_id)
);
CREATE TABLE markers (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, timeline text NOT NULL,
    last_read_id {int} NOT NULL, version {int} NOT NULL, updated_at {int} NOT NULL, PRIMARY KEY (account_id, timeline)
);
CREATE TABLE notifications (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, kind text NOT NULL,
    from_id {int} NOT NULL, post_id {int}, group_key text NOT NULL, is_filtered {int} NOT NULL DEFAULT 0,
    created_at {int} NOT NULL, report_id {int}, collection_id {int}
);
CREATE INDEX notifications_account ON notifications (account_id, id DESC);
CREATE INDEX notifications_post ON notifications (post_id) WHERE post_id IS NOT NULL;
CREATE UNIQUE INDEX notifications_once ON notifications (
    account_id, kind, from_id, coalesce(post_id, report_id, collection_id, 0)
);
CREATE INDEX notifications_collection ON notifications (collection_id) WHERE collection_id IS NOT NULL;
CREATE INDEX notifications_group ON notifications (account_id, group_key, id DESC);
CREATE INDEX notifications_held ON notifications (account_id, from_id, id) WHERE is_filtered = 1;
CREATE TABLE notification_policies (
    account_id {id} REFERENCES accounts (id) ON DELETE CASCADE, for_not_following {int} NOT NULL,
    for_not_followers {int} NOT NULL, for_new_accounts {int} NOT NULL, for_private_mentions {int} NOT NULL,
    for_limited_accounts {int} NOT NULL, for_bots {int} NOT NULL
);
CREATE TABLE notification_permissions (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, from_id {int} NOT NULL,
    PRIMARY KEY (account_id, from_id)
);
"""
MACHINERY = """
CREATE TABLE events (
    seq {serial}, kind text NOT NULL, body text NOT NULL, happened_at {int} NOT NULL
);
CREATE TABLE event_readers (
    name text PRIMARY KEY, seq {int} NOT NULL
);
CREATE TABLE events_set_aside (
    reader text NOT NULL, seq {int} NOT NULL, error text NOT NULL, set_aside_at {int} NOT NULL,
    PRIMARY KEY (reader, seq)
);
CREATE TABLE jobs (
    id {id}, kind text NOT NULL, body text NOT NULL, run_at {int} NOT NULL, state text NOT NULL DEFAULT 'waiting',
    attempt_count {int} NOT NULL DEFAULT 0, claimed_until {int}, claimed_by text, error text
);
CREATE INDEX jobs_due ON jobs (kind, run_at, id) WHERE state = 'waiting';
CREATE TABLE server_values (
    name text PRIMARY KEY, value text NOT NULL
);
"""
MODERATION = """
CREATE TABLE account_measures (
    account_id {id} REFERENCES accounts (id) ON DELETE CASCADE, suspended_at {int}, silenced_at {int},
    sensitive_at {int}
);
CREATE TABLE reports (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    target_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, category text NOT NULL, comment text NOT NULL,
    post_ids text NOT NULL, rule_ids text NOT NULL, evidence text NOT NULL, is_forwarded {int} NOT NULL,
    collections text NOT NULL DEFAULT '[]',
    assigned_id {int}, handled_by_id {int}, handled_at {int}, created_at {int} NOT NULL, updated_at {int} NOT NULL
);
CREATE INDEX reports_open ON reports (id DESC) WHERE handled_at IS NULL;
CREATE INDEX reports_target ON reports (target_id, id DESC);
CREATE INDEX reports_account ON reports (account_id, id DESC);
CREATE TABLE strikes (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, report_id {int},
    measure text NOT NULL, statement text NOT NULL, post_ids text NOT NULL, by_id {int}, created_at {int} NOT NULL,
    overruled_at {int}
);
CREATE INDEX strikes_account ON strikes (account_id, id DESC);
CREATE TABLE appeals (
    strike_id {id} REFERENCES strikes (id) ON DELETE CASCADE, words text NOT NULL, created_at {int} NOT NULL,
    decided_at {int}, decided_by_id {int}, is_granted {int}
);
CREATE INDEX appeals_open ON appeals (strike_id) WHERE decided_at IS NULL;
CREATE TABLE moderation_notes (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, report_id {int}, author_id {int},
    words text NOT NULL, created_at {int} NOT NULL
);
CREATE INDEX moderation_notes_account ON moderation_notes (account_id, id DESC);
CREATE TABLE domain_blocks (
    id {id}, domain text NOT NULL UNIQUE, severity text NOT NULL, rejects_media {int} NOT NULL,
    rejects_reports {int} NOT NULL, private_comment text NOT NULL, public_comment text NOT NULL,
    is_obfuscated {int} NOT NULL, created_at {int} NOT NULL
);
CREATE TABLE domain_allows (id {id}, domain text NOT NULL UNIQUE, created_at {int} NOT NULL);
CREATE TABLE email_domain_blocks (
    id {id}, domain text NOT NULL UNIQUE, asks_approval {int} NOT NULL, created_at {int} NOT NULL
);
CREATE TABLE ip_blocks (
    id {id}, network text NOT NULL UNIQUE, severity text NOT NULL, comment text NOT NULL, expires_at {int},
    created_at {int} NOT NULL
);
CREATE TABLE email_blocks (id {id}, digest text NOT NULL UNIQUE, created_at {int} NOT NULL);
CREATE TABLE tag_rules (
    tag text PRIMARY KEY, is_usable {int} NOT NULL, is_listable {int} NOT NULL, reviewed_at {int} NOT NULL
);
CREATE TABLE member_days (
    day {int} NOT NULL, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (day, account_id)
);
"""
CARDS = """
CREATE TABLE cards (
    id {id}, url text NOT NULL UNIQUE, state text NOT NULL DEFAULT 'waiting', kind text NOT NULL DEFAULT 'link',
    title text NOT NULL DEFAULT '', description text NOT NULL DEFAULT '', language text NOT NULL DEFAULT '',
    author_name text NOT NULL DEFAULT '', author_url text NOT NULL DEFAULT '', author_id {int},
    provider_name text NOT NULL DEFAULT '', provider_url text NOT NULL DEFAULT '', html text NOT NULL DEFAULT '',
    embed_url text NOT NULL DEFAULT '', width {int} NOT NULL DEFAULT 0, height {int} NOT NULL DEFAULT 0,
    image_source text NOT NULL DEFAULT '', image_description text NOT NULL DEFAULT '', image_key text, blurhash text,
    published_at {int}, image_bytes {int} NOT NULL DEFAULT 0, failure_count {int} NOT NULL DEFAULT 0,
    wanted_at {int} NOT NULL, due_at {int} NOT NULL
);
CREATE INDEX cards_with_image ON cards (wanted_at, id) WHERE image_key IS NOT NULL;
CREATE INDEX cards_due ON cards (due_at, id);
CREATE TABLE post_cards (
    post_id {id} REFERENCES posts (id) ON DELETE CASCADE,
    card_id {int} NOT NULL REFERENCES cards (id) ON DELETE CASCADE
);
CREATE INDEX post_cards_card ON post_cards (card_id, post_id DESC);
"""
SCHEDULED = """
CREATE TABLE scheduled_posts (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, publish_at {int} NOT NULL,
    draft text NOT NULL, error text
);
CREATE INDEX scheduled_posts_account ON scheduled_posts (account_id, id DESC);
CREATE INDEX scheduled_posts_due ON scheduled_posts (publish_at) WHERE error IS NULL;
CREATE TABLE scheduled_media (
    media_id {id} REFERENCES media (id) ON DELETE CASCADE,
    scheduled_id {int} NOT NULL REFERENCES scheduled_posts (id) ON DELETE CASCADE
);
CREATE INDEX scheduled_media_post ON scheduled_media (scheduled_id);
"""
CONVERSATIONS = """
CREATE TABLE conversations (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, thread_id {int} NOT NULL,
    last_post_id {int} NOT NULL, is_unread {int} NOT NULL DEFAULT 0, UNIQUE (account_id, thread_id)
);
CREATE INDEX conversations_account ON conversations (account_id, last_post_id DESC);
CREATE INDEX conversations_unread ON conversations (account_id) WHERE is_unread = 1;
CREATE INDEX conversations_last ON conversations (last_post_id);
"""
ANNOUNCEMENTS = """
CREATE TABLE announcements (
    id {id}, text text NOT NULL, facets text NOT NULL DEFAULT '[]', starts_at {int}, ends_at {int},
    is_all_day {int} NOT NULL DEFAULT 0, published_at {int}, publish_at {int}, updated_at {int} NOT NULL
);
CREATE TABLE announcement_dismissals (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    announcement_id {int} NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, announcement_id)
);
CREATE TABLE announcement_reactions (
    announcement_id {int} NOT NULL REFERENCES announcements (id) ON DELETE CASCADE, name text NOT NULL,
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, id {int} NOT NULL,
    PRIMARY KEY (announcement_id, name, account_id)
);
"""
# Second factors, passkeys, proofs, sign-ups under load, leaving, archives.
SIGN_IN = """
CREATE TABLE code_generators (
    account_id {id} REFERENCES members (account_id) ON DELETE CASCADE, sealed_secret text NOT NULL,
    last_step {int} NOT NULL DEFAULT 0, confirmed_at {int}
);
CREATE TABLE recovery_codes (
    account_id {int} NOT NULL REFERENCES members (account_id) ON DELETE CASCADE, code_hash text NOT NULL,
    PRIMARY KEY (account_id, code_hash)
);
CREATE TABLE passkeys (
    id {id}, account_id {int} NOT NULL REFERENCES members (account_id) ON DELETE CASCADE,
    credential_id text NOT NULL UNIQUE, credential text NOT NULL, name text NOT NULL, sign_count {int} NOT NULL,
    is_backed_up {int} NOT NULL, created_at {int} NOT NULL, last_used_at {int}
);
CREATE INDEX passkeys_account ON passkeys (account_id, id);
CREATE TABLE sign_in_steps (
    token_hash text PRIMARY KEY, account_id {int} NOT NULL REFERENCES members (account_id) ON DELETE CASCADE,
    password_hash text NOT NULL, attempt_count {int} NOT NULL DEFAULT 0, expires_at {int} NOT NULL
);
CREATE INDEX sign_in_steps_account ON sign_in_steps (account_id);
CREATE TABLE session_proofs (
    session_id {id} REFERENCES sessions (id) ON DELETE CASCADE, proved_at {int} NOT NULL
);
CREATE TABLE spent_challenges (
    nonce text PRIMARY KEY, expires_at {int} NOT NULL
);
CREATE INDEX spent_challenges_age ON spent_challenges (expires_at);
CREATE TABLE unproved_sign_ups (
    account_id {id} REFERENCES members (account_id) ON DELETE CASCADE
);
CREATE TABLE departures (
    account_id {id} REFERENCES members (account_id) ON DELETE CASCADE, left_at {int} NOT NULL, purge_at {int} NOT NULL
);
CREATE INDEX departures_due ON departures (purge_at);
CREATE TABLE own_archives (
    account_id {id} REFERENCES members (account_id) ON DELETE CASCADE, state text NOT NULL, asked_at {int} NOT NULL,
    file_key text, size_bytes {int} NOT NULL DEFAULT 0, step text NOT NULL DEFAULT '',
    done_count {int} NOT NULL DEFAULT 0, expires_at {int}
);
"""
# Recordings that wait to be prepared: a row each, gone when they are ready or have failed.
MEDIA_WORK = """
CREATE TABLE media_work (
    media_id {id} REFERENCES media (id) ON DELETE CASCADE, account_id {int} NOT NULL, raw_key text NOT NULL,
    aim text NOT NULL, turn {int} NOT NULL, taken_until {int} NOT NULL DEFAULT 0, attempt_count {int} NOT NULL DEFAULT 0
);
CREATE INDEX media_work_turn ON media_work (turn, media_id);
CREATE INDEX media_work_account ON media_work (account_id);
"""
# Words come folded and split from model/words.py, so the tokenizer has nothing to do but part them at spaces.
SQLITE_SEARCH = """
CREATE VIRTUAL TABLE post_search USING fts5(
    words, content='', contentless_delete=1, tokenize='ascii'
);
CREATE VIRTUAL TABLE account_search USING fts5(
    words, content='', contentless_delete=1, tokenize='ascii', prefix='1 2 3'
);
"""
POSTGRES_SEARCH = """
CREATE TABLE post_search (rowid BIGINT PRIMARY KEY, words tsvector NOT NULL);
CREATE INDEX post_search_words ON post_search USING gin (words);
CREATE TABLE account_search (rowid BIGINT PRIMARY KEY, words tsvector NOT NULL);
CREATE INDEX account_search_words ON account_search USING gin (words);
"""
# What reaches people who are not here.
OUTREACH = """
CREATE TABLE push_subscriptions (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_id {int} UNIQUE REFERENCES access_tokens (id) ON DELETE CASCADE,
    session_id {int} UNIQUE REFERENCES sessions (id) ON DELETE CASCADE, endpoint text NOT NULL, host text NOT NULL,
    p256dh text NOT NULL, auth text NOT NULL, is_standard {int} NOT NULL, kinds text NOT NULL, policy text NOT NULL,
    sealed_token text NOT NULL DEFAULT '', failing_since {int}, created_at {int} NOT NULL
);
CREATE INDEX push_subscriptions_account ON push_subscriptions (account_id);
CREATE TABLE push_deliveries (
    subscription_id {int} NOT NULL REFERENCES push_subscriptions (id) ON DELETE CASCADE,
    notification_id {int} NOT NULL, host text NOT NULL, run_at {int} NOT NULL, attempt_count {int} NOT NULL DEFAULT 0,
    created_at {int} NOT NULL, PRIMARY KEY (subscription_id, notification_id)
);
CREATE INDEX push_deliveries_due ON push_deliveries (run_at, host);
CREATE INDEX push_deliveries_host ON push_deliveries (host, run_at);
CREATE TABLE mail_choices (
    account_id {id} REFERENCES accounts (id) ON DELETE CASCADE, kinds text NOT NULL, is_always {int} NOT NULL DEFAULT 0,
    digest_day {int} NOT NULL DEFAULT -1, digest_at {int} NOT NULL DEFAULT 0, digest_sent {int} NOT NULL DEFAULT 0
);
CREATE INDEX mail_choices_digest ON mail_choices (digest_at) WHERE digest_day >= 0;
CREATE TABLE mail_progress (
    account_id {id} REFERENCES accounts (id) ON DELETE CASCADE, told_through {int} NOT NULL, mailed_at {int} NOT NULL
);
CREATE TABLE mail_due (
    account_id {id} REFERENCES accounts (id) ON DELETE CASCADE, due_at {int} NOT NULL
);
CREATE INDEX mail_due_at ON mail_due (due_at, account_id);
"""
# seen: the sketch of a day's accounts (timelines/sketches.py). rank: log2 of the score, plus the half-lives since 1970.
TRENDS = """
CREATE TABLE trends (
    kind {int} NOT NULL, name text NOT NULL, id {int} NOT NULL, rank {real} NOT NULL, local_count {real} NOT NULL,
    language text, host text NOT NULL DEFAULT '', origins text NOT NULL DEFAULT '{}', PRIMARY KEY (kind, name)
);
CREATE INDEX trends_rank ON trends (kind, rank DESC);
CREATE INDEX trends_id ON trends (kind, id);
CREATE TABLE trend_days (
    kind {int} NOT NULL, name text NOT NULL, day {int} NOT NULL, use_count {int} NOT NULL,
    account_count {real} NOT NULL, seen {blob}, PRIMARY KEY (kind, name, day)
);
CREATE INDEX trend_days_day ON trend_days (day, kind);
CREATE TABLE trend_verdicts (
    kind {int} NOT NULL, name text NOT NULL, verdict text NOT NULL, decided_at {int} NOT NULL, PRIMARY KEY (kind, name)
);
"""
COLLECTIONS = """
CREATE TABLE collections (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, name text NOT NULL,
    description text NOT NULL, language text, tag text, is_sensitive {int} NOT NULL, is_discoverable {int} NOT NULL,
    updated_at {int} NOT NULL
);
CREATE INDEX collections_account ON collections (account_id, id DESC);
CREATE TABLE collection_items (
    id {id}, collection_id {int} NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, state text NOT NULL,
    UNIQUE (collection_id, account_id)
);
CREATE INDEX collection_items_account ON collection_items (account_id, collection_id DESC) WHERE state = 'accepted';
"""
# account_id: NULL for the server itself. One row of an owner stands; what was replaced keeps its public halves.
KEYRINGS = """
CREATE TABLE keyrings (
    id {id}, account_id {int} REFERENCES accounts (id) ON DELETE CASCADE, rsa_public text NOT NULL,
    ed25519_public text NOT NULL, sealed text NOT NULL, created_at {int} NOT NULL, replaced_at {int}
);
CREATE UNIQUE INDEX keyrings_standing ON keyrings ((coalesce(account_id, 0))) WHERE replaced_at IS NULL;
CREATE INDEX keyrings_replaced ON keyrings ((coalesce(account_id, 0)), replaced_at) WHERE replaced_at IS NOT NULL;
"""
# People and posts of other servers: what the tables above do not say of them, and what comes before its time.
FAR = """
CREATE TABLE hosts (
    domain text PRIMARY KEY, first_seen_at {int} NOT NULL, last_success_at {int}, last_failure_at {int},
    failing_since {int}, failure_count {int} NOT NULL DEFAULT 0, next_try_at {int} NOT NULL DEFAULT 0,
    missed_since {int}, claimed_until {int}, claimed_by text NOT NULL DEFAULT '', last_error text NOT NULL DEFAULT ''
);
CREATE INDEX hosts_quiet ON hosts (domain) WHERE missed_since IS NOT NULL;
CREATE TABLE far_accounts (
    account_id {id} REFERENCES accounts (id) ON DELETE CASCADE, host text NOT NULL, inbox_url text NOT NULL,
    shared_inbox_url text NOT NULL, outbox_url text NOT NULL, followers_uri text NOT NULL, following_uri text NOT NULL,
    featured_uri text NOT NULL, avatar_url text NOT NULL, header_url text NOT NULL, also_known_as text NOT NULL,
    moved_to_uri text NOT NULL, moved_at {int}, suspended_at {int}, gone_at {int}, refreshed_at {int} NOT NULL
);
CREATE INDEX far_accounts_host ON far_accounts (host, account_id);
CREATE INDEX far_accounts_followers ON far_accounts (followers_uri);
CREATE TABLE far_follows (
    follower_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    followed_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, uri text NOT NULL,
    PRIMARY KEY (follower_id, followed_id)
);
CREATE INDEX far_follows_followed ON far_follows (followed_id);
CREATE TABLE far_links (
    post_id {int} NOT NULL REFERENCES posts (id) ON DELETE CASCADE, kind text NOT NULL, uri text NOT NULL,
    PRIMARY KEY (post_id, kind)
);
CREATE INDEX far_links_uri ON far_links (uri, kind);
CREATE TABLE far_emoji (
    domain text NOT NULL, shortcode text NOT NULL, url text NOT NULL, uri text NOT NULL, updated_at {int} NOT NULL,
    PRIMARY KEY (domain, shortcode)
);
CREATE TABLE far_deletions (
    uri text NOT NULL, by_uri text NOT NULL, deleted_at {int} NOT NULL, PRIMARY KEY (uri, by_uri)
);
CREATE INDEX far_deletions_age ON far_deletions (deleted_at);
CREATE TABLE waiting_acts (
    post_uri text NOT NULL, kind text NOT NULL, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    uri text NOT NULL, audience {int} NOT NULL, happened_at {int} NOT NULL, kept_at {int} NOT NULL,
    PRIMARY KEY (post_uri, kind, account_id)
);
CREATE INDEX waiting_acts_account ON waiting_acts (account_id, kept_at);
CREATE INDEX waiting_acts_age ON waiting_acts (kept_at);
CREATE TABLE undone_acts (
    uri text NOT NULL, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, undone_at {int} NOT NULL,
    PRIMARY KEY (uri, account_id)
);
CREATE INDEX undone_acts_account ON undone_acts (account_id, undone_at);
CREATE INDEX undone_acts_age ON undone_acts (undone_at);
CREATE TABLE far_reports (
    uri text PRIMARY KEY, report_id {int} NOT NULL REFERENCES reports (id) ON DELETE CASCADE
);
CREATE INDEX tombstones_uri ON tombstones (uri) WHERE uri IS NOT NULL;
"""
# Relays that the owner named (FEP-ae0c). follow_uri: what we asked each with.
RELAYS = """
CREATE TABLE relays (
    id {id}, address text NOT NULL UNIQUE, style text NOT NULL, state text NOT NULL, inbox_url text NOT NULL,
    account_uri text NOT NULL, follow_uri text NOT NULL UNIQUE, added_at {int} NOT NULL
);
CREATE INDEX relays_account ON relays (account_uri);
"""

# What other servers delivered and is not done yet, as they signed it; and by hashes, what came lately.
ARRIVALS = """
CREATE TABLE arrivals (
    id {id}, received_at {int} NOT NULL, host text NOT NULL, by_uri text NOT NULL, key_id text NOT NULL,
    uri text NOT NULL, doing text NOT NULL, is_addressed {int} NOT NULL, size_bytes {int} NOT NULL,
    state text NOT NULL DEFAULT 'waiting', attempt_count {int} NOT NULL DEFAULT 0, run_at {int} NOT NULL,
    claimed_by text, error text, body {blob} NOT NULL
);
CREATE INDEX arrivals_due ON arrivals (host, run_at, id, size_bytes) WHERE state = 'waiting';
CREATE INDEX arrivals_set_aside ON arrivals (id DESC) WHERE state = 'set_aside';
CREATE INDEX arrivals_aside_host ON arrivals (host, id DESC, size_bytes) WHERE state = 'set_aside';
CREATE INDEX arrivals_sender ON arrivals (by_uri);
CREATE TABLE arrival_ids (digest text PRIMARY KEY, received_at {int} NOT NULL);
CREATE INDEX arrival_ids_age ON arrival_ids (received_at);
"""

# Who an account was elsewhere, its moves away, and files of follows and the like that a person brought.
# import_rows.id: the order within the file; line: 0 for what overwriting takes away.
MIGRATION = """
CREATE TABLE account_aliases (
    account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, uri text NOT NULL, id {int} NOT NULL,
    PRIMARY KEY (account_id, uri)
);
CREATE TABLE moves (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, target_id {int} NOT NULL,
    moved_at {int} NOT NULL, follower_count {int} NOT NULL, undone_at {int}
);
CREATE INDEX moves_account ON moves (account_id, moved_at);
CREATE TABLE imports (
    id {id}, account_id {int} NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, kind text NOT NULL,
    overwrites {int} NOT NULL, state text NOT NULL, turn {int} NOT NULL DEFAULT 0, created_at {int} NOT NULL,
    ended_at {int}
);
CREATE INDEX imports_account ON imports (account_id, id);
CREATE INDEX imports_age ON imports (created_at);
CREATE TABLE import_rows (
    import_id {int} NOT NULL REFERENCES imports (id) ON DELETE CASCADE, id {int} NOT NULL, line {int} NOT NULL,
    host text NOT NULL, name text NOT NULL, title text NOT NULL, wishes text NOT NULL, state text NOT NULL,
    error text NOT NULL, attempt_count {int} NOT NULL DEFAULT 0, try_at {int} NOT NULL DEFAULT 0, target_id {int},
    PRIMARY KEY (import_id, id)
);
CREATE INDEX import_rows_waiting ON import_rows (import_id, try_at, id) WHERE state = 'waiting';
CREATE INDEX import_rows_states ON import_rows (import_id, state, id);
"""

# Going to other servers for more than they sent (storage/far_visits.py).
VISITS = """
CREATE TABLE far_visits (
    kind text NOT NULL, subject_id {int} NOT NULL, planned_at {int} NOT NULL, done_at {int},
    found_count {int} NOT NULL DEFAULT 0, PRIMARY KEY (kind, subject_id)
);
CREATE INDEX far_visits_age ON far_visits (planned_at);
"""

# What is on its way to other servers. A parcel is one activity, a stop one inbox that waits for it; they name accounts
# without a reference, because a Delete is sent after all else of its author is gone.
PARCELS = """
CREATE TABLE parcels (
    id {id}, uri text NOT NULL UNIQUE, signer_id {int}, signer_uri text NOT NULL, body {blob} NOT NULL,
    is_deletion {int} NOT NULL, created_at {int} NOT NULL
);
CREATE TABLE parcel_stops (
    host text NOT NULL, parcel_id {int} NOT NULL, inbox_url text NOT NULL, is_deletion {int} NOT NULL,
    PRIMARY KEY (host, parcel_id, inbox_url)
);
CREATE INDEX parcel_stops_parcel ON parcel_stops (parcel_id);
CREATE TABLE last_told (
    kind text NOT NULL, id {int} NOT NULL, digest text NOT NULL, told_at {int} NOT NULL, again_at {int} NOT NULL,
    PRIMARY KEY (kind, id)
);
"""

FAR_FILES = """
CREATE TABLE far_files (
    token text PRIMARY KEY, kind text NOT NULL, domain text NOT NULL, url text NOT NULL,
    media_id {int} UNIQUE REFERENCES media (id) ON DELETE SET NULL,
    account_id {int} REFERENCES accounts (id) ON DELETE SET NULL, shortcode text, blob_key text, small_key text,
    size_bytes {int} NOT NULL DEFAULT 0, wanted_at {int} NOT NULL DEFAULT 0, kept_until {int} NOT NULL DEFAULT 0,
    failure_count {int} NOT NULL DEFAULT 0, due_at {int} NOT NULL DEFAULT 0, is_refused {int} NOT NULL DEFAULT 0,
    UNIQUE (account_id, kind), UNIQUE (domain, shortcode)
);
CREATE INDEX far_files_kept ON far_files (kept_until, token) WHERE blob_key IS NOT NULL;
CREATE INDEX far_files_of_domain ON far_files (domain, token) WHERE blob_key IS NOT NULL;
CREATE INDEX far_files_of_nobody ON far_files (token)
    WHERE media_id IS NULL AND account_id IS NULL AND shortcode IS NULL;
CREATE TABLE far_file_totals (
    kind text PRIMARY KEY, file_count {int} NOT NULL, size_bytes {int} NOT NULL
);
"""

PARTS = (
    PEOPLE,
    POSTS,
    RELATIONS,
    MACHINERY,
    CARDS,
    SCHEDULED,
    CONVERSATIONS,
    ANNOUNCEMENTS,
    OUTREACH,
    SIGN_IN,
    MEDIA_WORK,
    MODERATION,
    TRENDS,
    COLLECTIONS,
    KEYRINGS,
    FAR,
    ARRIVALS,
    VISITS,
    PARCELS,
    FAR_FILES,
    MIGRATION,
    RELAYS,
)
STEP = Step(
    number=1,
    why="a new nest needs its tables",
    phase="before",
    lock="creates tables in an empty database; nothing waits",
    undo="delete the data folder, or drop the database",
    oldest_compatible=1,
    statements=split_statements("".join(PARTS)),
    sqlite=split_statements(SQLITE_SEARCH),
    postgres=split_statements(POSTGRES_SEARCH),
)
