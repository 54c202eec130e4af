"""What apps and other servers learn of a nest before anybody signs in."""

from dataclasses import replace

import pytest
from tests.far import FarPerson
from tests.media.drawn_pictures import pillow_photo, saved

from rookery.actions.domainblocks import DomainWishes, block_domain
from rookery.actions.emoji import add_emoji, remove_emoji
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity
from rookery.model.members import RegistrationMode, Role
from rookery.storage.hosts import ensure_host


def nulls_in(value, path=""):
    if value is None:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from nulls_in(inner, f"{path}.{key}")


MAY_BE_NULL = {
    ".thumbnail.blurhash",
    ".configuration.urls.status",
    ".configuration.urls.terms_of_service",
    ".registrations.message",
    ".registrations.min_age",
    ".registrations.url",
    ".wrapstodon",
    ".contact.account.last_status_at",
}


async def test_apps_learn_what_they_need_of_an_instance(world):
    await world.person("ana", role=Role.OWNER)
    shown = (await world.stranger.get("/api/v2/instance/")).json
    assert set(nulls_in(shown)) <= MAY_BE_NULL
    assert shown["version"].startswith("4.6.5 (compatible; Rookery ")
    assert float(shown["version"][:3]) >= 4.3
    assert shown["api_versions"] == {"mastodon": 11}
    assert shown["contact"]["account"]["username"] == "ana"
    assert shown["contact"]["email"] == ""
    configuration = shown["configuration"]
    assert configuration["urls"]["streaming"] == "ws://localhost:3000"
    assert configuration["statuses"] == {
        "max_characters": 5000,
        "max_media_attachments": 4,
        "characters_reserved_per_url": 23,
    }
    assert "image/heic" in configuration["media_attachments"]["supported_mime_types"]
    assert configuration["polls"]["max_options"] == 4
    assert shown["registrations"]["enabled"] is True  # a test server is open


async def test_an_unclaimed_nest_has_nobody_to_contact(world):
    assert (await world.stranger.get("/api/v2/instance")).json["contact"]["account"] is None


async def test_old_apps_learn_the_same_and_are_told_to_move_on(world):
    ana = await world.person("ana", role=Role.OWNER)
    await ana.publishes("hello")
    reply = await world.stranger.get("/api/v1/instance")
    assert reply.headers["deprecation"] == "@1668384000"
    shown = reply.json
    assert shown["uri"] == "localhost"
    assert shown["urls"] == {"streaming_api": "ws://localhost:3000"}
    assert shown["stats"] == {"user_count": 1, "status_count": 1, "domain_count": 0}
    assert shown["configuration"]["statuses"]["max_characters"] == 5000
    assert shown["contact_account"]["username"] == "ana"
    assert list(nulls_in(shown)) == []


@pytest.mark.parametrize(
    ("mode", "enabled", "approval"),
    [("open", True, False), ("approval", True, True), ("invitation", False, False), ("closed", False, False)],
)
async def test_the_door_is_described_as_it_stands(world, mode, enabled, approval):
    settings = world.app.settings
    nest = replace(settings.nest, registrations=RegistrationMode(mode), rules=("Be kind.", "No spiders."))
    world.app.settings = replace(settings, nest=nest, is_test=False)
    shown = (await world.stranger.get("/api/v2/instance")).json
    assert (shown["registrations"]["enabled"], shown["registrations"]["approval_required"]) == (enabled, approval)
    assert (shown["registrations"]["message"] is None) == enabled
    assert [(rule["id"], rule["text"]) for rule in shown["rules"]] == [("1", "Be kind."), ("2", "No spiders.")]
    assert (await world.stranger.get("/api/v1/instance/rules")).json == shown["rules"]
    assert (await world.stranger.get("/nodeinfo/2.0")).json["openRegistrations"] is enabled


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("peers", list),
        ("domain_blocks", list),
        ("extended_description", dict),
        ("privacy_policy", dict),
        ("languages", list),
        ("translation_languages", dict),
    ],
)
async def test_a_stranger_may_read_what_is_written_about_the_nest(world, path, kind):
    reply = await world.stranger.get(f"/api/v1/instance/{path}")
    assert reply.code == 200
    assert isinstance(reply.json, kind)


async def test_languages_are_codes_with_names(world):
    languages = (await world.stranger.get("/api/v1/instance/languages")).json
    assert {"code": "fr", "name": "French"} in languages
    assert {"code": "gd", "name": "Scottish Gaelic"} in languages
    assert all(len(one["code"]) == 2 and one["name"] for one in languages)
    assert len(languages) > 150


async def test_there_are_no_terms_of_service(world):
    assert (await world.stranger.get("/api/v1/instance/terms_of_service")).code == 404


