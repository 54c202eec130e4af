"""Push subscriptions as apps make them, and what arrives on phones."""

import asyncio
import json

import pytest
from tests.measures import suspend_account
from tests.pushing import LoopbackDoor, Phone, PushService

from rookery.actions.callers import CallerCache
from rookery.actions.push_sending import PushSender, forget_stale_pushes
from rookery.actions.pushes import vapid_key
from rookery.actions.revocation import Cause, revoke_access
from rookery.mastodon.push_words import ALERTS, write_push
from rookery.model.audit import OPERATOR
from rookery.model.ids import now_us

PATH = "/api/v1/push/subscription"
EVERYTHING = {f"data[alerts][{word}]": "true" for word in ALERTS}
DAY_US = 86_400_000_000


@pytest.fixture
def service():
    made = PushService()
    yield made
    made.close()


@pytest.fixture
def phone():
    return Phone()


class Post:
    """The sender of a world, and what it does to time."""

    def __init__(self, world):
        self.world, self.door = world, LoopbackDoor()
        self.sender = PushSender(world.app, self.door, lambda errand: write_push(world.app, errand), timeout_s=5)

    async def settles(self):
        await self.world.settle()
        await self.sender.settle()

    async def waiting(self):
        return [
            tuple(row)
            for row in await self.world.app.db.reader.all(
                "SELECT attempt_count, run_at FROM push_deliveries ORDER BY notification_id, subscription_id"
            )
        ]

    async def time_passes(self):
        """Everything that waits is due."""
        async with self.world.app.db.transaction() as tx:
            await tx.run("UPDATE push_deliveries SET run_at = 0")


@pytest.fixture
def post(world):
    return Post(world)


def form_of(phone, url, **more):
    keys = {f"subscription[keys][{name}]": value for name, value in phone.keys.items()}
    return {"subscription[endpoint]": url, **keys, "subscription[standard]": "true", **EVERYTHING, **more}


async def subscribes(person, phone, url, **more):
    return await person.calls("POST", PATH, form=form_of(phone, url, **more))


async def test_an_app_subscribes_reads_changes_and_ends_its_subscription(world, phone):
    [ana] = await world.people("ana")
    await ana.calls("GET", PATH, code=404)
    made = await ana.calls(
        "POST",
        PATH,
        json_body={
            "subscription": {"endpoint": "https://push.example/a?b=c", "keys": phone.keys},
            "data": {"alerts": {"mention": True, "favourite": True, "admin.sign_up": True}, "policy": "followed"},
        },
    )
    key = (await vapid_key(world.app)).public
    assert made["endpoint"] == "https://push.example/a?b=c"
    assert (made["standard"], made["policy"], made["server_key"]) == (False, "followed", key)
    assert {word for word, is_on in made["alerts"].items() if is_on} == {"mention", "favourite", "admin.sign_up"}
    assert isinstance(made["id"], int)
    assert made["id"] < 2**53
    assert await ana.calls("GET", PATH) == made
    for method in ("PUT", "PATCH"):
        changed = await ana.calls(method, PATH, form={"data[alerts][poll]": "1", "data[alerts][mention]": "false"})
        assert {word for word, is_on in changed["alerts"].items() if is_on} == {"poll"}
        assert (changed["id"], changed["policy"]) == (made["id"], "all")
    assert await ana.calls("DELETE", PATH) == {}
    await ana.calls("PUT", PATH, code=404, form={"data[alerts][poll]": "1"})
    assert await ana.calls("DELETE", PATH) == {}


async def test_a_second_subscription_of_a_token_takes_the_place_of_the_first(world, phone):
    [ana] = await world.people("ana")
    first = await subscribes(ana, phone, "https://push.example/1")
    second = await subscribes(ana, phone, "https://push.example/2")
    assert first["id"] != second["id"]
    assert (await ana.calls("GET", PATH))["endpoint"] == "https://push.example/2"
    assert await world.app.db.reader.one("SELECT count(*) FROM push_subscriptions") in ([1], (1,))


