"""Mastodon.py, a library that we did not write, does what an app does: from registration to streams."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from mastodon.errors import MastodonAPIError, MastodonNotFoundError
from tests.journeys.conftest import app_of, picture, soon
from tests.journeys.server import PASSWORD, SCOPES

from mastodon import Mastodon, StreamListener


def test_an_app_registers_and_a_person_signs_in_with_it(server):
    server.person("ida")
    client_id, client_secret = Mastodon.create_app("An App", api_base_url=server.url, scopes=SCOPES.split())
    app = Mastodon(client_id=client_id, client_secret=client_secret, api_base_url=server.url)
    token = app.log_in("ida@mail.test", PASSWORD, scopes=SCOPES.split(), allow_http=True)
    assert app_of(server, token).me().username == "ida"


def test_somebody_signs_up_through_an_app(server):
    client_id, client_secret = Mastodon.create_app("Joiner", api_base_url=server.url, scopes=SCOPES.split())
    app = Mastodon(client_id=client_id, client_secret=client_secret, api_base_url=server.url)
    app.create_account("newcomer", PASSWORD, "newcomer@mail.test", agreement=True, scopes=SCOPES.split())
    assert app.me().acct == "newcomer"


def test_a_post_with_a_picture_and_alt_text_arrives_at_a_follower(ana, bea):
    bea.account_follow(ana.me().id)
    media = ana.media_post(picture("teal"), mime_type="image/jpeg", description="a teal square", focus=(0.5, -0.25))
    post = ana.status_post("look at this #teal", media_ids=[media], language="en")
    [shown] = [p for p in bea.timeline_home() if p.id == post.id]
    assert shown.media_attachments[0].description == "a teal square"
    assert shown.media_attachments[0].blurhash
    assert shown.media_attachments[0].meta.focus.x == 0.5
    assert [tag.name for tag in shown.tags] == ["teal"]
    assert [p.id for p in ana.timeline_hashtag("teal")] == [post.id]


def test_a_poll_takes_one_vote_each(ana, bea):
    poll = ana.make_poll(["tea", "coffee"], expires_in=3600)
    post = ana.status_post("what shall it be?", poll=poll)
    voted = bea.poll_vote(post.poll.id, [1])
    assert (voted.voted, voted.own_votes, voted.options[1].votes_count) == (True, [1], 1)


def test_a_thread_reads_from_the_top(ana, bea):
    first = ana.status_post("one")
    second = bea.status_reply(first, "two")
    third = ana.status_reply(second, "three")
    context = bea.status_context(second.id)
    assert [p.id for p in context.ancestors] == [first.id]
    assert [p.id for p in context.descendants] == [third.id]


def test_an_edit_keeps_the_former_text(ana):
    post = ana.status_post("teh text")
    edited = ana.status_update(post.id, status="the text")
    assert edited.edited_at is not None
    assert [version.content for version in ana.status_history(post.id)] == ["<p>teh text</p>", "<p>the text</p>"]
    assert ana.status_source(post.id).text == "the text"


def test_a_deleted_post_is_gone(ana, bea):
    post = ana.status_post("not for long")
    assert ana.status_delete(post.id).text == "not for long"
    with pytest.raises(MastodonNotFoundError):
        bea.status(post.id)


def test_marks_come_and_go(ana, bea):
    post = ana.status_post("mark me")
    assert bea.status_favourite(post.id).favourited
    assert bea.status_bookmark(post.id).bookmarked
    assert bea.status_reblog(post.id).reblog.id == post.id
    assert [account.acct for account in ana.status_favourited_by(post.id)] == ["bea"]
    assert [p.id for p in bea.favourites()] == [post.id]
    assert [p.id for p in bea.bookmarks()] == [post.id]
    assert not bea.status_unfavourite(post.id).favourited
    assert not bea.status_unreblog(post.id).reblogged
    assert not bea.status_unbookmark(post.id).bookmarked


def test_every_page_follows_the_last_one(ana):
    posts = [ana.status_post(f"page {number}", visibility="unlisted").id for number in range(25)]
    first = ana.account_statuses(ana.me().id, limit=10)
    found = [post.id for post in ana.fetch_remaining(first)]
    assert [post_id for post_id in found if post_id in posts] == posts[::-1]


def test_a_profile_changes(ana):
    me = ana.account_update_credentials(
        display_name="Ana", note="birds https://example.com", avatar=picture("gold"), avatar_mime_type="image/jpeg",
        fields=[("site", "https://example.com")], locked=False,
    )  # fmt: skip
    assert (me.display_name, me.source.note) == ("Ana", "birds https://example.com")
    assert "static/avatar.png" not in me.avatar
    assert me.fields[0].name == "site"


def test_relations_are_told_as_they_are(ana, bea):
    her = ana.me().id
    bea.account_follow(her)
    assert bea.account_relationships(her)[0].following
    assert bea.account_mute(her, duration=3600).muting
    assert not bea.account_unmute(her).muting
    assert bea.account_block(her).blocking
    assert not bea.account_unblock(her).blocking
    assert bea.account_follow(her).following


def test_a_stream_hears_of_a_new_post(ana, bea):
    heard, listening = threading.Event(), threading.Event()

    class Listener(StreamListener):
        def on_update(self, status) -> None:
            if "can you hear me" in status.content:
                heard.set()

        def handle_heartbeat(self) -> None:
            listening.set()

    bea.account_follow(ana.me().id)
    handle = bea.stream_user(Listener(), run_async=True, timeout=20)
    for number in range(20):
        ana.status_post(f"can you hear me {number}")
        if heard.wait(0.5):
            break
    handle.close()
    assert heard.is_set()


def test_a_mention_becomes_a_notification(ana, bea):
    post = ana.status_post("hello @bea")
    found = soon(lambda: [n for n in bea.notifications(types=["mention"]) if n.status.id == post.id])
    assert found[0].account.acct == "ana"


def test_search_finds_people_tags_and_own_posts(ana):
    ana.status_post("a corvid with a hat #corvids")
    soon(lambda: ana.search_v2("corvid").statuses)
    found = ana.search_v2("corvid")
    assert "hat" in found.statuses[0].content
    assert [tag.name for tag in found.hashtags] == ["corvids"]
    assert "bea" in [account.acct for account in ana.search_v2("bea").accounts]


def test_a_post_waits_for_its_time(ana):
    when = datetime.now(UTC) + timedelta(hours=3)
    waiting = ana.status_post("in three hours", scheduled_at=when)
    assert abs(waiting.scheduled_at - when) < timedelta(seconds=1)
    moved = ana.scheduled_status_update(waiting.id, when + timedelta(hours=1))
    assert ana.scheduled_statuses()[0].scheduled_at == moved.scheduled_at
    ana.scheduled_status_delete(waiting.id)
    assert ana.scheduled_statuses() == []


def test_a_message_is_a_conversation(ana, bea):
    ana.status_post("@bea between us", visibility="direct")
    found = soon(bea.conversations)
    assert found[0].unread and "between us" in found[0].last_status.content
    assert not bea.conversations_read(found[0].id).unread


def test_an_announcement_is_read_liked_and_dismissed(server, ana):
    made = server.run("announcement", "create", "We move on Sunday")
    [shown] = ana.announcements()
    assert "We move on Sunday" in shown.content
    ana.announcement_reaction_create(shown.id, "🎉")
    [shown] = ana.announcements()
    assert [(one.name, one.count, one.me) for one in shown.reactions] == [("🎉", 1, True)]
    ana.announcement_reaction_delete(shown.id, "🎉")
    ana.announcement_dismiss(shown.id)
    assert ana.announcements() == []
    assert [one["text"] for one in server.run("announcement", "list")["announcements"]] == ["We move on Sunday"]
    server.run("announcement", "delete", made["id"])


def test_a_picture_of_a_profile_goes(ana):
    ana.account_update_credentials(avatar=picture("gold"), avatar_mime_type="image/jpeg")
    assert "static/avatar.png" in ana.account_delete_avatar().avatar
    assert "static/header.png" in ana.account_delete_header().header


def test_a_quote_with_its_authors_say(ana, bea):
    post = ana.status_post("quote me", quote_approval_policy="public")
    assert post.quote_approval.current_user == "automatic"
    quote = bea.status_post("as she says", quoted_status_id=post)
    assert (quote.quote.state, quote.quote.quoted_status.id) == ("accepted", post.id)
    assert [one.id for one in ana.status_quotes(post)] == [quote.id]
    assert ana.status(post).quotes_count == 1
    assert ana.status_quote_revoke(post, quote).quote.state == "revoked"
    assert bea.status(quote).quote.quoted_status is None
    ana.status_update_quote_approval_policy(post, "nobody")
    with pytest.raises(MastodonAPIError):
        bea.status_post("once more", quoted_status_id=post)
