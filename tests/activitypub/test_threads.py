"""A far thread is made whole within its means, and nothing that is no part of it comes along."""

import json

from tests.activitypub.village import Village
from tests.evilhost import evil, page

from rookery.actions import far_visits
from rookery.actions.jobs import run_due_jobs
from rookery.activitypub.allowances import Allowance
from rookery.activitypub.threads import ThreadVisit
from rookery.activitypub.visiting import visit_handlers
from rookery.storage.far_visits import find_visit

__all__ = ["evil"]


async def visit(remote, post, **means):
    """Make one visit to a post's thread."""
    await remote.plan_thread(post.id, is_read=True)
    await ThreadVisit(remote, post.thread_id, Allowance(**means)).run(post.id)


async def texts(remote):
    rows = await remote.app.db.reader.all("SELECT text FROM posts ORDER BY text")
    return [row[0] for row in rows]


async def thread_of(world, post_id):
    """The thread as an app of a member reads it."""
    person = getattr(world, "reader", None) or await world.person("reader")
    world.reader = person
    found = await person.calls("GET", f"/api/v1/statuses/{post_id}/context")
    return [[plain(one) for one in found[part]] for part in ("ancestors", "descendants")]


def plain(status):
    return status["content"].removeprefix("<p>").removesuffix("</p>")


async def test_what_a_post_answers_comes_up_to_the_root(world, remote, village):
    bea, cem = village.person("bea"), village.person("cem")
    above = None
    for n in range(5):
        above = (bea, cem)[n % 2].note(f"step {n}", inReplyTo=above)
    post = await remote.get_post(above)
    assert await texts(remote) == ["step 4"]
    await visit(remote, post)
    assert await thread_of(world, post.id) == [["step 0", "step 1", "step 2", "step 3"], []]


