"""Mastodon.py moderates: reports and measures, blocks of every kind, trends, figures."""

from datetime import UTC, datetime, timedelta

import pytest
from mastodon.errors import MastodonAPIError, MastodonUnauthorizedError
from tests.journeys.conftest import app_of, soon


def test_a_report_is_taken_up_and_decided(server, owner, ana, bea):
    post = bea.status_post("buy fox traps")
    made = ana.report(bea.me().id, status_ids=[post], comment="again and again", category="spam")
    assert (made.category, made.action_taken) == ("spam", False)
    [shown] = owner.admin_reports()
    assert (shown.comment, shown.account.username, shown.target_account.username) == ("again and again", "ana", "bea")
    assert owner.admin_report_assign(shown).assigned_account.username == "olga"
    assert owner.admin_report_unassign(shown).assigned_account is None
    assert owner.admin_report_resolve(shown).action_taken
    assert not owner.admin_report_reopen(shown).action_taken
    owner.admin_account_moderate(bea.me().id, action="silence", report_id=shown, text="No more traps, please.")
    assert owner.admin_account(bea.me().id).silenced
    assert owner.admin_report(shown).action_taken
    assert not owner.admin_account_unsilence(bea.me().id).silenced


def test_an_account_is_locked_out_and_let_back(server, owner):
    cleo = app_of(server, server.person("cleo"))
    her = cleo.me().id
    owner.admin_account_moderate(her, action="disable")
    with pytest.raises(MastodonAPIError):
        cleo.timeline_home()
    assert not owner.admin_account_enable(her).disabled
    owner.admin_account_moderate(her, action="sensitive")
    assert not owner.admin_account_unsensitive(her).sensitized
    owner.admin_account_moderate(her, action="suspend")
    assert [one.username for one in owner.admin_accounts_v2(status="suspended")] == ["cleo"]
    assert not owner.admin_account_unsuspend(her).suspended
    assert "cleo" in [one.username for one in owner.admin_accounts_v2(origin="local")]


def test_servers_mail_domains_mailboxes_and_networks_are_blocked(owner):
    server = owner.admin_create_domain_block("bad.example", severity="silence", public_comment="spam")
    assert owner.admin_update_domain_block(server, severity="suspend").severity == "suspend"
    assert [one.domain for one in owner.admin_domain_blocks()] == ["bad.example"]
    owner.admin_delete_domain_block(server)
    mail = owner.admin_create_email_domain_block("trash.example")
    assert owner.admin_email_domain_block(mail).domain == "trash.example"
    owner.admin_delete_email_domain_block(mail)
    network = owner.admin_create_ip_block("198.51.100.0/24", "sign_up_block", comment="a wave")
    assert owner.admin_update_ip_block(network, comment="a second wave").comment == "a second wave"
    owner.admin_delete_ip_block(network)
    box = owner.admin_create_canonical_email_block(email="S.pam+1@mail.example")
    [found] = owner.admin_test_canonical_email_block("s.pam@mail.example")
    assert found.id == box.id
    assert owner.admin_test_canonical_email_block("ham@mail.example") == []
    owner.admin_delete_canonical_email_block(box)
    allowed = owner.admin_create_domain_allow("good.example")
    assert [one.domain for one in owner.admin_domain_allows()] == ["good.example"]
    owner.admin_delete_domain_allow(allowed)
    for left in (owner.admin_domain_blocks, owner.admin_email_domain_blocks, owner.admin_ip_blocks):
        assert left() == []


def test_what_trends_is_looked_at_first(owner, ana, bea):
    for person in (ana, bea):
        person.status_post("everybody speaks of #rooksong")
    found = soon(lambda: [one for one in owner.admin_trending_tags() if one.name == "rooksong"])
    owner.admin_approve_trending_tag(found[0])
    assert "rooksong" in [one.name for one in soon(ana.trending_tags)]
    owner.admin_reject_trending_tag(found[0])
    assert "rooksong" not in [one.name for one in ana.trending_tags()]


def test_figures_are_told_to_staff_alone(owner, ana):
    until = datetime.now(UTC)
    since = until - timedelta(days=7)
    measures = owner.admin_measures(since, until, new_users=True, active_users=True, interactions=True)
    assert {one.key for one in measures} == {"new_users", "active_users", "interactions"}
    assert owner.admin_dimensions(since, until, languages=True, software_versions=True)
    assert owner.admin_retention(since, until)
    with pytest.raises((MastodonAPIError, MastodonUnauthorizedError)):
        ana.admin_measures(since, until, new_users=True)
