"""Who hears what: from an event to the topics that it belongs to and the viewers who may hear it there.

Owns: the topics of a post, the guard of public topics, whom a deletion is told. Never: bytes, queues, sockets.

Visibility is not decided here a second time. Homes come from the fan-out (timelines/homes.py); lists and
public topics ask SQL with the very rules of the pages (storage/streams.py). Public topics have the most listeners, so
there the question is asked as seldom as the rules allow: a viewer who blocks, mutes, or is blocked by nobody meets a
public post exactly when a stranger does, because every rule that could hide it needs a row of theirs. Such viewers are
`plain`, and one question about a stranger serves them all; all others are asked about by name, in one query per post.
(A post that a stranger does not meet, because its author is silenced, is asked about for everybody.) The alternative,
keeping every viewer's blocks and mutes in memory, would be a second copy of the rules and grow with the relations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rookery.model.events import PostDeleted, RelationChanged
from rookery.model.ids import now_us
from rookery.model.posts import Audience
from rookery.storage import streams
from rookery.storage.database import Database, Reader
from rookery.storage.homes import list_home_owners
from rookery.storage.posts import list_tags_of_post
from rookery.storage.streams import Place
from rookery.timelines.topics import Followed, Topic, TopicKind

Heard = dict[Topic, set[int] | None]
MANY_VIEWERS = 300  # from which on the question goes to a reader thread


class Hearing:
    """Answers who hears an event, of those who follow. Heard: topic -> the viewers who may, None for all of it."""

    def __init__(self, db: Database, followed: Followed) -> None:
        self.db, self.followed = db, followed
        self.plain: set[int] = set()
        self.change_count = 0

    async def learn(self, viewer: int) -> None:
        """Find out whether a viewer is plain; call it once when their first stream opens."""
        before = self.change_count
        if not await streams.has_relations(self.db.reader, viewer) and self.change_count == before:
            self.plain.add(viewer)

    def note_relation(self, event: RelationChanged) -> None:
        """From now on both are asked about by name."""
        self.change_count += 1
        self.plain -= {event.account_id, event.other_id}

    async def of_new_post(self, post_id: int, owners: Iterable[int]) -> Heard:
        """Return who hears of a new post. owners: whose homes took it."""
        heard = homes_of(owners)
        if self.followed.has(TopicKind.PUBLIC, TopicKind.TAG, TopicKind.LIST):
            place = await streams.find_place(self.db.reader, post_id)
            if place:
                heard |= await self.of_place(place)
        return heard

    async def of_edited_post(self, post_id: int) -> Heard:
        """Return who hears of a post's new text: those who would hear of it if it were new."""
        place = await streams.find_place(self.db.reader, post_id)
        if place is None:
            return {}
        owners = self.followed.owners
        found = await list_home_owners(self.reader_for(owners), post_id, place.author_id, list(owners), now_us())
        return homes_of(found | ({place.author_id} & owners)) | await self.of_place(place)

    async def of_place(self, place: Place) -> Heard:
        """Return who hears of a post in public, hashtag and list topics."""
        tags = await self.tags_of(place)
        topics = self.followed.among((*public_topics(place), *tag_topics(place, tags)))
        heard: Heard = {}
        if topics:
            viewers = await self.public_viewers(place, self.followed.viewers(topics))
            heard = dict.fromkeys(topics, viewers)
        lists = self.followed.lists
        if lists and place.audience != Audience.MENTIONED:
            for list_id in await streams.list_lists(self.reader_for(lists), place.post_id, lists, now_us()):
                heard[Topic(TopicKind.LIST, list_id)] = None
        return heard

    async def tags_of(self, place: Place) -> list[str]:
        """Return the hashtags of a public post, when anybody follows one."""
        if place.audience != Audience.PUBLIC or not self.followed.has(TopicKind.TAG):
            return []
        return await list_tags_of_post(self.db.reader, place.post_id)

    async def public_viewers(self, place: Place, viewers: set[int]) -> set[int]:
        """Return those of the viewers who would meet a public post in a page; see the header."""
        now = now_us()
        plain = viewers & self.plain
        if plain and not await streams.is_for_strangers(self.db.reader, place.post_id, now):
            plain = set()
        asked = viewers - plain
        if not asked:
            return plain
        return plain | await streams.list_public_viewers(self.reader_for(asked), place.post_id, asked, now)

    async def of_deleted_post(self, event: PostDeleted) -> Heard:
        """Return who is told to forget a post: nobody whom its audience did not hold.

        Public topics are told as a whole: that a public post existed is no secret, and its id is all that is told.
        """
        owners, lists, reader = self.followed.owners, self.followed.lists, self.db.reader
        people: set[int] = {event.author_id}
        if event.mentioned_ids:
            people |= await streams.list_unblocked_among(reader, event.author_id, event.mentioned_ids)
        found = people & owners
        heard: Heard = {}
        if event.audience != Audience.MENTIONED:
            found |= await streams.list_followers_among(reader, event.author_id, owners)
            for list_id in await streams.list_lists_of_author(reader, event.author_id, lists):
                heard[Topic(TopicKind.LIST, list_id)] = None
        else:
            heard |= {Topic(TopicKind.MESSAGES, person): None for person in people}
        if event.audience == Audience.PUBLIC and event.repost_of_id is None:
            heard |= dict.fromkeys(every_public_topic(event.tags))
            found |= await streams.list_tag_followers_among(reader, event.tags, owners)
        return heard | homes_of(found)

    def reader_for(self, asked: set[int]) -> Reader:
        """Return the reader for a question about so many."""
        return self.db.long_reader if len(asked) > MANY_VIEWERS else self.db.reader


def homes_of(owners: Iterable[int]) -> Heard:
    """Return the home topics of some accounts."""
    return {Topic(TopicKind.HOME, owner): None for owner in owners}


def public_topics(place: Place) -> Iterator[Topic]:
    """Yield the public topics of a post: everywhere, its side, and both again for pictures."""
    if not place.is_listed:
        return
    for side in ("", "local" if place.is_local else "remote"):
        yield Topic(TopicKind.PUBLIC, side=side)
        if place.has_media:
            yield Topic(TopicKind.PUBLIC, side=side, only_media=True)


def tag_topics(place: Place, tags: Iterable[str]) -> Iterator[Topic]:
    """Yield the hashtag topics of a public post."""
    for tag in tags:
        yield Topic(TopicKind.TAG, tag=tag)
        if place.is_local:
            yield Topic(TopicKind.TAG, tag=tag, side="local")


def every_public_topic(tags: Iterable[str]) -> Iterator[Topic]:
    """Yield every public topic that may have held a public post with these hashtags."""
    for side in ("", "local", "remote"):
        yield Topic(TopicKind.PUBLIC, side=side)
        yield Topic(TopicKind.PUBLIC, side=side, only_media=True)
    for tag in tags:
        yield Topic(TopicKind.TAG, tag=tag)
        yield Topic(TopicKind.TAG, tag=tag, side="local")
