"""An invented world is believable and its counts are true."""

import pytest

from rookery.actions.app import App
from rookery.actions.media import MediaRoom
from rookery.media.box import MediaBox
from rookery.media.pictures import PictureLimits
from rookery.model.ids import IdClock, now_us
from rookery.model.settings import Settings
from rookery.ops.progress import Progress
from rookery.ops.seed.world import Plan, seed_world
from rookery.storage.blobs import DiskBlobs, parse_blob_key

COUNTS = {
    "replies": """
        SELECT count(*) FROM posts p WHERE reply_count <> (SELECT count(*) FROM posts r WHERE r.reply_to_id = p.id)
    """,
    "reposts": """
        SELECT count(*) FROM posts p WHERE repost_count <> (SELECT count(*) FROM posts r WHERE r.repost_of_id = p.id)
    """,
    "likes": """
        SELECT count(*) FROM posts p
        WHERE like_count <> (SELECT count(*) FROM marks m WHERE m.post_id = p.id AND m.kind = 1)
    """,
    "posts": """
        SELECT count(*) FROM accounts a WHERE post_count <> (SELECT count(*) FROM posts p WHERE p.author_id = a.id)
    """,
    "followers": """
        SELECT count(*) FROM accounts a
        WHERE follower_count <> (SELECT count(*) FROM follows f WHERE f.followed_id = a.id)
    """,
    "following": """
        SELECT count(*) FROM accounts a
        WHERE following_count <> (SELECT count(*) FROM follows f WHERE f.follower_id = a.id)
    """,
    "last posts": """
        SELECT count(*) FROM accounts a
        WHERE last_post_at <> (SELECT max(published_at) FROM posts p WHERE p.author_id = a.id)
    """,
    "threads": """
        SELECT count(*) FROM posts p JOIN posts q ON q.id = p.reply_to_id
        WHERE p.thread_id <> q.thread_id OR p.id <= q.id OR p.audience < q.audience
    """,
    "media flags": """
        SELECT count(*) FROM posts p
        WHERE has_media <> CASE WHEN EXISTS (SELECT 1 FROM media m WHERE m.post_id = p.id) THEN 1 ELSE 0 END
    """,
    "repost marks": """
        SELECT count(*) FROM posts p WHERE repost_of_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM marks m
            WHERE m.id = p.id AND m.account_id = p.author_id AND m.post_id = p.repost_of_id AND m.kind = 16)
    """,
    "reposts of what is not public": """
        SELECT count(*) FROM posts p JOIN posts q ON q.id = p.repost_of_id WHERE q.audience > 1
    """,
    "notices of one's own deeds": "SELECT count(*) FROM notifications WHERE account_id = from_id",
    "notices of others' posts": """
        SELECT count(*) FROM notifications n JOIN posts p ON p.id = n.post_id
        WHERE n.kind <> 'mention' AND p.author_id <> n.account_id
    """,
    "follows of oneself": "SELECT count(*) FROM follows WHERE follower_id = followed_id",
    "posts of the future": "SELECT count(*) FROM posts WHERE published_at > :now OR id > :newest",
}
TEXTS = "SELECT text FROM posts ORDER BY id"


async def seeded(db, tmp_path, **plan):
    app = App(db, Settings(), IdClock())
    async with MediaBox(PictureLimits()) as box:
        room = MediaRoom(box, DiskBlobs(tmp_path / "media"), tmp_path)
        return await seed_world(app, room, Plan(**plan), "no hash", Progress(is_quiet=True)), room


async def test_counts_agree_with_the_rows(db, tmp_path):
    await seeded(db, tmp_path, people=40, posts=2600, has_pictures=False)
    now = now_us()
    for what, sql in COUNTS.items():
        bound = {"now": now, "newest": (now + 1) << 10} if ":now" in sql else {}
        assert (await db.reader.one(sql, **bound))[0] == 0, what


async def test_the_best_known_is_followed_by_everybody_and_few_by_many(db, tmp_path):
    report, _ = await seeded(db, tmp_path, people=120, posts=0, has_pictures=False)
    rows = await db.reader.all("SELECT follower_count FROM accounts ORDER BY follower_count DESC")
    counts = [row[0] for row in rows]
    assert counts[0] == 119
    assert report.guest.id != report.star.id
    assert sum(counts[:12]) > sum(counts) / 4
    assert counts[-1] > 0


async def test_a_world_has_everything_that_people_do(db, tmp_path):
    await seeded(db, tmp_path, people=40, posts=1500, has_pictures=False)
    for table in ("mentions", "post_tags", "tags", "polls", "votes", "marks", "notifications"):
        assert (await db.reader.one(f"SELECT count(*) FROM {table}"))[0] > 0, table
    audiences = await db.reader.all("SELECT audience FROM posts GROUP BY audience ORDER BY audience")
    assert [row[0] for row in audiences] == [0, 1, 2, 3]
    warned = await db.reader.one("SELECT count(*) FROM posts WHERE content_warning <> ''")
    languages = await db.reader.all("SELECT language FROM posts GROUP BY language ORDER BY language")
    assert warned[0] > 0
    assert [row[0] for row in languages] == ["en", "fr"]


async def test_pictures_passed_the_media_box_and_lie_on_the_disk(db, tmp_path):
    _, room = await seeded(db, tmp_path, people=5, posts=150)
    assert (await db.reader.one(COUNTS["media flags"]))[0] == 0
    rows = await db.reader.all("SELECT blob_key, preview_key, blurhash, description FROM media")
    assert rows
    for blob_key, preview_key, blurhash, description in rows:
        assert room.blobs.path_of(parse_blob_key(blob_key)).is_file()
        assert room.blobs.path_of(parse_blob_key(preview_key)).is_file()
        assert len(blurhash) == 28
        assert description
    [avatar] = await db.reader.one("SELECT avatar_key FROM accounts LIMIT 1")
    assert room.blobs.path_of(parse_blob_key(avatar)).is_file()


async def test_the_same_number_makes_the_same_world_and_a_second_one_fits_beside_it(db, tmp_path):
    await seeded(db, tmp_path, people=20, posts=100, has_pictures=False)
    first = [row[0] for row in await db.reader.all(TEXTS)]
    await seeded(db, tmp_path, people=20, posts=100, has_pictures=False)
    both = [row[0] for row in await db.reader.all(TEXTS)]
    assert len(both) == 200
    own_words = {text for text in first if not text.startswith("@")}
    assert own_words == {text for text in both if not text.startswith("@")}
    assert (await db.reader.one("SELECT count(DISTINCT username_key) FROM accounts"))[0] == 40


async def test_readers_of_the_log_hear_of_a_new_world_once(db, tmp_path):
    await seeded(db, tmp_path, people=3, posts=10, has_pictures=False)
    assert (await db.reader.one("SELECT count(*) FROM events"))[0] == 1


@pytest.mark.parametrize(("people", "posts"), [(2, 0), (2, 5), (3, 1)])
async def test_the_smallest_worlds_exist(db, tmp_path, people, posts):
    report, _ = await seeded(db, tmp_path, people=people, posts=posts, has_pictures=False)
    assert (report.people, report.posts) == (people, posts)
