"""What other servers do to what, and what of it they may say."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.activitypub import corpus
from tests.activitypub.values import JSON

from rookery.activitypub.documents import parse_document
from rookery.activitypub.origin import ForeignObject
from rookery.activitypub.reading_activities import Activity, Doing, read_activity
from rookery.model.incoming import IncomingRefused, NotTheirs
from rookery.model.posts import Audience

HERE = "https://here.example"
NOW_US = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp()) * 1_000_000
BO, CY, ANA = "https://masto.example/users/bo", "https://masto.example/users/cy", "https://here.example/@ana"
POST = f"{ANA}/3mabcdefghijk"


def read(document) -> Activity:
    return read_activity(parse_document(msgspec.json.encode(document)), base_url=HERE, now_us=NOW_US)


def doing(kind: str, thing, **parts):
    return {"id": f"{BO}#x", "type": kind, "actor": BO, "object": thing, **parts}


FOLLOW = {"id": f"{ANA}#follows/1", "type": "Follow", "actor": ANA, "object": BO}


def test_a_create_brings_its_post_and_an_update_its_account():
    created = read(doing("Create", corpus.MASTODON))
    assert (created.doing, created.post.uri) == (Doing.CREATE, corpus.MASTODON["id"])
    assert read(doing("Update", corpus.MASTODON_ACTOR)).account.username == "bo"


def test_what_came_only_as_an_id_is_named_for_fetching():
    activity = read(doing("Create", corpus.MASTODON["id"]))
    assert (activity.object_uri, activity.post) == (corpus.MASTODON["id"], None)


def test_a_post_of_another_server_that_came_along_is_not_believed():
    foreign = {**corpus.MASTODON, "id": "https://else.example/1", "attributedTo": "https://else.example/x"}
    activity = read(doing("Create", foreign))
    assert (activity.object_uri, activity.object_type, activity.post) == ("https://else.example/1", "", None)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_nobody_writes_for_a_neighbour_or_for_us(kind):
    with pytest.raises(NotTheirs):
        read(doing(kind, {**corpus.MASTODON, "attributedTo": CY}))
    with pytest.raises(NotTheirs):
        read(doing(kind, {**corpus.MASTODON_ACTOR, "id": CY}))
    with pytest.raises(NotTheirs):
        read(doing(kind, {**corpus.MASTODON, "id": POST, "attributedTo": ANA}))


def test_an_id_of_another_server_keeps_nothing_of_that_server_out():
    for uri in ("https://else.example/activity/1", f"{ANA}#likes/1", "", 5, {"id": None}):
        with pytest.raises(IncomingRefused):
            read(doing("Like", POST) | {"id": uri})
    assert read({"type": "Like", "actor": BO, "object": POST}).uri == ""


def test_a_repost_names_the_post_and_believes_nothing_that_came_along():
    activity = read(doing("Announce", {**corpus.MASTODON, "id": POST, "content": "forged"}, to=[corpus.PUBLIC]))
    assert (activity.repost.post_uri, activity.repost.audience, activity.post) == (POST, Audience.PUBLIC, None)


def test_a_group_of_lemmy_repeats_the_post_that_its_member_created():
    activity = read(corpus.LEMMY_ANNOUNCE)
    assert activity.repost.post_uri == "https://far.example/post/7"
    assert (activity.inner.doing, activity.inner.actor_uri) == (Doing.CREATE, "https://far.example/u/eli")
    liked = {**corpus.LEMMY_ANNOUNCE, "object": {"type": "Like", "actor": BO, "object": POST, "id": f"{BO}#1"}}
    assert (read(liked).repost, read(liked).inner.doing) == (None, Doing.LIKE)


def test_an_answer_names_the_follow_by_its_parts_or_by_its_id():
    assert read(doing("Accept", FOLLOW)).inner.actor_uri == ANA
    assert read(doing("Reject", FOLLOW["id"])).object_uri == FOLLOW["id"]
    assert read(doing("Accept", {name: value for name, value in FOLLOW.items() if name != "id"})).inner.object_uri == BO


def test_nobody_answers_takes_back_moves_deletes_or_pins_for_somebody_else():
    for wrong in (
        doing("Accept", {**FOLLOW, "object": CY}),
        doing("Undo", {"type": "Like", "id": f"{CY}#1", "actor": CY, "object": POST}),
        doing("Move", CY, target=BO),
    ):
        with pytest.raises(NotTheirs):
            read(wrong)
    for wrong in (
        doing("Delete", POST),
        doing("Undo", "https://else.example/1"),
        doing("Add", POST, target=f"{ANA}/featured"),
        doing("Remove", POST, target="https://else.example/featured"),
    ):
        with pytest.raises(ForeignObject):
            read(wrong)


def test_reactions_with_an_emoji_are_told_from_likes():
    assert read(doing("EmojiReact", POST, content="🐦")).reaction == "🐦"
    assert read(doing("Like", POST, _misskey_reaction=":rook:")).reaction == ":rook:"
    assert read(doing("Like", POST)).reaction == ""


def test_a_vote_is_of_the_one_who_sends_it():
    vote = {"type": "Note", "id": f"{BO}#v", "name": "yes", "attributedTo": BO, "inReplyTo": POST, "to": [ANA]}
    assert read(doing("Create", vote)).vote.choice == "yes"
    with pytest.raises(NotTheirs):
        read(doing("Create", {**vote, "attributedTo": CY}))


def test_a_report_is_about_somebody_here():
    report = read(doing("Flag", [ANA, POST, "https://else.example/1"], content="<b>spam</b>" + "x" * 9000)).report
    assert (report.target_uri, report.post_uris, report.by_uri) == (ANA, (POST,), BO)
    assert (report.comment[:4], len(report.comment)) == ("spam", 5000)
    assert read(doing("Flag", POST)).report.target_uri == ANA
    with pytest.raises(IncomingRefused):
        read(doing("Flag", "https://else.example/1"))


def test_a_request_to_quote_names_both_posts():
    request = {
        "type": "QuoteRequest",
        "id": f"{BO}#q",
        "actor": BO,
        "object": POST,
        "instrument": corpus.MASTODON["id"],
    }
    assert (read(request).object_uri, read(request).instrument_uri) == (POST, corpus.MASTODON["id"])
    asked = {**request, "actor": ANA, "object": corpus.MASTODON["id"], "instrument": POST}
    accepted = read(doing("Accept", asked, result=f"{BO}/stamps/1"))
    assert (accepted.inner.doing, accepted.result_uri) == (Doing.ASK_QUOTE, f"{BO}/stamps/1")


@pytest.mark.parametrize(
    "parts", [{"type": "Dance"}, {"type": None}, {"actor": None}, {"actor": ANA}, {"object": None}]
)
def test_what_means_nothing_here_is_refused_with_a_sentence(parts):
    with pytest.raises(IncomingRefused) as refused:
        read(doing("Like", POST) | parts)
    assert str(refused.value)


EVERY = [doing(one.value, corpus.MASTODON) for one in Doing] + [
    corpus.LEMMY_ANNOUNCE,
    doing("Undo", doing("Like", POST)),
]


@given(st.sampled_from(EVERY), st.data())
def test_an_activity_with_any_value_in_any_place_is_read_or_refused(document, data):
    changed = dict(document)
    for field in data.draw(st.lists(st.sampled_from([*document, "target", "to", "content", "published"]), max_size=3)):
        changed[field] = data.draw(JSON)
    try:
        activity = read(changed)
    except (IncomingRefused, NotTheirs) as refused:
        assert str(refused)
        return
    assert activity.actor_uri.startswith("https://")
