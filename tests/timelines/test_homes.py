"""Homes: the cache, SQL and the rule in plain Python say the same after any history."""

import asyncio
import random
from bisect import bisect_left
from dataclasses import dataclass, field

import pytest

from rookery.actions.follows import mute_account
from rookery.actions.posts import post_from_draft, published_event
from rookery.model.ids import PostId, floor_id, now_us
from rookery.model.paging import Window
from rookery.model.posts import Draft
from rookery.storage.posts import insert_post
from rookery.timelines.home import KEPT, NO_REPEAT, SLACK, Home
from rookery.timelines.homes import Homes
from rookery.timelines.live import Live

NAMES = ("ana", "bea", "cleo", "dora")
STEPS = 300
TAG = "birds"


@dataclass
class Entry:
    """What the rule needs to know of a post."""

    id: int
    author: str
    audience: str = "public"
    reply_to: str | None = None
    repeats: int | None = None
    tagged: bool = False


@dataclass
class Story:
    """The world as plain Python sees it."""

    posts: dict[int, Entry] = field(default_factory=dict)
    follows: dict[tuple[str, str], bool] = field(default_factory=dict)  # -> shows reposts
    mutes: set[tuple[str, str]] = field(default_factory=set)
    blocks: set[tuple[str, str]] = field(default_factory=set)
    exclusive: set[tuple[str, str]] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)

    def is_kept_apart(self, viewer, other):
        return {(viewer, other), (other, viewer)} & self.blocks or (viewer, other) in self.mutes

    def takes(self, viewer, post):
        """The rule of a home, said once more."""
        original = self.posts.get(post.repeats) if post.repeats else None
        if post.author == viewer:
            return original is None or (original.author, viewer) not in self.blocks
        if self.is_kept_apart(viewer, post.author) or (original and self.is_kept_apart(viewer, original.author)):
            return False
        if viewer in self.tags and post.tagged and post.audience == "public":
            return True
        if (viewer, post.author) not in self.follows or (viewer, post.author) in self.exclusive:
            return False
        if post.repeats and not self.follows[viewer, post.author]:
            return False
        return post.reply_to in (None, viewer, post.author) or (viewer, post.reply_to) in self.follows

    def home(self, viewer):
        shown, recent = [], []
        for post in sorted(self.posts.values(), key=lambda one: one.id):
            if not self.takes(viewer, post):
                continue
            target = post.repeats or post.id
            if target == post.id or target not in recent[-NO_REPEAT:]:
                shown.append(post.id)
                recent.append(target)
        return shown[::-1]


