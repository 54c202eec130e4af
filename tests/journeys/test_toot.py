"""toot, a client for terminals that we did not write, from signing in to reading a thread."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from tests.journeys.server import PASSWORD, RunningServer
from tests.media.drawn_recordings import film, wav


class Toot:
    """The program with a settings folder of its own, so with a person of its own."""

    def __init__(self, server: RunningServer, name: str, home: Path) -> None:
        self.environment = {**os.environ, "XDG_CONFIG_HOME": str(home), "HOME": str(home)}
        server.person(name)
        self("login_cli", "--instance", server.url, "--email", f"{name}@mail.test", answer=f"{PASSWORD}\n")

    def __call__(self, *words: str, answer: str = "") -> str:
        if words[0] == "timelines":
            words = (*words, "--no-pager")
        done = subprocess.run(
            [str(Path(sys.executable).parent / "toot"), "--no-color", *words],
            capture_output=True,
            text=True,
            input=answer,
            env=self.environment,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def json(self, *words: str) -> object:
        return json.loads(self(*words, "--json"))


@pytest.fixture(scope="module")
def ana(server, bea, tmp_path_factory) -> Toot:
    return Toot(server, "ana", tmp_path_factory.mktemp("ana"))


@pytest.fixture(scope="module")
def bea(server, tmp_path_factory) -> Toot:
    return Toot(server, "bea", tmp_path_factory.mktemp("bea"))


def test_toot_knows_who_it_is_and_where(ana):
    assert "@ana" in ana("whoami")
    assert "Rookery" in ana("instance")


def test_toot_posts_a_picture_and_another_reads_it(ana, bea, tmp_path):
    Image.new("RGB", (64, 64), "teal").save(tmp_path / "teal.png")
    bea("follow", "ana")
    post = ana.json("post", "look #teal", "--media", str(tmp_path / "teal.png"), "--description", "a teal square")
    assert post["media_attachments"][0]["description"] == "a teal square"
    assert "look #teal" in bea("timelines", "home")
    assert "look #teal" in bea("timelines", "tag", "teal")
    assert "look #teal" in ana("timelines", "public", "--local")


def test_toot_threads_marks_and_deletes(ana, bea):
    first = ana.json("post", "the first")
    bea("post", "the answer", "--reply-to", first["id"])
    thread = bea("thread", first["id"])
    assert thread.index("the first") < thread.index("the answer")
    bea("favourite", first["id"])
    bea("reblog", first["id"])
    assert "bea" in ana("reblogged-by", first["id"])
    bea("bookmark", first["id"])
    assert "the first" in bea("bookmarks")
    ana("delete", first["id"])
    assert "the first" not in bea("timelines", "home")


def test_toot_asks_and_votes(ana, bea):
    post = ana.json("post", "which?", "--poll-option", "one", "--poll-option", "two")
    assert [option["title"] for option in post["poll"]["options"]] == ["one", "two"]
    assert "which?" in bea("status", post["id"])


def test_toot_finds_people_and_hears_of_a_mention(ana, bea):
    assert "@bea" in ana("search", "bea")
    bea("post", "hello @ana, are you there")
    assert "are you there" in ana("notifications")


def test_toot_keeps_lists_and_tags(ana):
    ana("follow", "bea")
    ana("lists", "create", "friends")
    ana("lists", "add", "friends", "bea")
    assert "bea" in ana("lists", "accounts", "friends")
    ana("tags", "follow", "birds")
    assert "birds" in ana("tags", "followed")


def test_toot_posts_a_video_and_a_sound(ana, tmp_path):
    for name, content, kind in (("film.mp4", film(count=10), "video"), ("hum.wav", wav(0.5), "audio")):
        (tmp_path / name).write_bytes(content)
        said = ana("post", f"this is {name}", "--media", str(tmp_path / name), "--description", "moving", "--json")
        post = json.loads(said[said.index("{") :])  # before it, toot says that it waits
        assert [one["type"] for one in post["media_attachments"]] == [kind]
        assert post["media_attachments"][0]["url"]


def test_toot_keeps_people_away_and_lets_them_back(ana, bea):
    for keep, listed, let in (("mute", "muted", "unmute"), ("block", "blocked", "unblock")):
        ana(keep, "bea")
        assert "bea" in ana(listed)
        ana(let, "bea")
        assert "bea" not in ana(listed)
    bea("follow", "ana")
    assert "bea" in ana("followers", "ana")
    assert "ana" in bea("following", "bea")
    bea("unfollow", "ana")
    assert "bea" not in ana("followers", "ana")


def test_toot_asks_who_is_locked_and_answers(ana, bea):
    ana("update-account", "--locked", "--display-name", "Ana of the elms", "--note", "I count rooks.")
    assert "Ana of the elms" in bea("whois", "ana")
    bea("follow", "ana")
    assert "bea" in ana("follow-requests", "list")
    ana("follow-requests", "accept", "bea")
    assert "bea" in ana("followers", "ana")
    ana("update-account", "--no-locked")


def test_toot_votes_and_reads_the_count(ana, bea):
    poll = ana.json("post", "again: which?", "--poll-option", "one", "--poll-option", "two")["poll"]["id"]
    bea("polls", "vote", poll, "1")
    assert [one["votes_count"] for one in bea.json("polls", "show", poll)["options"]] == [0, 1]


def test_toot_shows_tags_and_what_was_liked(ana, bea):
    post = ana.json("post", "a #jackdaw on the roof")
    assert "jackdaw" in bea("timelines", "tag", "jackdaw")
    assert bea.json("tags", "info", "jackdaw")["name"] == "jackdaw"
    ana("tags", "feature", "jackdaw")
    assert "jackdaw" in ana("tags", "featured")
    ana("tags", "unfeature", "jackdaw")
    bea("tags", "follow", "jackdaw")
    bea("tags", "unfollow", "jackdaw")
    assert "jackdaw" not in bea("tags", "followed")
    bea("favourite", post["id"])
    assert "on the roof" in bea("timelines", "favourites")
    bea("unfavourite", post["id"])
    assert "on the roof" not in bea("timelines", "favourites")
    ana("pin", post["id"])
    ana("unpin", post["id"])
    assert "on the roof" in bea("timelines", "account", "ana")


def test_toot_writes_for_later_and_reads_a_list(ana, bea):
    waiting = ana.json("post", "in an hour", "--scheduled-in", "1 hour")
    assert waiting["scheduled_at"]
    bea("lists", "create", "elms")
    bea("follow", "ana")
    bea("lists", "add", "elms", "ana")
    ana("post", "for the list of elms")
    assert "for the list of elms" in bea("timelines", "list", "elms")
    bea("lists", "remove", "elms", "ana")
    bea("lists", "delete", "elms")
    assert "elms" not in bea("lists", "list")
