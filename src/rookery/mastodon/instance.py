"""The server itself in the client API: what it is, what it allows, its rules, how much it is used.

Owns: the routes of both versions of instance, and custom emoji. Spec: https://docs.joinmastodon.org/methods/instance/
"""

from __future__ import annotations

from typing import Any

from rookery.actions.pushes import vapid_key
from rookery.actions.registrations import settings_now
from rookery.mastodon.deprecated import deprecated_since
from rookery.mastodon.face import MastodonFace
from rookery.mastodon.instance_json import json_from_rules, json_from_settings, json_from_settings_v1, paragraphs_from
from rookery.mastodon.languages import LANGUAGES
from rookery.model.blocks import Severity
from rookery.model.errors import NotFound
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.domainblocks import list_every_domain_block
from rookery.storage.members import find_owner_id

routes: RouteTable[MastodonFace] = RouteTable()
PRIVACY_WRITTEN_AT = "2026-11-21T00:00:00.000Z"
PRIVACY = (
    "The people who run {domain} have not written a privacy policy of their own. This is what the software does.",
    "It keeps what you write and upload, whom you follow, block and mute, your e-mail address, a hash of your password,"
    " and for each session the browser's name and address, until you delete them or your account.",
    "Public posts can be read by everybody. Other posts are shown to the people you chose, and to nobody else but those"
    " who run the server and have access to its database.",
    "It sets one cookie, when you sign in, and loads nothing from other companies.",
    "Questions: {contact}",
)


class TermsNotFound(NotFound):
    """There are no terms of service beside the rules."""

    def __init__(self) -> None:
        super().__init__("this server has no terms of service beside its rules")


async def owner_json(face: MastodonFace) -> Any:
    """Return the owner's Account entity, None while nobody has claimed the server."""
    owner_id = await find_owner_id(face.app.db.reader)
    return await face.renders.account(owner_id) if owner_id is not None else None


@routes.route("GET", "/api/v2/instance", who="anyone")
async def show_instance(face: MastodonFace, request: Request) -> Answer:
    """What this server is. Spec: https://docs.joinmastodon.org/methods/instance/#v2"""
    account = await owner_json(face)
    counts, translates = await face.usage.counts.get(), face.app.translator is not None
    key = (await vapid_key(face.app)).public
    settings = await settings_now(face.app)
    return json_response(json_from_settings(settings, counts, account, key, translates=translates))


@routes.route("GET", "/api/v1/instance", who="anyone")
async def show_old_instance(face: MastodonFace, request: Request) -> Answer:
    """The same in its older shape. Spec: https://docs.joinmastodon.org/methods/instance/#v1"""
    account = await owner_json(face)
    shown = json_from_settings_v1(await settings_now(face.app), await face.usage.counts.get(), account)
    return json_response(shown, headers=deprecated_since(2022, 11, 14))


@routes.route("GET", "/api/v1/instance/peers", who="anyone")
async def list_peers(face: MastodonFace, request: Request) -> Answer:
    """Other servers we know somebody on. Spec: https://docs.joinmastodon.org/methods/instance/#peers"""
    return json_response(await face.usage.domains.get())


@routes.route("GET", "/api/v1/instance/activity", who="anyone")
async def show_activity(face: MastodonFace, request: Request) -> Answer:
    """Twelve weeks in numbers. Spec: https://docs.joinmastodon.org/methods/instance/#activity"""
    return json_response(
        [
            {
                "week": str(week.began_at_us // 1_000_000),
                "statuses": str(week.posts),
                "logins": str(week.sign_ins),
                "registrations": str(week.sign_ups),
            }
            for week in await face.usage.weeks.get()
        ]
    )


@routes.route("GET", "/api/v1/instance/rules", who="anyone")
async def list_rules(face: MastodonFace, request: Request) -> Answer:
    """The rules. Spec: https://docs.joinmastodon.org/methods/instance/#rules"""
    return json_response(json_from_rules(face.app.settings.nest.rules))


@routes.route("GET", "/api/v1/instance/domain_blocks", who="anyone")
async def list_blocked_servers(face: MastodonFace, request: Request) -> Answer:
    """Which servers are kept away, and why. Spec: https://docs.joinmastodon.org/methods/instance/#domain_blocks"""
    blocks = await list_every_domain_block(face.app.db.reader)
    return json_response(
        [
            {
                "domain": block.shown_domain,
                "digest": block.digest,
                "severity": block.severity.value,
                "comment": block.public_comment,
            }
            for block in blocks
            if block.severity is not Severity.NOOP
        ]
    )


@routes.route("GET", "/api/v1/instance/extended_description", who="anyone")
async def show_extended_description(face: MastodonFace, request: Request) -> Answer:
    """The description. Spec: https://docs.joinmastodon.org/methods/instance/#extended_description"""
    return json_response({"updated_at": None, "content": paragraphs_from(face.app.settings.nest.description)})


@routes.route("GET", "/api/v1/instance/privacy_policy", who="anyone")
async def show_privacy_policy(face: MastodonFace, request: Request) -> Answer:
    """What is kept of people. Spec: https://docs.joinmastodon.org/methods/instance/#privacy_policy"""
    settings = face.app.settings
    names = {"domain": settings.server.domain, "contact": settings.nest.contact_email or settings.base_url}
    content = paragraphs_from(*(text.format(**names) for text in PRIVACY))
    return json_response({"updated_at": PRIVACY_WRITTEN_AT, "content": content})


@routes.route("GET", "/api/v1/instance/terms_of_service/{date}", who="anyone")
@routes.route("GET", "/api/v1/instance/terms_of_service", who="anyone")
async def show_terms_of_service(face: MastodonFace, request: Request) -> Answer:
    """There are none, of any date. Spec: https://docs.joinmastodon.org/methods/instance/#terms_of_service"""
    raise TermsNotFound


@routes.route("GET", "/api/v1/instance/languages", who="anyone")
async def list_languages(face: MastodonFace, request: Request) -> Answer:
    """What a post may be written in. Spec: Mastodon, api/v1/instances/languages_controller.rb"""
    return json_response([{"code": code, "name": name} for code, name in LANGUAGES.items()])


@routes.route("GET", "/api/v1/custom_emojis", who="anyone")
async def list_custom_emojis(face: MastodonFace, request: Request) -> Answer:
    """The custom emoji to pick from. Spec: https://docs.joinmastodon.org/methods/custom_emojis/#get"""
    await face.live.catch_up()
    catalogue = await face.renders.learn_emoji()
    return json_response([emoji for emoji in catalogue.values() if emoji["visible_in_picker"]])