class Walk:
    """Takes random steps in the nest and in the story at once."""

    def __init__(self, world, people, dice):
        self.world, self.people, self.dice, self.story = world, people, dice, Story()
        self.lists = {}

    async def step(self):
        moves = [self.publish] * 6 + [self.repost] * 4 + [self.follow] * 3 + [self.unfollow, self.mute, self.unmute]
        moves += [self.block, self.unblock, self.delete, self.delete, self.unrepost, self.edit, self.tag, self.listing]
        await self.dice.choice(moves)()

    def two(self):
        one, other = self.dice.sample(NAMES, 2)
        return self.people[one], self.people[other]

    def some(self, chosen):
        found = [post for post in self.story.posts.values() if chosen(post)]
        return self.dice.choice(found) if found else None

    async def publish(self):
        who = self.people[self.dice.choice(NAMES)]
        audience, tagged = self.dice.choice(["public", "public", "private"]), self.dice.random() < 0.3
        answered = self.some(lambda post: not post.repeats) if self.dice.random() < 0.4 else None
        body = {"status": f"hello #{TAG}" if tagged else "hello", "visibility": audience}
        body |= {"in_reply_to_id": str(answered.id)} if answered else {}
        reply = await who.client.post("/api/v1/statuses", json_body=body)
        if reply.code == 200:
            post_id, to = int(reply.json["id"]), answered.author if answered else None
            self.story.posts[post_id] = Entry(post_id, who.name, audience, to, tagged=tagged)

    async def repost(self):
        who = self.people[self.dice.choice(NAMES)]
        post = self.some(lambda one: not one.repeats)
        if post is None:
            return
        reply = await who.client.post(f"/api/v1/statuses/{post.id}/reblog")
        if reply.code == 200:
            post_id = int(reply.json["id"])
            self.story.posts[post_id] = Entry(post_id, who.name, post.audience, repeats=post.id)

    async def unrepost(self):
        repost = self.some(lambda one: one.repeats)
        if repost is None:
            return
        reply = await self.people[repost.author].client.post(f"/api/v1/statuses/{repost.repeats}/unreblog")
        if reply.code == 200:
            del self.story.posts[repost.id]

    async def delete(self):
        post = self.some(lambda one: not one.repeats)
        if post is None:
            return
        await self.people[post.author].calls("DELETE", f"/api/v1/statuses/{post.id}")
        gone = [one.id for one in self.story.posts.values() if post.id in (one.id, one.repeats)]
        for post_id in gone:
            del self.story.posts[post_id]

    async def edit(self):
        post = self.some(lambda one: not one.repeats)
        if post is None:
            return
        post.tagged = not post.tagged
        text = f"changed #{TAG}" if post.tagged else "changed"
        await self.people[post.author].calls("PUT", f"/api/v1/statuses/{post.id}", json_body={"status": text})

    async def follow(self):
        one, other = self.two()
        shows = self.dice.random() < 0.8
        reply = await one.client.post(f"/api/v1/accounts/{other.id}/follow", json_body={"reblogs": shows})
        if reply.code == 200:
            self.story.follows[one.name, other.name] = shows

    async def unfollow(self):
        one, other = self.two()
        await one.calls("POST", f"/api/v1/accounts/{other.id}/unfollow")
        self.story.follows.pop((one.name, other.name), None)

    async def mute(self):
        one, other = self.two()
        await one.calls("POST", f"/api/v1/accounts/{other.id}/mute")
        self.story.mutes.add((one.name, other.name))

    async def unmute(self):
        one, other = self.two()
        await one.calls("POST", f"/api/v1/accounts/{other.id}/unmute")
        self.story.mutes.discard((one.name, other.name))

    async def block(self):
        if len(self.story.blocks) > 1:
            return
        one, other = self.two()
        await one.calls("POST", f"/api/v1/accounts/{other.id}/block")
        self.story.blocks.add((one.name, other.name))
        for pair in ((one.name, other.name), (other.name, one.name)):
            self.story.follows.pop(pair, None)

    async def unblock(self):
        for one, other in list(self.story.blocks):
            await self.people[one].calls("POST", f"/api/v1/accounts/{self.people[other].id}/unblock")
            self.story.blocks.discard((one, other))

    async def tag(self):
        one, _ = self.two()
        is_on = one.name not in self.story.tags
        await one.calls("POST", f"/api/v1/tags/{TAG}/{'follow' if is_on else 'unfollow'}")
        (self.story.tags.add if is_on else self.story.tags.discard)(one.name)

    async def listing(self):
        one, other = self.two()
        pair = (one.name, other.name)
        if pair in self.story.exclusive:
            await one.calls("DELETE", f"/api/v1/lists/{self.lists.pop(pair)}")
            self.story.exclusive.discard(pair)
        elif pair in self.story.follows:
            made = await one.calls("POST", "/api/v1/lists", json_body={"title": "apart", "exclusive": True})
            body = {"account_ids": [str(other.id)]}
            await one.calls("POST", f"/api/v1/lists/{made['id']}/accounts", json_body=body)
            self.lists[pair] = made["id"]
            self.story.exclusive.add(pair)


@pytest.mark.parametrize("seed", [1, 2])
async def test_cache_and_sql_and_the_rule_agree_after_every_step(world, seed):
    people = dict(zip(NAMES, await world.people(*NAMES), strict=True))
    walk = Walk(world, people, random.Random(seed))
    for number in range(STEPS):
        await walk.step()
        fresh = Homes(world.app.db, Live(world.app.db), kept=10)
        for name, person in people.items():
            expected = walk.story.home(name)[:60]
            cached = await world.homes.page(person.id, Window(limit=60))
            assert cached == expected, (number, name, "cache")
            assert await fresh.page(person.id, Window(limit=60)) == expected, (number, name, "sql")
    assert len(walk.story.posts) > 20
    assert world.homes.loading == {}


