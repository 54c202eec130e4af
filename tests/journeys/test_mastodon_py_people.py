"""Mastodon.py keeps lists, filters, tags, collections and notifications as an app does for its person."""

import pytest
from mastodon.errors import MastodonNotFoundError
from tests.journeys.conftest import app_of, picture, soon

OLDER = pytest.mark.filterwarnings("ignore::mastodon.errors.MastodonDeprecationWarning")


def test_a_list_reads_those_on_it(ana, bea):
    her = bea.me().id
    ana.account_follow(her)
    made = ana.list_create("birds", replies_policy="none", exclusive=True)
    ana.list_accounts_add(made, [her])
    post = bea.status_post("only for lists")
    assert post.id in [one.id for one in ana.timeline_list(made)]
    assert post.id not in [one.id for one in ana.timeline_home()]
    assert [one.id for one in ana.list_accounts(made)] == [her]
    assert [one.id for one in ana.account_lists(her)] == [made.id]
    assert ana.list_update(made, "corvids").title == "corvids"
    ana.list_accounts_delete(made, [her])
    assert post.id in [one.id for one in ana.timeline_home()]
    ana.list_delete(made)
    assert ana.lists() == []


def test_a_filter_marks_what_matches_until_it_goes(ana, bea):
    words = [{"keyword": "fox", "whole_word": True}]
    made = ana.create_filter_v2("foxes", ["home", "public"], "warn", keywords_attributes=words)
    post = bea.status_post("a fox in the garden")
    [found] = ana.status(post.id).filtered
    assert (found.filter.title, found.keyword_matches) == ("foxes", ["fox"])
    more = ana.add_filter_keyword_v2(made, "garden")
    assert {one.keyword for one in ana.filter_keywords_v2(made)} == {"fox", "garden"}
    ana.delete_filter_keyword_v2(more)
    kept = ana.add_filter_status_v2(made, bea.status_post("nothing of the kind"))
    assert [one.id for one in ana.filter_statuses_v2(made)] == [kept.id]
    ana.delete_filter_status_v2(kept)
    assert ana.update_filter_v2(made, title="vixens", filter_action="hide").filter_action == "hide"
    assert [one.title for one in ana.filters_v2()] == ["vixens"]
    ana.delete_filter_v2(made)
    assert not ana.status(post.id).filtered


@OLDER
def test_an_older_filter_is_one_of_a_single_phrase(ana):
    made = ana.filter_create("cat", ["home"])
    assert ana.filter(made).phrase == "cat"
    assert ana.filter_update(made, phrase="cats", context=["home"]).phrase == "cats"
    ana.filter_delete(made)
    assert ana.filters() == []


def test_tags_are_followed_and_shown_on_a_profile(ana, bea):
    assert ana.tag_follow("magpies").following
    post = bea.status_post("two for joy #magpies")
    assert post.id in [one.id for one in ana.timeline_home()]
    assert [one.name for one in ana.followed_tags()] == ["magpies"]
    assert not ana.tag_unfollow("magpies").following
    assert ana.tag("magpies").history
    ana.status_post("mine #magpies")
    assert "magpies" in [one.name for one in ana.featured_tag_suggestions()]
    shown = ana.featured_tag_create("magpies")
    assert [one.name for one in bea.account_featured_tags(ana.me().id)] == ["magpies"]
    ana.featured_tag_delete(shown)
    assert ana.tag_feature("magpies").featuring
    assert not ana.tag_unfeature("magpies").featuring
    assert ana.featured_tags() == []


def test_notes_endorsements_and_followers_are_kept(ana, bea):
    her = bea.me().id
    ana.account_follow(her)
    assert ana.account_note_set(her, "met at the rookery").note == "met at the rookery"
    assert ana.account_endorse(her).endorsed
    assert [one.id for one in ana.endorsements()] == [her]
    assert not ana.account_unendorse(her).endorsed
    assert [one.acct for one in bea.account_followers(her)] == ["ana"]
    assert [one.acct for one in ana.account_following(ana.me().id)] == ["bea"]
    assert not bea.account_remove_from_followers(ana.me().id).followed_by
    assert [one.id for one in ana.account_familiar_followers([her])] == [her]


def test_who_is_locked_is_asked(server, ana):
    cleo = app_of(server, server.person("cleo"))
    cleo.account_update_credentials(locked=True)
    assert ana.account_follow(cleo.me().id).requested
    assert [one.acct for one in cleo.follow_requests()] == ["ana"]
    assert cleo.follow_request_authorize(ana.me().id).followed_by
    ana.account_unfollow(cleo.me().id)
    ana.account_follow(cleo.me().id)
    assert not cleo.follow_request_reject(ana.me().id).followed_by


def test_a_server_is_kept_away(ana):
    ana.domain_block("bad.example")
    assert ana.domain_blocks() == ["bad.example"]
    ana.domain_unblock("bad.example")
    assert ana.domain_blocks() == []