async def test_each_token_has_a_subscription_of_its_own_and_nobody_reaches_anothers(world, phone):
    """CVE-2026-23964: a subscription is found by its token alone; there is no id to guess."""
    ana, eve = await world.people("ana", "eve")
    await subscribes(ana, phone, "https://push.example/ana")
    await eve.calls("GET", PATH, code=404)
    await eve.calls("PUT", PATH, code=404, form={"data[policy]": "none"})
    await eve.calls("DELETE", PATH)
    assert (await ana.calls("GET", PATH))["policy"] == "all"
    ana.client.token = await world.token(ana.id)
    await ana.calls("GET", PATH, code=404)


async def test_a_subscription_needs_the_scope_push(world, phone):
    ana = await world.person("ana", scopes="read write follow")
    await ana.calls("POST", PATH, code=403, form=form_of(phone, "https://push.example/1"))
    await world.stranger.post(PATH, form={})


@pytest.mark.parametrize(
    "wrong",
    [
        {"subscription[endpoint]": "ftp://push.example/1"},
        {"subscription[endpoint]": "https://"},
        {"subscription[endpoint]": "https://user@push.example/"},
        {"subscription[endpoint]": "https://push.example:0/"},
        {"subscription[endpoint]": "https://push.example/" + "x" * 2048},
        {"subscription[endpoint]": "https://push.example/\u00fc"},
        {"subscription[keys][p256dh]": "AAAA"},
        {"subscription[keys][auth]": "AAAA"},
        {"data[policy]": "friends"},
    ],
)
async def test_what_cannot_be_sent_to_is_refused_with_a_sentence(world, phone, wrong):
    [ana] = await world.people("ana")
    refused = await ana.calls("POST", PATH, code=422, form=form_of(phone, "https://push.example/1", **wrong))
    assert refused["error"].startswith("Validation failed: ")
    await ana.calls("GET", PATH, code=404)


async def test_a_subscription_without_endpoint_or_keys_is_refused(world, phone):
    [ana] = await world.people("ana")
    for missing in ("subscription[endpoint]", "subscription[keys][p256dh]", "subscription[keys][auth]"):
        form = form_of(phone, "https://push.example/1")
        del form[missing]
        await ana.calls("POST", PATH, code=400, form=form)


async def test_the_servers_key_is_the_same_everywhere_and_after_a_restart(world):
    instance = (await world.stranger.get("/api/v2/instance")).json
    app = (
        await world.stranger.post("/api/v1/apps", form={"client_name": "x", "redirect_uris": "https://x.example"})
    ).json
    key = instance["configuration"]["vapid"]["public_key"]
    assert app["vapid_key"] == key
    assert len(key) == 87
    world.app.vapid = None
    assert (await vapid_key(world.app)).public == key


@pytest.mark.parametrize("standard", ["true", "false"])
async def test_a_mention_arrives_on_the_phone(world, post, service, phone, standard):
    ana, bea = await world.people("ana", "bea")
    await subscribes(ana, phone, service.url("/ana"), **{"subscription[standard]": standard})
    await bea.publishes("@ana hello there")
    await post.settles()
    [message] = service.received
    assert message.headers["ttl"] == "172800"
    assert message.headers["urgency"] == "high"
    [told] = await ana.calls("GET", "/api/v1/notifications")
    assert phone.reads(message) == {
        "access_token": ana.token,
        "preferred_locale": "en",
        "notification_id": int(told["id"]),
        "notification_type": "mention",
        "icon": "http://localhost:3000/static/avatar.png",
        "title": "bea mentioned you",
        "body": "@ana hello there",
        "url": phone.reads(message)["url"],
    }
    assert await post.waiting() == []