async def fill(world, author, moments):
    """Posts of the past, straight into the tables; return their ids."""
    ids = []
    async with world.app.db.transaction() as tx:
        for moment in moments:
            post = post_from_draft(world.app, Draft(author.id, "old"), (), (), None, moment)
            post_id = PostId(world.app.ids.id_at(moment))
            object.__setattr__(post, "id", post_id)
            assert await insert_post(tx, post)
            ids.append(int(post_id))
    return ids


async def walk_down(homes, owner, limit):
    met, window = [], Window(limit=limit)
    while page := await homes.page(owner, window):
        assert len(page) <= limit
        met += page
        window = Window(limit=limit, before=page[-1])
    return met


async def walk_up(homes, owner, limit, start=0):
    met, above = [], start
    while page := await homes.page(owner, Window(limit=limit, above=above)):
        assert page == sorted(page, reverse=True)
        met += page[::-1]
        above = page[0]
    return met


HOUR_US = 3600 * 1_000_000


async def test_paging_down_and_up_meets_every_post_once_far_beyond_the_cache(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    dice, now = random.Random(3), now_us()
    dense = [now - n * 1_000_000 for n in range(1, 1001)]
    sparse = [now - dice.randrange(HOUR_US * 24, HOUR_US * 24 * 900) for _ in range(60)]
    ancient = [1_000_000, HOUR_US * 24 * 365 * 30]
    ids = sorted(await fill(world, ana, [*dense, *sparse, *ancient]), reverse=True)
    for limit in (40, 37):
        assert await walk_down(world.homes, bea.id, limit) == ids
        assert await walk_up(world.homes, bea.id, limit) == ids[::-1]
    middle = ids[900]
    assert await world.homes.page(bea.id, Window(limit=20, above=middle)) == ids[880:900]
    assert await world.homes.page(bea.id, Window(limit=20, after=middle)) == ids[:20]
    assert await world.homes.page(bea.id, Window(limit=40, before=ids[885], after=middle)) == ids[886:900]
    assert await world.homes.page(bea.id, Window(limit=40, before=ids[-1])) == []
    assert await world.homes.page(bea.id, Window(limit=40, above=ids[0])) == []


async def test_a_post_that_arrives_late_is_met_once_in_its_place(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    now = now_us()
    ids = await fill(world, ana, [now - n * 1_000_000 for n in range(1, KEPT + 201)])
    assert len(await world.homes.page(bea.id, Window(limit=40))) == 40
    late = []
    for moment in (now - 5_500_000, now - HOUR_US * 24 * 400):
        post = post_from_draft(world.app, Draft(ana.id, "late"), (), (), None, moment)
        object.__setattr__(post, "id", PostId(world.app.ids.id_at(moment)))
        async with world.app.db.transaction() as tx:
            assert await insert_post(tx, post)
            tx.append(published_event(post))
        late.append(int(post.id))
    assert await walk_down(world.homes, bea.id, 40) == sorted([*ids, *late], reverse=True)


async def test_a_repost_is_left_out_while_what_it_shows_stands_close_and_comes_back_when_that_goes(world):
    ana, bea, cleo, dora = await world.people("ana", "bea", "cleo", "dora")
    for other in (bea, cleo):
        await dora.follows(other)
    post = await ana.publishes("repeat me")
    first = await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    second = await cleo.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    assert [one["id"] for one in await dora.home()] == [first["id"]]
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/unreblog")
    assert [one["id"] for one in await dora.home()] == [second["id"]]
    for number in range(NO_REPEAT):
        await bea.publishes(f"{number}")
    third = await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    assert (await dora.home())[0]["id"] == third["id"]


async def test_a_mute_that_ends_brings_the_posts_back_by_itself(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    await ana.publishes("before")
    await mute_account(world.app, bea.id, ana.id, lasts_s=1)
    await ana.publishes("meanwhile")
    assert await bea.home() == []
    async with world.app.db.transaction() as tx:  # time is virtual: the mute has just ended
        await tx.run("UPDATE mutes SET expires_at = :past", past=now_us() - 1)
    world.homes.cached[bea.id].good_until_us = now_us() - 1
    assert len(await bea.home()) == 2


async def test_a_post_and_its_deletion_heard_together_leave_nothing(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    assert await ana.home() == await bea.home() == []
    cursor = world.live.cursor
    post = await ana.publishes("now you see me")
    await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    fresh_live = Live(world.app.db)
    homes = Homes(world.app.db, fresh_live, kept=10)
    for person in (ana, bea):
        await homes.page(person.id, Window())
    fresh_live.cursor = cursor  # as in a process that hears both at once
    for person in (ana, bea):
        assert await homes.page(person.id, Window()) == []
    kept = await ana.publishes("still here")
    for person in (ana, bea):
        assert await homes.page(person.id, Window()) == [int(kept["id"])]


async def test_many_who_ask_at_once_read_once_and_miss_nothing(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    reads, read = [], world.homes.read_home

    async def counted(owner_id):
        reads.append(owner_id)
        await asyncio.sleep(0.01)
        home = await read(owner_id)
        await asyncio.sleep(0.01)
        return home

    world.homes.read_home = counted
    asking = [asyncio.create_task(world.homes.page(bea.id, Window())) for _ in range(20)]
    await asyncio.sleep(0.005)
    posts = [int((await ana.publishes(f"{number}"))["id"]) for number in range(3)]
    gone = await ana.publishes("gone")
    await world.settle()
    await ana.calls("DELETE", f"/api/v1/statuses/{gone['id']}")
    await world.settle()
    await asyncio.gather(*asking)
    assert reads == [bea.id]
    assert await world.homes.page(bea.id, Window()) == posts[::-1]


async def test_an_unfollow_while_a_home_is_read_is_not_missed(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    await ana.publishes("x")
    read, first = world.homes.read_home, []

    async def slow(owner_id):
        home = await read(owner_id)
        if not first:
            first.append(1)
            await bea.calls("POST", f"/api/v1/accounts/{ana.id}/unfollow")
            await world.live.catch_up()
        return home

    world.homes.read_home = slow
    assert await world.homes.page(bea.id, Window()) == []
    assert await world.homes.page(bea.id, Window()) == []


async def test_the_home_unused_for_longest_goes_first(world):
    people = await world.people("ana", "bea", "cleo")
    homes = Homes(world.app.db, world.live, kept=2)
    for person in (people[0], people[1], people[0], people[2]):
        await homes.page(person.id, Window())
    assert set(homes.cached) == {people[0].id, people[2].id}


def test_a_home_alone_equals_its_rule_after_anything():
    """Home against a list: adds in and out of order, removals, repeats, trimming."""
    for seed in range(30):
        dice = random.Random(seed)
        home, entries = Home([], is_whole=True), {}
        for number in range(1, 400):
            action = dice.random()
            if action < 0.75:
                place = number * 10 if dice.random() < 0.9 else dice.randrange(1, number * 10)
                repeats = dice.choice(sorted(entries)) if entries and dice.random() < 0.4 else place
                target = entries.get(repeats, repeats)
                if place not in entries:
                    entries[place] = target if repeats != place else place
                    home.add(place, entries[place])
            elif entries:
                gone = dice.choice(sorted(entries))
                del entries[gone]
                home.remove(gone)
            shown, recent = [], []
            for post_id in sorted(entries):
                if entries[post_id] == post_id or entries[post_id] not in recent[-NO_REPEAT:]:
                    shown.append(post_id)
                    recent.append(entries[post_id])
            assert home.page(Window(limit=500)) == shown[::-1], (seed, number)


def test_a_home_that_grows_forgets_its_oldest_and_says_so():
    home = Home([], is_whole=True)
    for number in range(1, KEPT + SLACK + 50):
        home.add(number, number if number % 3 else max(1, number - 4))
    assert len(home.ids) <= KEPT + SLACK
    assert not home.is_whole
    assert home.page(Window(limit=20, before=home.ids[0])) is None
    assert home.page(Window(limit=20, above=floor_id(0))) is None
    assert len(home.page(Window(limit=20))) == 20
    assert set(home.repeats) <= set(home.ids)
    assert bisect_left(home.shown, home.ids[0]) == 0
