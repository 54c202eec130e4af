"""Our posts and accounts as other servers read them: what goes out comes in again as the same."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.activitypub import activities
from rookery.activitypub.actors import Links, actor_from_account, actor_of_server
from rookery.activitypub.addresses import PUBLIC
from rookery.activitypub.documents import parse_document
from rookery.activitypub.keys import PublicKeys
from rookery.activitypub.notes import Surroundings, note_from_post, note_from_vote
from rookery.activitypub.reading_activities import Doing, read_activity
from rookery.activitypub.reading_actors import claimed_handle, read_actor
from rookery.activitypub.reading_notes import find_vote, read_note
from rookery.activitypub.vocabulary import EmojiPicture
from rookery.model.accounts import Account, ProfileField
from rookery.model.ids import AccountId, MediaId, PostId, short_id
from rookery.model.media import Attachment, Playing
from rookery.model.posts import Audience, Mention, Poll, PollOption, Post
from rookery.model.quotes import QuotePolicy, QuoteState, policy_within
from rookery.model.text import Facet, FacetKind, parse_facets

BASE, AFAR = "https://here.example", "https://afar.example"
DAY_US = 86_400_000_000
NOW_US = 20_000 * DAY_US
EMOJI = {"rook": EmojiPicture(f"{BASE}/media/rook.png", "image/png", NOW_US - DAY_US)}
ANA = Account(
    id=AccountId(1),
    username="ana",
    domain="",
    display_name="Ana :rook:",
    bio="I keep #rooks. https://ana.example/",
    bio_facets=parse_facets("I keep #rooks. https://ana.example/"),
    fields=(ProfileField("Web", "https://ana.example/", parse_facets("https://ana.example/")),),
    avatar_key="a.png",
    avatar_still_key=None,
    header_key="h.png",
    header_still_key=None,
    avatar_alt="Ana on a wall",
    header_alt="",
    is_locked=True,
    is_bot=False,
    is_group=False,
    is_discoverable=True,
    is_indexable=False,
    hides_network=False,
    created_at_us=10_000 * DAY_US,
    suspended_at_us=None,
    silenced_at_us=None,
    moved_to_id=None,
    uri=None,
    url=None,
    post_count=0,
    follower_count=0,
    following_count=0,
    last_post_at_us=None,
    version=1,
)
BO = replace(ANA, id=AccountId(2), username="bo", domain="far.example", uri="https://far.example/u/2")
BO = replace(BO, url="https://far.example/@bo")
URI = f"{BASE}/@ana/{short_id(99)}"
POST = Post(
    id=PostId(99),
    author_id=ANA.id,
    audience=Audience.PUBLIC,
    text="",
    html=None,
    facets=(),
    content_warning="",
    is_sensitive=False,
    language=None,
    reply_to_id=None,
    reply_to_author_id=None,
    thread_id=PostId(99),
    repost_of_id=None,
    published_at_us=NOW_US - DAY_US,
)
PICTURE = Attachment(
    *(MediaId(5), ANA.id, POST.id, "image", "ready", "image/webp", "p.webp", "q.webp", 1200, 800, 400, 267),
    *(0.25, -0.5, "A rook", "UBL_:rOpGG-;~qRjWBay"),
)
VIDEO = replace(
    PICTURE, kind="video", mime="video/mp4", blob_key="v.mp4", focus_x=0, focus_y=0, playing=Playing(95_250)
)
WORDS = st.sampled_from(
    [
        *("a", "ü", "1<2", "&amp;", "#Rooks", ":rook:", ":none:", "@ana", "@bo@far.example", '"', "👩‍👧"),
        "https://a.example/x?y=1&z",
    ]
)
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=5).map(" ".join), min_size=1, max_size=4).map("\n".join)


def named(text: str) -> tuple[Facet, ...]:
    """Return facets as the action leaves them: known people have their number."""
    numbers = {"ana": ANA.id, "bo@far.example": BO.id}
    return tuple(
        replace(one, account_id=numbers[one.value]) if one.kind is FacetKind.MENTION else one
        for one in parse_facets(text)
    )


def seen(note, base_url: str = AFAR):
    return read_note(parse_document(json.dumps(note).encode()), base_url=base_url, now_us=NOW_US)


def seen_activity(value):
    return read_activity(parse_document(json.dumps(value).encode()), base_url=AFAR, now_us=NOW_US)


def seen_words(text: str) -> str:
    """Return a text as it reads abroad: people of ours get their server's name."""
    return " ".join(
        "@ana@here.example" if one == "@ana" else one for one in text.replace("\n", " \n ").split(" ")
    ).replace(" \n ", "\n")


