"""Mastodon.py's methods for staff drive a running server: reports, accounts, blocks, figures."""

from datetime import UTC, datetime, timedelta

import pytest
from mastodon.errors import MastodonNotFoundError
from tests.journeys.server import PASSWORD, SCOPES
from tests.journeys.test_mastodon_py import app_of

from mastodon import Mastodon


@pytest.fixture(scope="module")
def ada(server) -> Mastodon:
    make = ("account", "create", "ada", "--email", "ada@mail.test", "--password", PASSWORD, "--confirmed")
    server.run(*make, "--role", "admin")
    scopes = f"{SCOPES} admin:read admin:write"
    return app_of(server, server.run("token", "create", "ada", "--scopes", scopes)["token"])


def test_a_report_is_read_and_acted_upon(server, ada):
    ana, ben = (app_of(server, server.person(name)) for name in ("ana", "ben"))
    post = ben.status_post("buy pills")
    report = ana.report(ben.me(), [post], "pills", category="spam")
    [found] = [one for one in ada.admin_reports() if one.id == report.id]
    assert found.statuses[0].id == post.id and found.account.username == "ana"
    assert ada.admin_report_assign(found).assigned_account.username == "ada"
    assert ada.admin_report_unassign(found).assigned_account is None
    assert ada.admin_report_resolve(found).action_taken
    assert not ada.admin_report_reopen(found).action_taken
    ada.admin_account_moderate(ben.me(), "silence", report_id=found, text="calm down")
    assert ada.admin_report(found).action_taken
    assert ada.admin_account(ben.me()).silenced
    assert not ada.admin_account_unsilence(ben.me()).silenced
    assert [one.username for one in ada.admin_accounts_v2(username="ben")] == ["ben"]
    assert "ben" in {one["username"] for one in ada.admin_accounts_v1()}


def test_blocks_come_and_go(ada):
    block = ada.admin_create_domain_block("bad.example", severity="silence", public_comment="noise")
    assert ada.admin_update_domain_block(block, severity="suspend").severity == "suspend"
    assert ada.admin_domain_blocks(block.id).domain == "bad.example"
    ada.admin_delete_domain_block(block)
    with pytest.raises(MastodonNotFoundError):
        ada.admin_domain_blocks(block.id)
    allow = ada.admin_create_domain_allow("good.example")
    assert [one.domain for one in ada.admin_domain_allows()] == ["good.example"]
    ada.admin_delete_domain_allow(allow)
    mail = ada.admin_create_email_domain_block("junk.example")
    assert ada.admin_email_domain_block(mail.id).domain == "junk.example"
    ada.admin_delete_email_domain_block(mail.id)
    box = ada.admin_create_canonical_email_block(email="b.ob+x@mail.example")
    assert ada.admin_test_canonical_email_block("bob@mail.example")[0].id == box.id
    ada.admin_delete_canonical_email_block(box.id)
    network = ada.admin_create_ip_block("192.0.2.0/24", "sign_up_block", comment="bots", expires_in=60)
    assert ada.admin_update_ip_block(network, severity="no_access").severity == "no_access"
    assert ada.admin_ip_block(network.id).ip == "192.0.2.0/24"
    ada.admin_delete_ip_block(network)
    assert len(ada.admin_ip_blocks()) == 0


def test_figures_are_told(ada):
    now = datetime.now(UTC)
    span = (now - timedelta(days=2), now)
    keys = {"active_users": True, "new_users": True, "interactions": True, "opened_reports": True}
    found = ada.admin_measures(*span, **keys, instance_statuses="far.example")
    assert {one.key: int(one.total) for one in found}["new_users"] >= 1
    shown = ada.admin_dimensions(*span, languages=True, sources=True, space_usage=True, software_versions=True)
    assert [one.key for one in shown] == ["languages", "sources", "space_usage", "software_versions"]
    assert len(ada.admin_retention(*span)) == 3