async def test_every_kind_arrives_in_the_language_of_its_reader(world, post, service, phone):
    ana, bea = await world.people("ana", "bea")
    async with world.app.db.transaction() as tx:
        await tx.run('UPDATE members SET preferences = \'{"locale": "fr"}\' WHERE account_id = :id', id=ana.id)
    await subscribes(ana, phone, service.url("/ana"))
    mine = await ana.publishes("mine")
    await ana.follows(bea, notify=True)
    await bea.follows(ana)
    await bea.calls("POST", f"/api/v1/statuses/{mine['id']}/favourite")
    await bea.calls("POST", f"/api/v1/statuses/{mine['id']}/reblog")
    theirs = await bea.publishes("theirs")
    await ana.calls("POST", f"/api/v1/statuses/{theirs['id']}/favourite")
    await post.settles()
    await bea.calls("PUT", f"/api/v1/statuses/{theirs['id']}", json_body={"status": "theirs, edited"})
    await post.settles()
    told = {phone.reads(message)["notification_type"]: phone.reads(message) for message in service.received}
    assert {word: message["title"] for word, message in told.items()} == {
        "follow": "bea vous suit",
        "favourite": "bea a ajouté votre message à ses favoris",
        "reblog": "bea a partagé votre message",
        "status": "bea vient de publier",
        "update": "bea a modifié un message",
    }
    assert told["update"]["body"] == "theirs, edited"
    assert told["follow"]["preferred_locale"] == "fr"


async def test_only_what_was_asked_for_is_told(world, post, service, phone):
    ana, bea = await world.people("ana", "bea")
    await ana.calls("POST", PATH, form=form_of(phone, service.url("/ana")))
    await ana.calls("PUT", PATH, form={"data[alerts][follow]": "1"})
    await bea.publishes("@ana hello")
    await bea.follows(ana)
    await post.settles()
    assert [phone.reads(message)["notification_type"] for message in service.received] == ["follow"]


@pytest.mark.parametrize(
    ("policy", "told"),
    [("all", {"eve", "fan", "idol"}), ("followed", {"idol"}), ("follower", {"fan"}), ("none", set())],
)
async def test_a_policy_says_whose_doings_are_told(world, post, service, phone, policy, told):
    ana, eve, fan, idol = await world.people("ana", "eve", "fan", "idol")
    await fan.follows(ana)
    await ana.follows(idol)
    await world.settle()
    await subscribes(ana, phone, service.url("/ana"), **{"data[policy]": policy})
    for person in (eve, fan, idol):
        await person.publishes("@ana hello")
    await post.settles()
    assert {phone.reads(message)["title"].split()[0] for message in service.received} == told


async def planned(world, post, service, phone):
    """Somebody's mention that is under way to Ana, who may yet change her mind."""
    ana, bea = await world.people("ana", "bea")
    await subscribes(ana, phone, service.url("/ana"))
    said = await bea.publishes("@ana an ugly word")
    await world.settle()
    return ana, bea, said


async def change(world, ana, bea, said, what):
    filters = {"title": "Ugly", "context": ["notifications"], "keywords_attributes": [{"keyword": "ugly"}]}
    match what:
        case "blocked":
            await ana.calls("POST", f"/api/v1/accounts/{bea.id}/block")
        case "muted":
            await ana.calls("POST", f"/api/v1/accounts/{bea.id}/mute")
        case "thread muted":
            await ana.calls("POST", f"/api/v1/statuses/{said['id']}/mute")
        case "filtered":
            await ana.calls("POST", "/api/v2/filters", json_body={**filters, "filter_action": "hide"})
        case "policy":
            await ana.calls("PUT", "/api/v2/notifications/policy", json_body={"for_not_following": "filter"})
        case "deleted":
            await bea.calls("DELETE", f"/api/v1/statuses/{said['id']}")
        case "dismissed":
            await ana.calls("POST", "/api/v1/notifications/clear")
        case "author suspended":
            await suspend_account(world.app, bea.id, by=OPERATOR)
        case "reader suspended":
            await suspend_account(world.app, ana.id, by=OPERATOR)
        case "token revoked":
            await revoke_access(world.app, ana.id, reason=Cause.TOKEN_REVOKED, token_ids=[await token_id(world, ana)])
        case "password reset":
            await revoke_access(world.app, ana.id, reason=Cause.PASSWORD_RESET)
        case "alert off":
            await ana.calls("PUT", PATH, form={"data[alerts][follow]": "1"})


