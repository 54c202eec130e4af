"""Who may read a post: one SQL predicate, used by every read surface (K5).

Owns: the predicate and its two companions. A query names its post `p`, binds `:viewer` (0 for nobody) and puts VISIBLE
into its WHERE; a test fails when a query reads posts for a viewer without it.

VISIBLE: audience, mentions, follows; authors who block the viewer or are suspended are not there at all; a repost is
only as visible as what it repeats. WANTED: what the viewer asked not to meet in lists: people they block or mute and
domains they block; not used for a post opened by its address.

Each test of a relation begins with one that does not depend on the row ("does anybody block this viewer at all?"),
which both engines answer once per query: most viewers have none, and their pages then cost half.
"""

from __future__ import annotations

AUDIENCE_ALLOWS = """
    (p.audience <= 1 OR p.author_id = :viewer
        OR (p.audience = 2 AND EXISTS (SELECT 1 FROM follows vf WHERE vf.follower_id = :viewer
            AND vf.followed_id = p.author_id AND vf.state = 'active'))
        OR EXISTS (SELECT 1 FROM mentions vm WHERE vm.post_id = p.id AND vm.account_id = :viewer))
"""
AUTHOR_ALLOWS = """
    NOT EXISTS (SELECT 1 FROM accounts vs WHERE vs.id = p.author_id AND vs.suspended_at IS NOT NULL)
    AND (NOT EXISTS (SELECT 1 FROM blocks WHERE other_id = :viewer)
        OR NOT EXISTS (SELECT 1 FROM blocks vb WHERE vb.account_id = p.author_id AND vb.other_id = :viewer))
"""
ORIGINAL_ALLOWS = """
    (p.repost_of_id IS NULL OR EXISTS (
        SELECT 1 FROM posts vo JOIN accounts va ON va.id = vo.author_id
        WHERE vo.id = p.repost_of_id AND va.suspended_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM blocks vc WHERE vc.account_id = vo.author_id AND vc.other_id = :viewer)))
"""
VISIBLE = f"{AUDIENCE_ALLOWS} AND {AUTHOR_ALLOWS} AND {ORIGINAL_ALLOWS}"
# For rows of which the query itself says is_listed = 1: public by definition, and no repost.
LISTED_VISIBLE = AUTHOR_ALLOWS
AUTHOR_WANTED = """
    (NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = :viewer) OR NOT EXISTS (
        SELECT 1 FROM blocks wb WHERE wb.account_id = :viewer AND wb.other_id = p.author_id))
    AND (NOT EXISTS (SELECT 1 FROM mutes WHERE account_id = :viewer) OR NOT EXISTS (
        SELECT 1 FROM mutes wm WHERE wm.account_id = :viewer AND wm.other_id = p.author_id
        AND (wm.expires_at IS NULL OR wm.expires_at > :now)))
    AND (NOT EXISTS (SELECT 1 FROM blocked_domains WHERE account_id = :viewer) OR NOT EXISTS (
        SELECT 1 FROM blocked_domains wd JOIN accounts wa ON wa.domain = wd.domain
        WHERE wd.account_id = :viewer AND wa.id = p.author_id))
"""
ORIGINAL_WANTED = """
    (p.repost_of_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM posts wo WHERE wo.id = p.repost_of_id AND (
            EXISTS (SELECT 1 FROM blocks wc WHERE wc.account_id = :viewer AND wc.other_id = wo.author_id)
            OR EXISTS (SELECT 1 FROM mutes wn WHERE wn.account_id = :viewer AND wn.other_id = wo.author_id
                AND (wn.expires_at IS NULL OR wn.expires_at > :now)))))
"""
WANTED = f"{AUTHOR_WANTED} AND {ORIGINAL_WANTED}"