async def test_answers_come_from_the_replies_collection_and_theirs_from_their_own(world, remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/r"))
    first = bea.note("first", inReplyTo=root, replies=village.url("/r1"))
    second = bea.note("second", inReplyTo=root)
    deeper = bea.note("deeper", inReplyTo=first)
    village.collection("/r", [[first], [second]])
    village.collection("/r1", [[deeper]])
    post = await remote.get_post(root)
    await visit(remote, post)
    assert await thread_of(world, post.id) == [[], ["first", "deeper", "second"]]


async def test_a_page_that_stands_in_the_document_counts_too(world, remote, village):
    bea = village.person("bea")
    answer = village.url("/users/bea/posts/answer")
    first = {"type": "CollectionPage", "items": [answer], "next": village.url("/more/0")}
    root = bea.note("root", tail="root", replies={"id": village.url("/r"), "type": "Collection", "first": first})
    bea.note("answer", tail="answer", inReplyTo=root)
    late = bea.note("late", tail="late", inReplyTo=root)
    village.collection("/more", [[late]])
    post = await remote.get_post(root)
    await visit(remote, post)
    assert sorted((await thread_of(world, post.id))[1]) == ["answer", "late"]


async def test_a_context_collection_brings_the_whole_thread_in_any_order(world, remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", context=village.url("/context"))
    first = bea.note("first", inReplyTo=root)
    deeper = bea.note("deeper", inReplyTo=first)
    village.collection("/context", [[deeper, root, first]])
    post = await remote.get_post(root)
    await visit(remote, post)
    assert await thread_of(world, post.id) == [[], ["first", "deeper"]]


async def test_an_answer_that_came_alone_brings_the_rest_of_its_thread(world, remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/r"))
    mine = bea.note("mine", inReplyTo=root)
    other = bea.note("other", inReplyTo=root)
    village.collection("/r", [[mine, other]])
    post = await remote.get_post(mine)
    await visit(remote, post)
    [above, _] = await thread_of(world, post.id)
    assert above == ["root"]
    root_id = (await remote.get_post(root)).id
    assert sorted((await thread_of(world, root_id))[1]) == ["mine", "other"]


async def test_a_quoted_post_comes_too(remote, village):
    bea = village.person("bea")
    quoted = bea.note("quoted")
    post = await remote.get_post(bea.note("look", quote=quoted))
    await visit(remote, post)
    assert await texts(remote) == ["look", "quoted"]


async def test_what_was_known_is_not_fetched_again_and_new_answers_come(world, remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/r"))
    first = bea.note("first", tail="a", inReplyTo=root)
    village.collection("/r", [[first]])
    post = await remote.get_post(root)
    await visit(remote, post)
    second = bea.note("second", tail="b", inReplyTo=root)
    village.collection("/r", [[first, second]])
    await visit(remote, post)
    assert await thread_of(world, post.id) == [[], ["first", "second"]]


async def test_a_thread_is_visited_once_in_a_while_and_tells_how_it_went(world, remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/r"))
    village.collection("/r", [[bea.note("answer", inReplyTo=root)]])
    post = await remote.get_post(root)
    for _ in range(5):
        remote.lately.done.clear()
        await remote.plan_thread(post.id, is_read=True)
    assert await run_due_jobs(world.app, visit_handlers(remote)) == 1
    assert await run_due_jobs(world.app, visit_handlers(remote)) == 0
    _, done_at, found = await find_visit(world.app.db.reader, far_visits.Visit.THREAD, post.thread_id)
    assert done_at and found == 1


async def test_a_beginning_that_is_away_is_tried_again(world, remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root")
    kept = village.evil.paths["/users/bea/posts/root"]
    village.evil.paths["/users/bea/posts/root"] = page("", code="503 Busy")
    post = await remote.get_post(bea.note("answer", inReplyTo=root))
    await remote.plan_thread(post.id, is_read=True)
    await run_due_jobs(world.app, visit_handlers(remote))
    village.evil.paths["/users/bea/posts/root"] = kept
    remote.fetcher.clock.now += 3600
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE jobs SET run_at = 0 WHERE state = 'waiting'")
    remote.fetcher.knocking.door.budgets.hosts.clear()
    await run_due_jobs(world.app, visit_handlers(remote))
    assert await thread_of(world, post.id) == [["root"], []]


async def test_what_nobody_reads_yet_gets_its_beginning_and_not_every_answer(world, remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/r"))
    first = bea.note("first", inReplyTo=root, replies=village.url("/r1"))
    deeper = bea.note("deeper", inReplyTo=first, replies=village.url("/r2"))
    bottom = bea.note("bottom", inReplyTo=deeper)
    mine = bea.note("mine", inReplyTo=root)
    village.collection("/r", [[first, mine]])
    village.collection("/r1", [[deeper]])
    village.collection("/r2", [[bottom]])
    post = await remote.get_post(mine)
    await remote.plan_thread(post.id)
    await run_due_jobs(world.app, visit_handlers(remote))
    assert await texts(remote) == ["deeper", "first", "mine", "root"]
    root_post = await remote.get_post(root)
    await remote.plan_thread(root_post.id, is_read=True)
    await run_due_jobs(world.app, visit_handlers(remote))
    assert await texts(remote) == ["bottom", "deeper", "first", "mine", "root"]


async def test_a_flood_of_answers_of_one_server_plans_so_many_visits_and_no_more(world, remote, village):
    bea = village.person("bea")
    remote.arrivals.most, remote.arrivals.clock = 3, lambda: 0.0
    for number in range(6):
        post = await remote.get_post(bea.note(f"{number}", inReplyTo=village.url(f"/above/{number}")))
        await remote.plan_thread(post.id)
    assert await run_due_jobs(world.app, visit_handlers(remote)) == 3


# Attacks: GEN-21 (collection bombs), CVE-2024-31208 (graphs), GHSA-3fjr-858r-92rw (ids of others).


async def test_an_endless_chain_ends(remote, village):
    bea = village.person("bea")

    async def chain(reader, writer):
        number = int(village.evil.requests[-1][0].split(" ")[1].rpartition("/")[2])
        document = {
            "id": village.url(f"/chain/{number}"),
            "type": "Note",
            "attributedTo": bea.uri,
            "content": f"{number:04}",
            "to": "as:Public",
            "inReplyTo": village.url(f"/chain/{number + 1}"),
        }
        writer.write(page(json.dumps(document), "application/activity+json"))
        await writer.drain()

    for number in range(400):
        village.evil.paths[f"/chain/{number}"] = chain
    post = await remote.get_post(village.url("/chain/0"))
    await visit(remote, post)
    assert 40 <= len(await texts(remote)) <= 42


async def test_posts_that_answer_each_other_in_a_circle_end(remote, village):
    bea = village.person("bea")
    one, two = village.url("/users/bea/posts/one"), village.url("/users/bea/posts/two")
    bea.note("one", tail="one", inReplyTo=two, replies=village.url("/r"))
    bea.note("two", tail="two", inReplyTo=one, replies=village.url("/r"))
    village.collection("/r", [[one, two]])
    post = await remote.get_post(one)
    await visit(remote, post)
    assert await texts(remote) == ["one", "two"]
    assert len(village.evil.requests) < 15


async def test_a_collection_of_a_million_pages_ends(remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/bomb"))

    async def bomb(reader, writer):
        path = village.evil.requests[-1][0].split(" ")[1]
        number = int(path.rpartition("=")[2] or 0) if "=" in path else 0
        document = {
            "id": village.url(path),
            "type": "CollectionPage",
            "totalItems": 10**12,
            "items": [village.url(f"/nothing/{number}/{n}") for n in range(300)],
            "next": village.url(f"/bomb?page={number + 1}"),
        }
        writer.write(page(json.dumps(document), "application/activity+json"))
        await writer.drain()

    village.evil.paths["/bomb"] = bomb
    post = await remote.get_post(root)
    await visit(remote, post)
    assert village.asked("/bomb") <= 11
    assert len(village.evil.requests) <= 70, "one host is asked for so much and no more"


async def test_a_page_that_follows_itself_is_read_once(remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/loop"))
    village.shows("/loop", {"type": "CollectionPage", "items": [], "next": village.url("/loop")})
    await visit(remote, await remote.get_post(root))
    assert village.asked("/loop") == 1


async def test_a_collection_leads_to_no_other_server(remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/r"))
    village.shows("/r", {"type": "Collection", "first": village.evil.url("/victim", "victim.example")})
    await visit(remote, await remote.get_post(root))
    assert village.asked("/victim") == 0


async def test_what_a_collection_says_of_another_server_s_post_is_asked_there(remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/r"))
    zoe = Village(village.evil, "other.example").person("zoe")
    real = zoe.note("what zoe wrote", inReplyTo=root)
    forged = {"id": real, "type": "Note", "attributedTo": zoe.uri, "content": "forged", "inReplyTo": root}
    village.collection("/r", [[forged]])
    await visit(remote, await remote.get_post(root))
    assert await texts(remote) == ["root", "what zoe wrote"]


async def test_what_is_no_part_of_the_thread_stays_out(remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/r"), context=village.url("/c"))
    advert = bea.note("buy this")
    elsewhere = bea.note("another thread", inReplyTo=village.url("/users/bea/posts/none"))
    village.collection("/r", [[advert, elsewhere]])
    village.collection("/c", [[advert]])
    await visit(remote, await remote.get_post(root))
    assert await texts(remote) == ["root"]


async def test_ids_of_ours_in_a_far_collection_ask_nobody(world, remote, village):
    [ana] = await world.people("ana")
    mine = await ana.publishes("mine")
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/r"))
    village.collection("/r", [[mine["uri"], f"{world.app.settings.base_url}/@ana/nothing"]])
    await visit(remote, await remote.get_post(root))
    assert await texts(remote) == ["mine", "root"]


async def test_a_visit_ends_when_its_bytes_are_used_up(remote, village):
    bea = village.person("bea")
    root = bea.note("root", tail="root", replies=village.url("/r"))
    village.collection("/r", [[bea.note("x" * 5000, tail=f"n{n}", inReplyTo=root) for n in range(30)]])
    post = await remote.get_post(root)
    await visit(remote, post, body_bytes=40_000)
    assert 2 <= len(await texts(remote)) <= 14