async def token_id(world, person):
    return (await CallerCache(world.app).identify_token(person.token)).token_id


@pytest.mark.parametrize(
    "what",
    [
        *("blocked", "muted", "thread muted", "filtered", "policy", "deleted", "dismissed", "author suspended"),
        *("reader suspended", "token revoked", "password reset", "alert off"),
    ],
)
async def test_what_changed_since_is_respected_when_a_message_leaves(world, post, service, phone, what):
    """GHSA-f3q3-rmf7-9655 for tokens that ended."""
    ana, bea, said = await planned(world, post, service, phone)
    assert len(await post.waiting()) == 1
    await change(world, ana, bea, said, what)
    await post.settles()
    assert service.received == []
    assert await post.waiting() == []


async def test_a_message_of_a_follower_only_post_goes_to_who_may_see_it(world, post, service, phone):
    ana, bea = await world.people("ana", "bea")
    await subscribes(ana, phone, service.url("/ana"))
    await ana.follows(bea, notify=True)
    await world.settle()
    await bea.publishes("for friends", visibility="private")
    await world.settle()
    await bea.calls("POST", f"/api/v1/accounts/{ana.id}/remove_from_followers")
    await post.settles()
    assert "for friends" not in json.dumps([phone.reads(message) for message in service.received])


async def test_words_under_a_filter_that_warns_stay_out_of_the_message(world, post, service, phone):
    ana, bea, _ = await planned(world, post, service, phone)
    body = {"title": "Ugly", "context": ["notifications"], "keywords_attributes": [{"keyword": "ugly"}]}
    await ana.calls("POST", "/api/v2/filters", json_body=body)
    await bea.publishes("@ana a nice word")
    await post.settles()
    assert {phone.reads(message)["body"] for message in service.received} == {"Filtered: Ugly", "@ana a nice word"}


async def test_a_content_warning_stands_for_the_words(world, post, service, phone):
    ana, bea = await world.people("ana", "bea")
    await subscribes(ana, phone, service.url("/ana"))
    await bea.publishes("@ana the butler did it", spoiler_text="the end")
    await post.settles()
    assert phone.reads(service.received[0])["body"] == "the end"


async def test_long_words_and_names_are_cut_to_what_a_message_holds(world, post, service, phone):
    ana, bea = await world.people("ana", "bea")
    await bea.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"display_name": "\U0001f426" * 60})
    await subscribes(ana, phone, service.url("/ana"))
    await bea.publishes("@ana " + "\U0001f426\u0301" * 2000)
    await post.settles()
    assert len(phone.reads(service.received[0])["body"]) == 140


async def test_an_endpoint_that_is_gone_ends_its_subscription(world, post, service, phone):
    ana, bea = await world.people("ana", "bea")
    for code in (404, 410):
        service.codes["/ana"] = code
        await subscribes(ana, phone, service.url("/ana"))
        await bea.publishes("@ana hello")
        await post.settles()
        await ana.calls("GET", PATH, code=404)
        assert await post.waiting() == []


@pytest.mark.parametrize("code", [408, 429, 500, 503])
async def test_a_busy_push_service_is_asked_again_later(world, post, service, phone, code):
    ana, bea = await world.people("ana", "bea")
    service.codes["/ana"] = code
    await subscribes(ana, phone, service.url("/ana"))
    await bea.publishes("@ana hello")
    begin = now_us()
    await post.settles()
    [(attempts, run_at)] = await post.waiting()
    assert attempts == 1
    wait_s = (run_at - begin) / 1_000_000
    assert (600 if code == 429 else 15) <= wait_s < (610 if code == 429 else 25)
    service.codes.clear()
    await post.time_passes()
    await post.settles()
    assert len(service.received) == 1


