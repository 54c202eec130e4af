"""What people on other servers write, as it is met here."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.activitypub import corpus
from tests.activitypub.values import JSON

from rookery.activitypub.documents import parse_document
from rookery.activitypub.origin import ForeignObject
from rookery.activitypub.reading_notes import find_vote, read_note
from rookery.model.incoming import (
    MAX_ATTACHMENT_COUNT,
    MAX_COUNT,
    MAX_EMOJI_COUNT,
    MAX_POLL_OPTIONS,
    MAX_TAG_COUNT,
    IncomingPost,
    IncomingRefused,
)
from rookery.model.posts import Audience
from rookery.model.quotes import QuotePolicy
from rookery.model.text import FacetKind

HERE = "https://here.example"
NOW_US = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp()) * 1_000_000
NOTE = {
    "id": "https://far.example/1",
    "type": "Note",
    "attributedTo": "https://far.example/bo",
    "content": "<p>hi</p>",
    "to": [corpus.PUBLIC],
}


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000)


def read(document) -> IncomingPost:
    return read_note(parse_document(msgspec.json.encode(document)), base_url=HERE, now_us=NOW_US)


def test_a_note_of_mastodon_keeps_everything():
    post = read(corpus.MASTODON)
    assert (post.uri, post.author_uri) == (
        "https://masto.example/users/bo/statuses/113",
        "https://masto.example/users/bo",
    )
    assert post.text == "@ana@here.example look #Soup :blobcat:"
    assert [one.kind for one in post.facets] == [FacetKind.MENTION, FacetKind.TAG, FacetKind.EMOJI]
    assert post.html is None
    assert (post.content_warning, post.is_sensitive, post.language) == ("food & drink", True, "en")
    assert (post.audience, post.quote_policy) == (Audience.PUBLIC, QuotePolicy.PUBLIC)
    assert (post.published_at_us, post.edited_at_us) == (us("2026-11-01T10:00:00Z"), us("2026-11-01T11:00:00Z"))
    assert post.reply_to_uri == "https://here.example/@ana/3mabcdefghijk"
    assert [(one.uri, one.handle) for one in post.mentions] == [("https://here.example/@ana", "ana@here.example")]
    assert (post.tags, [one.shortcode for one in post.emoji]) == (("Soup",), ["blobcat"])
    assert (post.like_count, post.repost_count) == (7, 2)
    (picture,) = post.attachments
    assert (picture.kind, picture.alt, picture.width, picture.height) == ("image", "A bowl", 1200, 800)
    assert (picture.focus_x, picture.focus_y) == (0.5, -0.25)


def test_a_poll_of_mastodon_keeps_choices_votes_and_its_end():
    poll = read(corpus.MASTODON_POLL).poll
    assert [(one.title, one.vote_count) for one in poll.options] == [("yes", 2), ("no", 1)]
    assert (poll.is_multiple, poll.voter_count, poll.closed_at_us) == (False, 3, None)
    assert poll.expires_at_us == us("2026-11-30T10:00:00Z")
    assert read(corpus.MASTODON_POLL).audience is Audience.FOLLOWERS


def test_a_quote_of_misskey_is_a_quote():
    post = read(corpus.MISSKEY)
    assert post.quote_of_uri == "https://masto.example/users/bo/statuses/113"
    assert (post.audience, post.content_warning) == (Audience.UNLISTED, "")
    assert post.text.startswith("$[tada nice]\nsee")


@pytest.mark.parametrize(
    "parts",
    [
        {"quote": "https://a.example/1"},
        {"quote": {"id": "https://a.example/1", "type": "Note"}},
        {"quoteUri": "https://a.example/1"},
        {"fedibird:quoteUri": "https://a.example/1"},
        {"misskey:_misskey_quote": "https://a.example/1"},
        {"tag": [{"type": "Link", "mediaType": "application/activity+json", "href": "https://a.example/1"}]},
        {"tag": {"type": "Link", "rel": "https://misskey-hub.net/ns#_misskey_quote", "href": "https://a.example/1"}},
    ],
)
def test_a_quote_is_found_in_every_dialect(parts):
    assert read({**NOTE, **parts}).quote_of_uri == "https://a.example/1"


def test_a_note_of_akkoma_to_one_person_is_for_the_mentioned():
    post = read(corpus.AKKOMA)
    assert (post.audience, post.quote_policy) == (Audience.MENTIONED, QuotePolicy.NEVER)
    assert post.text == "hi @ana@here.example\nwhee"
    assert (post.attachments[0].url, post.attachments[0].width) == ("https://akk.example/media/c.png", 0)


def test_a_page_of_lemmy_shows_title_text_link_and_picture():
    post = read(corpus.LEMMY)
    assert (
        post.text == "A rook at my window\n\nIt knocks.\n\nhttps://news.example/rooks\n\nhttps://lemmy.example/post/42"
    )
    assert "<em>knocks</em>" in post.html
    assert (post.language, post.tags, post.audience) == ("en", ("birds",), Audience.PUBLIC)
    assert [one.url for one in post.attachments] == ["https://lemmy.example/pictrs/r.webp"]


def test_a_video_of_peertube_is_by_its_person_and_can_be_played():
    post = read(corpus.PEERTUBE)
    assert (post.author_uri, post.url) == ("https://tube.example/accounts/fay", "https://tube.example/w/u1")
    assert post.text == "Feeding rooks\n\nThey like **nuts** & seeds\n\nhttps://tube.example/w/u1"
    (video,) = post.attachments
    assert (video.kind, video.url, video.length_ms) == ("video", "https://tube.example/u1-720.mp4", 95_000)
    assert (video.preview_url, post.language, post.tags) == ("https://tube.example/t.jpg", "fr", ("rooks",))


def test_single_values_of_gotosocial_are_read_like_lists():
    post = read(corpus.GOTOSOCIAL)
    assert (post.audience, post.tags, post.language) == (Audience.PUBLIC, ("one",), "en")
    assert (post.attachments[0].alt, post.published_at_us) == ("described here", us("2026-11-01T10:00:00Z"))
    assert post.quote_policy is QuotePolicy.NOBODY


def test_twenty_pictures_of_pixelfed_are_cut_to_what_is_kept():
    post = read(corpus.PIXELFED)
    assert (post.text, len(post.attachments)) == ("sea #sea", MAX_ATTACHMENT_COUNT)


def test_an_event_says_when_and_where():
    post = read(corpus.MOBILIZON)
    assert post.text.startswith(
        "Rook watching\n\n2026-12-01 09:00 +01:00 – 2026-12-01 11:00 +01:00\nThe old mill\n\nBring"
    )
    assert [one.alt for one in post.attachments] == ["Banner"]
    assert "https://mill.example/" in post.text


def test_an_article_is_shown_whole_with_its_pictures_and_without_a_warning():
    post = read(corpus.WORDPRESS)
    assert post.text == "Ten rooks\n\nOne\n\nFirst – a rook.\n\nhttps://blog.example/ten-rooks/"
    assert (post.content_warning, post.edited_at_us) == ("", None)
    assert [(one.url, one.alt) for one in post.attachments] == [("https://blog.example/r.png", "Rook")]


@pytest.mark.parametrize(
    ("to", "cc", "audience"),
    [
        (["as:Public"], [], Audience.PUBLIC),
        (["Public"], [], Audience.PUBLIC),
        ([], [corpus.PUBLIC], Audience.UNLISTED),
        (["https://far.example/bo/followers"], [], Audience.FOLLOWERS),
        (["https://else.example/bo/followers"], [], Audience.MENTIONED),
        (["https://here.example/@ana"], [], Audience.MENTIONED),
        (None, None, Audience.MENTIONED),
        ([{"id": 5}], 7, Audience.MENTIONED),
    ],
)
def test_who_may_read_is_never_guessed_wider_than_told(to, cc, audience):
    assert read({**NOTE, "to": to, "cc": cc}).audience is audience


def test_people_who_are_addressed_without_being_named_may_read_it():
    post = read({**NOTE, "to": ["https://here.example/@ana", "https://far.example/bo/followers"]})
    assert [(one.uri, one.is_silent) for one in post.mentions] == [("https://here.example/@ana", True)]


@pytest.mark.parametrize(
    "parts",
    [
        {"attributedTo": "https://else.example/bo"},
        {"attributedTo": "http://far.example/bo"},
        {"attributedTo": "https://far.example:8443/bo"},
        {"attributedTo": "https://bo@far.example/bo"},
        {"id": "https://here.example/@ana/1", "attributedTo": "https://here.example/@ana"},
        {"id": "http://here.example:8080/1", "attributedTo": "http://here.example:8080/x"},
    ],
)
def test_nobody_speaks_for_another_server_or_for_ours(parts):
    with pytest.raises(ForeignObject):
        read({**NOTE, **parts})


@pytest.mark.parametrize(
    "parts",
    [{"type": "Wallet"}, {"type": None}, {"type": []}, {"id": None}, {"id": ""}, {"id": 7}, {"attributedTo": None}],
)
def test_what_is_no_post_is_refused_with_a_sentence(parts):
    with pytest.raises(IncomingRefused) as refused:
        read({**NOTE, **parts})
    assert str(refused.value)


def test_nobody_abroad_is_called_like_somebody_here():
    tag = {"type": "Mention", "href": "https://far.example/evil", "name": "@ana@here.example"}
    assert read({**NOTE, "tag": [tag]}).mentions[0].handle == ""


def test_a_far_post_never_claims_a_page_of_ours_or_a_script():
    for url in ("https://here.example/@ana", "javascript:alert(1)", "data:text/html,x", 5, [{"href": "vbscript:x"}]):
        assert read({**NOTE, "url": url}).url == ""


def test_moments_that_have_not_come_become_now():
    post = read({**NOTE, "published": "2999-01-01T00:00:00Z", "updated": "9999-12-31T23:59:59Z"})
    assert (post.published_at_us, post.edited_at_us) == (NOW_US, None)
    for odd in ("yesterday", "-5", "2026-13-45T00:00:00Z", 5, None, "1900-01-01T00:00:00Z"):
        assert read({**NOTE, "published": odd}).published_at_us == 0


def test_every_list_and_number_of_a_stranger_has_an_end():
    many = {
        **NOTE,
        "type": "Question",
        "content": "x" * 150_000,
        "summary": "w" * 50_000,
        "tag": [{"type": "Hashtag", "name": f"#t{number}"} for number in range(450)]
        + [{"type": "Emoji", "name": f":e{n}:", "icon": f"https://h{n}.example/e.png"} for n in range(450)],
        "oneOf": [{"name": f"c{n}" * 130, "replies": {"totalItems": 10**30}} for n in range(900)],
        "votersCount": -5,
        "likes": {"totalItems": 1e300},
        "attachment": [{"type": "Image", "url": f"https://far.example/{n}.png", "width": -3} for n in range(99)],
        "contentMap": {f"l{number}": "x" for number in range(2000)},
    }
    post = read(many)
    assert (len(post.text), len(post.content_warning)) == (100_000, 2048)
    assert (len(post.tags), len(post.emoji), len(post.poll.options)) == (
        MAX_TAG_COUNT,
        MAX_EMOJI_COUNT,
        MAX_POLL_OPTIONS,
    )
    assert (post.poll.options[0].vote_count, post.poll.voter_count, post.like_count) == (MAX_COUNT, 0, MAX_COUNT)
    assert (len(post.attachments), post.attachments[0].width) == (MAX_ATTACHMENT_COUNT, 0)


def test_a_language_map_that_says_something_else_is_not_believed():
    assert read({**NOTE, "contentMap": {"de": "<p>other</p>"}}).language is None
    post = read({**NOTE, "content": None, "contentMap": {"de": "<p>hallo</p>", "en": "<p>hello</p>"}})
    assert (post.text, post.language) == ("hallo", "de")


def test_expanded_spellings_mean_the_same():
    post = read(
        {
            "@id": "https://far.example/1",
            "@type": ["as:Note"],
            "as:attributedTo": {"@id": "https://far.example/bo"},
            "https://www.w3.org/ns/activitystreams#content": {"@value": "<p>hi</p>", "@language": "en"},
            "as:to": {"@id": corpus.PUBLIC},
        }
    )
    assert (post.text, post.author_uri, post.audience) == ("hi", "https://far.example/bo", Audience.PUBLIC)


def test_a_vote_is_a_name_in_reply_and_nothing_else():
    vote = {**NOTE, "content": None, "name": "yes", "inReplyTo": "https://here.example/@ana/1"}
    assert find_vote(vote).choice == "yes"
    assert find_vote({**vote, "content": "<p>yes</p>"}) is None
    assert find_vote({**vote, "inReplyTo": None}) is None


@pytest.mark.parametrize("name", corpus.EVERY_NOTE)
@given(st.data())
def test_a_note_with_any_value_in_any_place_is_read_or_refused(name, data):
    document = dict(corpus.EVERY_NOTE[name])
    for field in data.draw(st.lists(st.sampled_from(sorted(document)), max_size=4)):
        document[field] = data.draw(JSON)
    try:
        post = read(document)
    except IncomingRefused:
        return
    assert post.uri.startswith("https://")
    assert 0 <= post.published_at_us <= NOW_US
    assert all(one.url.startswith("http") for one in post.attachments)


@given(JSON)
def test_any_value_is_read_or_refused(value):
    for document in ({"type": "Note", "id": value}, {**NOTE, "tag": value, "attachment": value, "quote": value}):
        try:
            read(document)
        except IncomingRefused as refused:
            assert str(refused)
