"""Messages: the visitor's conversations, the one with the newest post first.

Owns: `/messages`. Never: decides who takes part (timelines/conversations.py), or writes: a message is a post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rookery.actions.conversations import mark_conversation, remove_conversation
from rookery.model.conversations import Conversation
from rookery.model.errors import NotFound
from rookery.model.ids import now_us
from rookery.network.limits import API
from rookery.network.responses import Answer
from rookery.storage.accounts import list_accounts
from rookery.storage.conversations import list_conversations
from rookery.web.fields import Fields
from rookery.web.fragments import Fragment
from rookery.web.lists import older_link, window_of
from rookery.web.people import Person
from rookery.web.posts import summary_of
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
PAGE_TALKS = 30
MOST_FACES = 8


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation as the list shows it. excerpt: of its newest post, whose page is at url."""

    id: int
    is_unread: bool
    people: list[Person]
    excerpt: str
    url: str
    at_us: int


@routes.page("/messages", who="member")
async def show_messages(visit: Visit) -> Answer:
    """The visitor's conversations."""
    await visit.face.live.catch_up()
    window = window_of(visit, PAGE_TALKS)
    found = await list_conversations(visit.face.app.db.reader, visit.account_id, window, now_us())
    older = older_link(visit, [one.place for one in found], PAGE_TALKS)
    return visit.page("messages.html", talks=await talks_of(visit, found), older=older)


async def talks_of(visit: Visit, found: Sequence[Conversation]) -> list[Talk]:
    """Return what is shown of each conversation whose newest post is there."""
    accounts = await list_accounts(visit.face.app.db.reader, {person for one in found for person in one.people})
    await visit.face.templates.emoji.learn_people(accounts.values())
    entries = await visit.face.renders.load([one.shown_id for one in found], visit.words.language)
    talks = []
    for one in found:
        entry = entries.get(one.shown_id)
        if isinstance(entry, Fragment):
            people = [Person.of(accounts[person]) for person in one.people[:MOST_FACES] if person in accounts]
            post = entry.post
            talks.append(Talk(one.id, one.is_unread, people, summary_of(post), entry.url, post.published_at_us))
    return talks


@routes.form("/messages", limit=API)
async def change_message(visit: Visit, fields: Fields) -> Answer:
    """Mark a conversation read or unread, or take it off the list."""
    conversation_id, act = fields.number("id", 0), fields.text("act")
    if act == "remove":
        await remove_conversation(visit.face.app, visit.account_id, conversation_id)
    elif act in ("read", "unread"):
        await mark_conversation(visit.face.app, visit.account_id, conversation_id, is_unread=act == "unread")
    else:
        raise NotFound("no such act")
    return visit.go("/messages")