async def test_a_message_that_is_refused_is_dropped_and_its_subscription_ends_after_two_weeks(
    world, post, service, phone
):
    ana, bea = await world.people("ana", "bea")
    service.codes["/ana"] = 413
    await subscribes(ana, phone, service.url("/ana"))
    await bea.publishes("@ana hello")
    await post.settles()
    assert await post.waiting() == []
    await forget_stale_pushes(world.app)
    await ana.calls("GET", PATH)
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE push_subscriptions SET failing_since = failing_since - :days", days=14 * DAY_US)
    await forget_stale_pushes(world.app)
    await ana.calls("GET", PATH, code=404)


async def test_what_was_not_taken_in_two_days_is_dropped(world, post, service, phone):
    ana, bea = await world.people("ana", "bea")
    service.codes["/ana"] = 503
    await subscribes(ana, phone, service.url("/ana"))
    await bea.publishes("@ana hello")
    await post.settles()
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE push_deliveries SET created_at = created_at - :days", days=2 * DAY_US)
    await post.time_passes()
    await post.settles()
    assert await post.waiting() == []


async def test_a_dead_push_service_rests_longer_each_time_and_comes_back(world, post, service, phone):
    ana, bea = await world.people("ana", "bea")
    await subscribes(ana, phone, service.url("/ana"))
    post.door.dead.add(service.host)
    for number in range(9):
        await bea.publishes(f"@ana {number}")
    rests = []
    for _ in range(3):
        await post.time_passes()
        begin = now_us()
        await post.settles()
        rests.append((min(run_at for _, run_at in await post.waiting()) - begin) / 1_000_000)
    assert rests[0] >= 30
    assert rests == sorted(rests)
    assert rests[2] <= 1810
    tried = sum(attempts for attempts, _ in await post.waiting())
    post.door.dead.clear()
    await post.time_passes()
    await post.settles()
    assert len(service.received) == 9
    assert tried <= 8 + 1 + 1


async def test_a_push_service_that_hangs_holds_up_nobody_else(world, post, phone):
    ana, bea, cal = await world.people("ana", "bea", "cal")
    slow, quick = PushService(), PushService()
    slow.stuck.add("/ana")
    try:
        await subscribes(ana, phone, slow.url("/ana"))
        await subscribes(bea, phone, quick.url("/bea"))
        for number in range(30):
            await cal.publishes(f"@ana @bea {number}")
        await world.settle()
        running = asyncio.create_task(post.sender.run())
        async with asyncio.timeout(20):
            while len(quick.received) < 30:
                await asyncio.sleep(0)
        assert slow.received == []
        assert len(slow.asked) <= 8
        running.cancel()
        slow.closing.set()
        await asyncio.gather(running, return_exceptions=True)
        assert len(await post.waiting()) >= 30  # those that hang, and perhaps some whose answer was not yet noted
    finally:
        slow.close()
        quick.close()


async def test_a_killed_sender_loses_nothing(world, post, service, phone):
    ana, bea = await world.people("ana", "bea")
    service.stuck.add("/ana")
    await subscribes(ana, phone, service.url("/ana"))
    await bea.publishes("@ana hello")
    await world.settle()
    killed = asyncio.create_task(post.sender.settle())
    async with asyncio.timeout(10):
        while not service.asked:
            await asyncio.sleep(0)
    await post.sender.close()
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    service.stuck.clear()
    await post.time_passes()
    await Post(world).settles()
    assert phone.reads(service.received[-1])["title"] == "bea mentioned you"
    assert await post.waiting() == []


async def test_a_token_lies_sealed_in_the_database(world, phone):
    [ana] = await world.people("ana")
    await subscribes(ana, phone, "https://push.example/1")
    row = await world.app.db.reader.one("SELECT sealed_token FROM push_subscriptions")
    assert row[0]
    assert ana.token not in row[0]
    assert ana.token.encode().hex() not in row[0]


async def test_without_the_sealing_key_a_message_still_comes(world, post, service, phone):
    ana, bea = await world.people("ana", "bea")
    await subscribes(ana, phone, service.url("/ana"))
    (world.folder / "sealing.key").unlink()
    await bea.publishes("@ana hello")
    await post.settles()
    assert phone.reads(service.received[0])["access_token"] == ""
