"""Five things about one post, told in every order: the end is the same (F29)."""

from dataclasses import replace
from itertools import permutations

import pytest
from tests.far import FarPerson

from rookery.model.ids import now_us
from rookery.storage import far_posts

MINUTE_US = 60_000_000
SETS = {
    "edit": ["create", "second", "third", "like", "repost"],
    "undo": ["create", "second", "like", "unlike", "repost"],
    "both": ["create", "like", "unlike", "repost", "unrepost"],
    "delete": ["create", "second", "like", "repost", "delete"],
}
STATE = """
    SELECT p.text, p.content_warning, p.audience, p.published_at, p.edited_at, p.like_count, p.repost_count,
        p.is_listed, a.post_count FROM posts p JOIN accounts a ON a.id = p.author_id WHERE p.uri = :uri
"""
HISTORY = """
    SELECT v.text, v.written_at FROM post_versions v JOIN posts p ON p.id = v.post_id WHERE p.uri = :uri
    ORDER BY v.written_at
"""
MARKS = """
    SELECT a.username, m.kind FROM marks m JOIN accounts a ON a.id = m.account_id ORDER BY a.username, m.kind
"""
ACTS = "SELECT post_uri, kind FROM waiting_acts UNION ALL SELECT uri, 'undone' FROM undone_acts"
REPOSTS = "SELECT a.username, r.audience FROM posts r JOIN accounts a ON a.id = r.author_id WHERE r.repost_of_id > 0"
NAMED = """
    SELECT a.username FROM mentions m JOIN posts p ON p.id = m.post_id JOIN accounts a ON a.id = m.account_id
    WHERE p.uri = :uri ORDER BY a.username
"""


class Story:
    """One post of bea's and what cal does to it."""

    def __init__(self, world, person, number):
        self.app = world.app
        self.bea, self.cal = FarPerson(world, f"bea{number}"), FarPerson(world, f"cal{number}")
        written = now_us() - 60 * MINUTE_US
        self.first = replace(self.bea.note("one", tail="post"), published_at_us=written)
        self.second = self.bea.note("two @ana", tail="post", mentions=[person])
        self.second = replace(self.second, published_at_us=written, edited_at_us=written + MINUTE_US)
        self.third = replace(
            self.first, text="three", content_warning="now with a warning", edited_at_us=written + 2 * MINUTE_US
        )

    async def tell(self, step):
        bea, cal, uri = self.bea, self.cal, self.first.uri
        match step:
            case "create":
                await bea.sends(self.first)
            case "second":
                await bea.sends(self.second)
            case "third":
                await bea.sends(self.third)
            case "like":
                await cal.likes(uri)
            case "unlike":
                await cal.unlikes(uri)
            case "repost":
                await cal.reposts(uri)
            case "unrepost":
                await cal.unreposts(uri)
            case "delete":
                await bea.deletes(uri)

    async def end(self):
        """Everything that is kept of it, without ids and without the moments of this story."""
        reader, uri, name = self.app.db.reader, self.first.uri, str(self.bea.name[3:])
        start = self.first.published_at_us
        state = [
            (*row[:3], row[3] - start, row[4] and row[4] - start, *row[5:]) for row in await reader.all(STATE, uri=uri)
        ]
        history = [(row[0], row[1] - start) for row in await reader.all(HISTORY, uri=uri)]
        named = [row[0] for row in await reader.all(NAMED, uri=uri)]
        mine = [(row[0][:3], row[1]) for row in await reader.all(MARKS) if row[0][3:] == name]
        reposts = [(row[0][:3], row[1]) for row in await reader.all(REPOSTS) if row[0][3:] == name]
        left = [row[1] for row in await reader.all(ACTS) if f"bea{name}/" in row[0]]
        return state, history, named, mine, reposts, left, await far_posts.is_deleted(reader, uri)


@pytest.mark.parametrize("name", SETS)
async def test_every_order_of_five_things_about_one_post_ends_alike(world, name):
    (ana,) = await world.people("ana")
    ends = {}
    is_short = world.app.db.dialect != "sqlite" and name != "delete"  # orders are no matter of the engine
    orders = list(permutations(SETS[name]))[:: 7 if is_short else 1]
    for number, order in enumerate(orders):
        story = Story(world, ana, number)
        await story.bea.arrives()
        await story.cal.arrives()
        for step in order:
            await story.tell(step)
        ends[order] = await story.end()
    assert len(ends) == (18 if is_short else 120)
    wanted = ends[tuple(SETS[name])]
    assert {order: end for order, end in ends.items() if end != wanted} == {}
    check_end(name, wanted)


def check_end(name, end):
    """The end is the one that people expect, not only the same one."""
    state, history, named, marks, reposts, left, is_deleted = end
    assert left == []
    assert is_deleted == (name == "delete")
    if name == "delete":
        assert (state, history, named, marks, reposts) == ([], [], [], [], [])
        return
    texts = {"edit": "three", "undo": "two @ana", "both": "one"}
    assert state[0][0] == texts[name]
    assert state[0][5:7] == (int(name == "edit"), int(name != "both"))
    assert [text for text, _ in history] == {"edit": ["one", "two @ana"], "undo": ["one"], "both": []}[name]
    assert named == ([] if name == "both" else ["ana"])
    assert reposts == ([] if name == "both" else [("cal", 0)])


@pytest.mark.parametrize("name", SETS)
async def test_everything_told_twice_is_told_once(world, name):
    (ana,) = await world.people("ana")
    story = Story(world, ana, 0)
    await story.bea.arrives()
    await story.cal.arrives()
    for step in SETS[name]:
        await story.tell(step)
    once = await story.end()
    story = Story(world, ana, 1)
    await story.bea.arrives()
    await story.cal.arrives()
    for step in SETS[name]:
        await story.tell(step)
        if not step.startswith("un"):  # the end of what has ended speaks of the next one
            await story.tell(step)
    assert await story.end() == once