POSTS = st.builds(
    lambda text, warning, audience, language, sensitive, edited, policy: replace(
        POST,
        text=text,
        facets=named(text),
        mentions=(
            *([Mention(ANA.id, "ana", "")] if "@ana" in text else []),
            *([Mention(BO.id, "bo", "far.example")] if "@bo" in text else []),
        ),
        content_warning=warning,
        audience=audience,
        language=language,
        is_sensitive=sensitive,
        edited_at_us=edited,
        quote_policy=policy_within(audience, policy),
    ),
    TEXTS,
    st.sampled_from(["", "spiders & <co>", "a  b"]),
    st.sampled_from(Audience),
    st.sampled_from([None, "en", "pt-BR"]),
    st.booleans(),
    st.sampled_from([None, NOW_US - 5_000_000]),
    st.sampled_from((QuotePolicy.PUBLIC, QuotePolicy.FOLLOWERS, QuotePolicy.NOBODY)),
)


@given(POSTS)
def test_a_post_survives_the_trip_through_a_note(post):
    around = Surroundings(people={BO.id: BO}, emoji=EMOJI, reply_to_uri="https://far.example/n/1")
    back = seen(note_from_post(post, ANA, BASE, at_us=NOW_US, around=around, with_context=True))
    assert (back.uri, back.url, back.author_uri, back.reply_to_uri) == (
        URI,
        URI,
        f"{BASE}/@ana",
        "https://far.example/n/1",
    )
    assert back.text == seen_words(post.text)
    assert back.html is None
    kept = [one for one in post.facets if one.kind is not FacetKind.EMOJI or one.value == "rook"]
    assert [one.kind for one in back.facets] == [one.kind for one in kept]
    assert {one.value for one in back.facets if one.kind is FacetKind.MENTION} == {one.handle for one in back.mentions}
    assert back.content_warning == " ".join(post.content_warning.split())
    assert (back.audience, back.language, back.is_sensitive) == (post.audience, post.language, post.is_sensitive)
    assert (back.published_at_us, back.edited_at_us) == (post.published_at_us, post.edited_at_us)
    assert back.quote_policy is post.quote_policy
    assert {one.uri for one in back.mentions} == {
        f"{BASE}/@ana" if one.id == ANA.id else BO.uri
        for one in (ANA, BO)
        if any(m.account_id == one.id for m in post.mentions)
    }
    assert not any(one.is_silent for one in back.mentions)


def test_pictures_and_videos_survive_the_trip():
    note = note_from_post(replace(POST, text="x", media=(PICTURE, VIDEO)), ANA, BASE, at_us=NOW_US)
    picture, video = seen(note).attachments
    assert (picture.url, picture.kind, picture.mime, picture.alt) == (
        f"{BASE}/media/p.webp",
        "image",
        "image/webp",
        "A rook",
    )
    assert (picture.width, picture.height, picture.focus_x, picture.focus_y) == (1200, 800, 0.25, -0.5)
    assert picture.blurhash == PICTURE.blurhash
    assert (video.kind, video.length_ms, video.preview_url) == ("video", 95_250, f"{BASE}/media/q.webp")


@pytest.mark.parametrize("is_multiple", [True, False])
def test_a_poll_survives_the_trip(is_multiple):
    poll = Poll(POST.id, NOW_US + DAY_US, is_multiple, False, 4, (PollOption("tea", 3), PollOption("mate", 2)))
    back = seen(note_from_post(replace(POST, text="what?", poll=poll), ANA, BASE, at_us=NOW_US)).poll
    assert [(one.title, one.vote_count) for one in back.options] == [("tea", 3), ("mate", 2)]
    assert (back.is_multiple, back.voter_count, back.expires_at_us) == (is_multiple, 4, NOW_US + DAY_US)
    assert back.closed_at_us is None


def test_hidden_votes_are_told_when_the_poll_has_ended_and_not_before():
    poll = Poll(POST.id, NOW_US - DAY_US, False, True, 4, (PollOption("tea", 3), PollOption("mate", 2)))
    post = replace(POST, text="what?", poll=poll)
    before = note_from_post(post, ANA, BASE, at_us=NOW_US - 2 * DAY_US)
    assert "votersCount" not in before and "closed" not in before and "totalItems" not in json.dumps(before)
    after = seen(note_from_post(post, ANA, BASE, at_us=NOW_US)).poll
    assert (after.voter_count, after.options[0].vote_count, after.closed_at_us) == (4, 3, NOW_US - DAY_US)