def test_a_collection_recommends_people_who_may_leave_it(ana, bea):
    made = ana.collection_create("Corvids", "who counts them", tag_name="rooks", discoverable=True).collection
    item = ana.collection_item_add(made, bea.me().id).collection_item
    assert made.id in [one.id for one in ana.account_collections(ana.me().id).collections]
    assert made.id in [one.id for one in bea.account_in_collections(bea.me().id).collections]
    assert ana.collection_update(made, name="Corvidae").collection.name == "Corvidae"
    bea.collection_item_revoke(made, item)
    ana.collection_delete(made)
    with pytest.raises(MastodonNotFoundError):
        ana.collection(made)


def test_notifications_come_in_groups_and_are_read(ana, bea):
    ana.notifications_clear()
    post = ana.status_post("like me")
    bea.status_favourite(post)
    found = soon(lambda: ana.grouped_notifications(types=["favourite"]).notification_groups)
    assert found[0].status_id == str(post.id)
    assert [one.acct for one in ana.grouped_notification_accounts(found[0].group_key)] == ["bea"]
    assert ana.unread_grouped_notifications_count() >= 1
    assert ana.grouped_notification(found[0].group_key).notification_groups[0].type == "favourite"
    newest = ana.notifications()[0]
    ana.markers_set(["notifications"], [newest.id])
    assert str(ana.markers_get(["notifications"])["notifications"].last_read_id) == str(newest.id)
    assert ana.notifications_unread_count().count == 0
    ana.dismiss_grouped_notification(found[0].group_key)
    assert ana.notifications(types=["favourite"]) == []


def test_mentions_of_strangers_wait_for_a_yes(server, ana):
    assert ana.update_notifications_policy(for_not_following="filter").for_not_following == "filter"
    dora = app_of(server, server.person("dora"))
    post = dora.status_post("@ana do you know me?")
    [asked] = soon(ana.notification_requests)
    assert asked.account.acct == "dora"
    assert ana.notification_request(asked).last_status.id == post.id
    assert ana.notifications_policy().summary.pending_requests_count == 1
    ana.accept_notification_request(asked)
    assert soon(lambda: [one for one in ana.notifications(types=["mention"]) if one.status.id == post.id])
    ana.update_notifications_policy(for_not_following="accept")


def test_a_conversation_is_hushed_and_a_post_pinned(ana, bea):
    post = ana.status_post("hush")
    assert ana.status_mute(post).muted
    assert not ana.status_unmute(post).muted
    assert ana.status_pin(post).pinned
    assert [one.id for one in bea.account_statuses(ana.me().id, pinned=True)] == [post.id]
    assert not ana.status_unpin(post).pinned
    bea.status_reblog(post)
    assert [one.acct for one in ana.status_reblogged_by(post)] == ["bea"]


def test_a_picture_gets_its_words_before_it_is_posted(ana):
    made = ana.media_post(picture("teal"), mime_type="image/jpeg")
    assert ana.media_update(made, description="teal, and nothing else").description == "teal, and nothing else"
    assert ana.media(made).description == "teal, and nothing else"


def test_people_are_found_and_suggested(ana, bea):
    ana.account_update_credentials(discoverable=True)
    bea.account_update_credentials(discoverable=True)
    assert ana.account_lookup("bea").id == bea.me().id
    assert "bea" in [one.acct for one in ana.account_search("bea")]
    assert "ana" in [one.acct for one in bea.directory(order="new", local=True)]
    assert {one.id for one in ana.accounts([ana.me().id, bea.me().id])} == {ana.me().id, bea.me().id}
    for suggested in bea.suggestions_v2():
        bea.suggestion_delete(suggested.account.id)
    assert bea.suggestions_v2() == []


def test_an_app_registers_for_push_with_keys_of_its_own(ana):
    _, public = ana.push_subscription_generate_keys()
    made = ana.push_subscription_set("https://push.example.com/ana", public, mention_events=True, policy="followed")
    assert (made.endpoint, made.alerts.mention, made.alerts.poll) == ("https://push.example.com/ana", True, False)
    assert ana.push_subscription().server_key == made.server_key
    assert ana.push_subscription_update(poll_events=True).alerts.poll
    ana.push_subscription_delete()


@OLDER
def test_the_server_tells_about_itself(ana):
    assert ana.instance_v2().configuration.statuses.max_characters == 5000
    assert ana.instance_v1().uri == "localhost"
    assert len(ana.instance_activity()) == 12
    assert ana.instance_health()
    assert "en" in [one.code for one in ana.instance_languages()]
    for told in (ana.instance_peers, ana.instance_rules, ana.instance_domain_blocks, ana.custom_emojis):
        assert told() == []
    assert ana.instance_extended_description().content == "<p>A nest on the open networks.</p>"
    assert ana.preferences()["posting:default:visibility"] == "public"
    assert ana.app_verify_credentials().name


def test_a_token_that_is_given_back_opens_nothing(server):
    eve = app_of(server, server.person("eve"))
    client_id, client_secret = type(eve).create_app("Brief", api_base_url=server.url, scopes=["read"])
    app = type(eve)(client_id=client_id, client_secret=client_secret, api_base_url=server.url)
    app.log_in("eve@mail.test", "correct horse battery", scopes=["read"], allow_http=True)
    assert app.me().acct == "eve"
    token = app.access_token
    app.revoke_access_token(allow_http=True)
    with pytest.raises(Exception, match=r"revoked|invalid"):
        app_of(server, token).me()