async def test_twelve_weeks_of_activity_are_told_in_texts(world):
    [ana] = await world.people("ana")
    await ana.publishes("hello")
    weeks = (await world.stranger.get("/api/v1/instance/activity")).json
    assert len(weeks) == 12
    assert int(weeks[0]["week"]) - int(weeks[1]["week"]) == 7 * 86_400
    assert (weeks[0]["statuses"], weeks[0]["registrations"]) == ("1", "1")
    assert weeks[1] == {"week": weeks[1]["week"], "statuses": "0", "logins": "0", "registrations": "0"}


async def test_nobody_has_identity_proofs_any_more(world):
    [ana] = await world.people("ana")
    assert await ana.calls("GET", f"/api/v1/accounts/{ana.id}/identity_proofs") == []


@pytest.mark.parametrize("path", ["trends", "trends/tags", "trends/statuses", "trends/links", "custom_emojis"])
async def test_on_a_server_of_nobody_nothing_trends(world, path):
    assert (await world.stranger.get(f"/api/v1/{path}")).json == []


async def test_a_custom_emoji_shows_in_posts_from_the_moment_it_is_added(world):
    [ana] = await world.people("ana")
    post = await ana.publishes("look :rook:")
    assert post["emojis"] == []
    await world.box.start()
    source = world.folder / "rook.png"
    source.write_bytes(saved(pillow_photo(64, 64), "PNG"))
    await add_emoji(world.app, world.media, ":rook:", source, category="birds", by=OPERATOR)
    [listed] = await ana.calls("GET", "/api/v1/custom_emojis")
    assert (listed["shortcode"], listed["category"], listed["visible_in_picker"]) == ("rook", "birds", True)
    assert listed["url"].startswith("http://localhost:3000/media/")
    shown = await ana.calls("GET", f"/api/v1/statuses/{post['id']}")
    assert shown["emojis"] == [listed]
    await add_emoji(world.app, world.media, "hidden", source, is_hidden=True, by=OPERATOR)
    assert len(await ana.calls("GET", "/api/v1/custom_emojis")) == 1
    await remove_emoji(world.app, world.media, "rook", by=OPERATOR)
    assert (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["emojis"] == []


async def test_emoji_are_named_beside_every_text_that_uses_them(world):
    [ana] = await world.people("ana")
    await world.box.start()
    source = world.folder / "rook.png"
    source.write_bytes(saved(pillow_photo(64, 64), "PNG"))
    for name in ("rook", "egg", "nest", "elm"):
        await add_emoji(world.app, world.media, name, source, by=OPERATOR)
    poll = {"options": ["an :egg:", "a rook"], "expires_in": 3600}
    post = await ana.publishes("a:rook:b is no emoji", spoiler_text="a :nest:", poll=poll)
    assert [one["shortcode"] for one in post["emojis"]] == ["egg", "nest"]
    assert [one["shortcode"] for one in post["poll"]["emojis"]] == ["egg"]
    shown = await ana.calls("GET", f"/api/v1/polls/{post['id']}")
    assert [one["shortcode"] for one in shown["emojis"]] == ["egg"]
    fields = [{"name": ":elm:", "value": "here"}]
    body = {"display_name": "Ana :rook:", "note": "by a :nest:", "fields_attributes": fields}
    account = await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body=body)
    assert [one["shortcode"] for one in account["emojis"]] == ["elm", "nest", "rook"]


async def test_password_managers_are_led_to_the_settings(world):
    moved = await world.stranger.get("/.well-known/change-password")
    assert (moved.code, moved.headers["location"]) == (302, "http://localhost:3000/settings/account")


async def test_peers_are_servers_that_we_deal_with(world):
    await FarPerson(world, "bea").arrives()
    await FarPerson(world, "eve", "social.bad.example").arrives()
    await FarPerson(world, "hal", "holes.example").arrives()
    async with world.app.db.transaction() as tx:
        await ensure_host(tx, "spoke.example", 1)
        await ensure_host(tx, "bad.example", 1)
    await block_domain(world.app, "bad.example", DomainWishes(Severity.SUSPEND), by=OPERATOR)
    await block_domain(world.app, "holes.example", DomainWishes(Severity.SILENCE, is_obfuscated=True), by=OPERATOR)
    assert await world.stranger_json("/api/v1/instance/peers") == ["far.example", "spoke.example"]
    assert (await world.stranger_json("/api/v1/instance"))["stats"]["domain_count"] == 2
    shown = await world.stranger_json("/api/v1/instance/domain_blocks")
    assert {one["domain"]: one["severity"] for one in shown} == {"bad.example": "suspend", "hol**.****ple": "silence"}