def test_a_quote_is_written_in_every_dialect_and_its_line_is_for_others_only():
    post = replace(POST, text="so true", quote_state=QuoteState.ACCEPTED, quote_of_id=PostId(3))
    quoted, stamp = "https://far.example/n/1", "https://far.example/stamps/1"
    around = Surroundings(quote_uri=quoted, quote_consent_uri=stamp)
    note = note_from_post(post, ANA, BASE, at_us=NOW_US, around=around)
    assert note["quote"] == note["quoteUri"] == note["_misskey_quote"] == quoted
    assert f"RE: <a href={json.dumps(quoted)}>" in note["content"]
    assert any(tag["type"] == "Link" and tag["href"] == quoted for tag in note["tag"])
    back = seen(note)
    assert (back.text, back.quote_of_uri, back.consent_uri) == ("so true", quoted, stamp)
    revoked = note_from_post(replace(post, quote_state=QuoteState.REVOKED), ANA, BASE, at_us=NOW_US, around=around)
    assert quoted not in json.dumps(revoked)


def test_a_far_person_we_cannot_name_is_not_addressed():
    post = replace(POST, text="@bo@far.example", facets=named("@bo@far.example"), audience=Audience.MENTIONED)
    note = note_from_post(replace(post, mentions=(Mention(BO.id, "bo", "far.example"),)), ANA, BASE, at_us=NOW_US)
    assert (note["to"], note["cc"], note["tag"]) == ([], [], [])


def test_links_to_people_abroad_lead_to_their_own_page():
    post = replace(POST, text="@bo@far.example", facets=named("@bo@far.example"))
    post = replace(post, mentions=(Mention(BO.id, "bo", "far.example"),))
    note = note_from_post(post, ANA, BASE, at_us=NOW_US, around=Surroundings(people={BO.id: BO}))
    assert 'href="https://far.example/@bo"' in note["content"]


def test_an_account_survives_the_trip_through_an_actor():
    links = Links(also_known_as=("https://old.example/u/1",), attribution_domains=("ana.example",))
    actor = actor_from_account(ANA, BASE, PublicKeys("PEM", "z6Mk"), links=links, emoji=EMOJI)
    document = parse_document(json.dumps(actor).encode())
    back = read_actor(document, base_url=AFAR, now_us=NOW_US)
    assert (back.uri, back.username, back.domain) == (f"{BASE}/@ana", "ana", "here.example")
    assert (back.display_name, back.bio) == (ANA.display_name, ANA.bio)
    assert [(one.name, one.value) for one in back.fields] == [("Web", "https://ana.example/")]
    assert [(one.kind, one.value) for one in back.bio_facets] == [(one.kind, one.value) for one in ANA.bio_facets]
    assert (back.avatar.url, back.avatar.alt) == (f"{BASE}/media/a.png", "Ana on a wall")
    assert (back.is_locked, back.is_discoverable, back.is_indexable, back.is_bot) == (True, True, False, False)
    assert (back.inbox_url, back.shared_inbox_url) == (f"{BASE}/@ana/inbox", f"{BASE}/inbox")
    assert (back.followers_uri, back.featured_uri) == (f"{BASE}/@ana/followers", f"{BASE}/@ana/featured")
    assert (back.published_at_us, back.also_known_as) == (ANA.created_at_us, ("https://old.example/u/1",))
    assert [one.shortcode for one in back.emoji] == ["rook"]
    assert claimed_handle(document) == "ana@here.example"
    assert actor["publicKey"]["owner"] == actor["assertionMethod"][0]["controller"] == actor["id"]


def test_groups_bots_the_moved_and_the_suspended_say_so():
    keys = PublicKeys("PEM", "")
    assert actor_from_account(replace(ANA, is_group=True), BASE, keys)["type"] == "Group"
    assert actor_from_account(replace(ANA, is_bot=True), BASE, keys)["type"] == "Service"
    assert actor_from_account(ANA, BASE, keys, links=Links(moved_to_uri=BO.uri))["movedTo"] == BO.uri
    suspended = actor_from_account(replace(ANA, suspended_at_us=NOW_US), BASE, keys)
    assert suspended["suspended"] is True
    assert "rooks" not in json.dumps(suspended)


