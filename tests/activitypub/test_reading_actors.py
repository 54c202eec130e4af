"""People, groups and bots of other servers, as they are met here."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.activitypub import corpus
from tests.activitypub.values import JSON

from rookery.activitypub.documents import parse_document
from rookery.activitypub.origin import ForeignObject
from rookery.activitypub.reading_actors import claimed_handle, read_actor
from rookery.model.incoming import MAX_ALIAS_COUNT, MAX_FIELD_COUNT, IncomingAccount, IncomingRefused
from rookery.model.markup import render_html

HERE = "https://here.example"
NOW_US = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp()) * 1_000_000
BO = corpus.MASTODON_ACTOR


def read(document, **more) -> IncomingAccount:
    return read_actor(parse_document(msgspec.json.encode(document)), base_url=HERE, now_us=NOW_US, **more)


def test_a_person_of_mastodon_keeps_everything():
    account = read(BO)
    assert (account.uri, account.username, account.domain) == ("https://masto.example/users/bo", "bo", "masto.example")
    assert (account.display_name, account.bio, account.url) == (
        "Bo :blobcat:",
        "I like #soup",
        "https://masto.example/@bo",
    )
    assert (account.is_locked, account.is_discoverable, account.is_indexable, account.is_bot) == (
        True,
        True,
        False,
        False,
    )
    assert [(one.name, one.value) for one in account.fields] == [("Web", "https://bo.example/")]
    assert (account.avatar.url, account.avatar.alt) == ("https://files.masto.example/a.png", "Bo")
    assert account.header.url == "https://files.masto.example/h.png"
    assert [one.shortcode for one in account.emoji] == ["blobcat"]
    assert (account.inbox_url, account.shared_inbox_url) == (
        "https://masto.example/users/bo/inbox",
        "https://masto.example/inbox",
    )
    assert (account.followers_uri, account.moved_to_uri) == (f"{BO['id']}/followers", "https://new.example/users/bo")
    assert account.also_known_as == ("https://old.example/users/bo",)
    assert claimed_handle(BO) == "bo@masto.example"


def test_groups_and_bots_are_told_apart():
    assert (read(corpus.LEMMY_GROUP).is_group, read(corpus.LEMMY_GROUP).bio) == (True, "All birds")
    bot = read(corpus.MISSKEY_BOT)
    assert (bot.is_bot, bot.display_name, bot.avatar, bot.username) == (True, "", None, "Jo")


def test_a_handle_of_another_domain_needs_a_proof():
    claims = {**BO, "webfinger": "bo@grand.example"}
    assert read(claims).domain == "masto.example"
    assert read(claims, domain="grand.example").domain == "grand.example"
    assert claimed_handle({"webfinger": "bo@no host"}) == ""


@pytest.mark.parametrize(
    "parts",
    [
        {"type": "Note"},
        {"type": None},
        {"id": None},
        {"preferredUsername": None},
        {"preferredUsername": "a b"},
        {"preferredUsername": "a@b"},
        {"preferredUsername": "../x"},
        {"inbox": None},
        {"inbox": "file:///etc/passwd"},
        {"inbox": ["x", 5]},
        {"inbox": "https://victim.example/inbox"},
        {"inbox": "http://masto.example/inbox"},
    ],
)
def test_what_cannot_be_an_account_is_refused_with_a_sentence(parts):
    with pytest.raises(IncomingRefused) as refused:
        read({**BO, **parts})
    assert str(refused.value)


def test_nobody_describes_an_account_of_ours():
    with pytest.raises(ForeignObject):
        read({**BO, "id": "https://here.example/@ana", "inbox": "https://here.example/@ana/inbox"})


def test_collections_on_other_servers_are_left_out():
    elsewhere = "https://victim.example/x"
    names = ("outbox", "followers", "following", "featured")
    account = read({**BO, **dict.fromkeys(names, elsewhere), "endpoints": {"sharedInbox": elsewhere}})
    found = (account.outbox_url, account.followers_uri, account.following_uri, account.featured_uri)
    assert (*found, account.shared_inbox_url) == ("",) * 5


def test_lists_of_a_stranger_have_an_end():
    fields = [{"type": "PropertyValue", "name": "n" * 9000, "value": "<p>v</p>" * 4000} for _ in range(100)]
    account = read(
        {
            **BO,
            "attachment": fields[:20],
            "alsoKnownAs": [f"https://a.example/{number}" for number in range(900)],
            "name": "x" * 9000,
            "summary": "y" * 90_000,
        }
    )
    assert (len(account.also_known_as), len(account.display_name), len(account.bio)) == (MAX_ALIAS_COUNT, 2048, 20_000)
    assert all(len(one.name) == 2048 and len(one.value) <= 2048 for one in account.fields)
    many = read({**BO, "attachment": [{"type": "PropertyValue", "name": "n", "value": "v"}] * 100})
    assert len(many.fields) == MAX_FIELD_COUNT


@pytest.mark.parametrize(
    "value",
    [
        '<a href="https://evil.example/x"><span class="invisible">https://evil.example/</span>good.example</a>',
        '<a href="https://evil.example/x">https://good.example<span class="ellipsis"></span></a>',
        '<a href="https://evil.example/x">good.example\u202e</a>',
        '<a href="https://evil.example/x">trust me</a>',
    ],
)
def test_a_link_in_a_profile_shows_its_true_host(value):
    (one,) = read({**BO, "attachment": [{"type": "PropertyValue", "name": "Web", "value": value}]}).fields
    shown = render_html(one.value, one.facets, HERE)
    assert "evil.example/x" in shown
    assert "good.example" not in shown


@pytest.mark.parametrize("name", corpus.EVERY_ACTOR)
@given(st.data())
def test_an_actor_with_any_value_in_any_place_is_read_or_refused(name, data):
    document = dict(corpus.EVERY_ACTOR[name])
    for field in data.draw(st.lists(st.sampled_from(sorted(document)), max_size=4)):
        document[field] = data.draw(JSON)
    try:
        account = read(document)
    except IncomingRefused:
        return
    assert account.inbox_url.startswith("https://")
    assert account.username