def test_the_server_has_an_actor_that_is_nobody():
    actor = actor_of_server(BASE, "Here", PublicKeys("PEM", "z6Mk"))
    assert (actor["type"], actor["id"], actor["inbox"]) == ("Application", f"{BASE}/actor", f"{BASE}/actor/inbox")
    assert read_actor(parse_document(json.dumps(actor).encode()), base_url=AFAR, now_us=NOW_US).is_bot


def test_every_activity_of_ours_is_understood_abroad():
    actor, far = f"{BASE}/@ana", "https://afar.example/u/1"
    note = note_from_post(replace(POST, text="x"), ANA, BASE, at_us=NOW_US, with_context=True)
    assert seen_activity(activities.create(note, NOW_US)).post.text == "x"
    assert seen_activity(activities.update(note, NOW_US)).uri == f"{URI}#updates/{NOW_US}"
    profile = actor_from_account(ANA, BASE, PublicKeys("PEM", ""))
    assert seen_activity(activities.update_actor(profile, NOW_US)).account.username == "ana"
    assert seen_activity(activities.delete_post(URI, actor, at_us=NOW_US)).object_uri == URI
    assert seen_activity(activities.delete_actor(actor)).object_uri == actor
    repost = activities.announce(POST, ANA, BASE, of_uri="https://far.example/n/1", of_author_uri=BO.uri)
    assert seen_activity(repost).repost.post_uri == "https://far.example/n/1"
    liked = activities.like(actor, f"{AFAR}/n/1", far, 7)
    assert seen_activity(activities.undo(liked, 8)).inner.doing is Doing.LIKE
    asked = activities.follow(actor, far, 9)
    assert (seen_activity(asked).object_uri, asked["to"]) == (far, [far])
    answered = activities.answer("Accept", actor, f"{far}#1", far, 10)
    assert seen_activity(answered).inner.uri == f"{far}#1"
    assert seen_activity(activities.answer("Reject", actor, f"{far}#1", far, 10)).doing is Doing.REJECT
    assert seen_activity(activities.block(actor, far, 1)).object_uri == far
    assert seen_activity(activities.move(actor, f"{AFAR}/u/2", 1)).target_uri == f"{AFAR}/u/2"
    for kind in ("Add", "Remove"):
        assert seen_activity(activities.pin(kind, actor, URI, f"{actor}/featured", 1)).object_uri == URI


def test_a_report_carries_no_name_of_who_wrote_it():
    flag = activities.flag(f"{BASE}/actor", f"{AFAR}/@eve", [f"{AFAR}/@eve/1"], "spam", 3)
    assert "ana" not in json.dumps(flag)
    report = seen_activity(flag).report
    assert (report.by_uri, report.target_uri, report.post_uris) == (
        f"{BASE}/actor",
        f"{AFAR}/@eve",
        (f"{AFAR}/@eve/1",),
    )


def test_a_quote_is_asked_for_granted_and_proved():
    actor, far, theirs = f"{BASE}/@ana", f"{AFAR}/@eve", f"{AFAR}/@eve/1"
    note = note_from_post(replace(POST, text="x"), ANA, BASE, at_us=NOW_US)
    request = seen_activity(activities.quote_request(actor, note, theirs, far, 4))
    assert (request.doing, request.object_uri, request.instrument_uri) == (Doing.ASK_QUOTE, theirs, URI)
    asked = {"id": f"{far}#q", "actor": far, "object": URI, "instrument": theirs}
    granted = seen_activity(activities.answer_quote("Accept", actor, asked, 5, stamp=f"{URI}/stamps/1"))
    assert (granted.inner.doing, granted.result_uri) == (Doing.ASK_QUOTE, f"{URI}/stamps/1")
    stamp = activities.quote_stamp(f"{URI}/stamps/1", actor, theirs, URI)
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (theirs, URI)


def test_a_vote_goes_to_the_author_alone():
    vote = note_from_vote(
        f"{BASE}/@ana#votes/1", "tea", voter=f"{BASE}/@ana", poll=f"{AFAR}/q/1", author=f"{AFAR}/@eve"
    )
    assert (vote["to"], vote["cc"]) == ([f"{AFAR}/@eve"], [])
    assert PUBLIC not in json.dumps(vote)
    assert find_vote(vote).choice == "tea"
