"""How streams speak in the client API: events with their payloads, made once and shared by all who hear the same.

Owns: the names of events, payloads, frames for WebSockets and lines for server-sent events. Never: decides who hears.

A post is rendered once, for a viewer without marks, and those bytes go to everybody except whom they would misinform:
viewers who marked the post or voted in it, who may quote it as others may not, who meet what it quotes otherwise (K5),
and viewers with a filter that matches it, get bytes of their own. One query names the first for all listeners; a fresh
post that answers, repeats and quotes nothing needs none, as nobody can have marked it yet. Frames are shared too: one
per payload and name.
Spec: https://docs.joinmastodon.org/methods/streaming/#events
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from rookery.mastodon.announcements import render_announcement
from rookery.mastodon.conversations import render_conversation
from rookery.mastodon.face import MastodonFace
from rookery.mastodon.notifications import render_notification
from rookery.mastodon.posts_json import RenderedPost
from rookery.mastodon.quotes_json import insider_of, is_met_by_each
from rookery.model.ids import now_us
from rookery.model.quotes import QuotePolicy
from rookery.storage.quotes import list_met, list_met_by_each
from rookery.storage.streams import list_followers_among, list_markers_among
from rookery.timelines.topics import News, NewsKind, Stream, Topic, TopicKind

ENCODE = msgspec.json.Encoder().encode
NEUTRAL = 0  # the viewer who is nobody's account: every flag is false
CONTEXTS = {TopicKind.HOME: "home", TopicKind.LIST: "home", TopicKind.PUBLIC: "public", TopicKind.TAG: "public"}
Name = tuple[str, ...]
Hearers = list[tuple[Stream, Topic]]


class FrameVoice:
    """What both transports share."""

    def __init__(self, face: MastodonFace) -> None:
        self.face = face

    def frame(self, name: Name, event: str, payload: bytes | None) -> Any:
        """Return what goes over the wire."""
        raise NotImplementedError

    async def tell(self, news: News, hearers: Hearers) -> None:
        """Put what happened into these streams."""
        match news.kind:
            case NewsKind.POSTED:
                await self.tell_post("update", news, hearers)
            case NewsKind.EDITED:
                await self.tell_post("status.update", news, hearers)
            case NewsKind.DELETED:
                self.spread("delete", b"%d" % news.of, hearers)
            case NewsKind.FILTERS_CHANGED:
                self.spread("filters_changed", None, hearers)
            case NewsKind.PROCLAIMED:
                if shown := await render_announcement(self.face, news.of):
                    self.spread("announcement", ENCODE(shown), hearers)
            case NewsKind.REACTED:
                reaction = {"name": news.name, "count": news.total, "announcement_id": str(news.of)}
                self.spread("announcement.reaction", ENCODE(reaction), hearers)
            case NewsKind.TAKEN_BACK:
                self.spread("announcement.delete", b"%d" % news.of, hearers)
            case NewsKind.NOTIFIED:
                await self.tell_each("notification", news, hearers, self.notification)
            case NewsKind.MESSAGED:
                await self.tell_each("conversation", news, hearers, self.conversation)

    def spread(self, event: str, payload: bytes | None, hearers: Hearers) -> None:
        """Put the same event into every stream, under the names that each knows."""
        frames: dict[Name, Any] = {}
        for stream, topic in hearers:
            for name in stream.names.get(topic, ()):
                frame = frames.get(name)
                if frame is None:
                    frame = frames[name] = self.frame(name, event, payload)
                stream.put(frame)

    async def tell_post(self, event: str, news: News, hearers: Hearers) -> None:
        """Tell a post: shared bytes, except to whom they would misinform."""
        posts = await self.face.renders.load_posts([news.of])
        post = posts.get(news.of)
        if post is None:
            return
        original = posts.get(post.repost_of_id) if post.repost_of_id else None
        marked = await self.marked(news, post, original, hearers) | await self.apart(posts, original or post, hearers)
        shared: Hearers = []
        await self.face.filters.learn(stream.viewer for stream, _ in hearers)
        for stream, topic in hearers:
            filters = await self.face.filters.of(stream.viewer, CONTEXTS[topic.kind])
            quoted = posts.get((original or post).quote_of_id or 0)
            if stream.viewer in marked or (filters and filters.results(post, original, quoted) != b"[]"):
                for own in await self.face.renders.each([news.of], stream.viewer, filters):
                    self.spread(event, own, [(stream, topic)])
            else:
                shared.append((stream, topic))
        for payload in await self.face.renders.each([news.of], NEUTRAL) if shared else ():
            self.spread(event, payload, shared)

    async def marked(self, news: News, post: RenderedPost, original: RenderedPost | None, hearers: Hearers) -> set[int]:
        """Return the viewers for whom a post has flags: by their marks and votes, or as its poll's author."""
        shown = original or post
        authors = {shown.author_id} if shown.poll else set()
        keys = {post.id, shown.id, shown.thread_id}
        if news.kind is NewsKind.POSTED and keys == {post.id}:
            return authors
        viewers = {stream.viewer for stream, _ in hearers}
        return authors | await list_markers_among(self.face.app.db.reader, keys, viewers)

    async def apart(self, posts: dict[int, RenderedPost], post: RenderedPost, hearers: Hearers) -> set[int]:
        """Return the viewers who may quote a post as others may not, or meet what it shows as strangers do not."""
        reader, own = self.face.app.db.reader, {insider_of(post)}
        viewers = {stream.viewer for stream, _ in hearers}
        if post.policy is QuotePolicy.FOLLOWERS:
            own |= {post.author_id, *await list_followers_among(reader, post.author_id, viewers)}
        if post.tagged:
            return viewers
        quoted = posts.get(post.quote_of_id or 0)
        if quoted is None:
            return own
        if quoted.poll or is_met_by_each(quoted) or insider_of(quoted):
            return viewers
        own |= await list_markers_among(reader, {quoted.id, quoted.thread_id}, viewers)
        now = now_us()
        usual = (await list_met(reader, [quoted.id], NEUTRAL, now)).get(quoted.id)
        met = await list_met_by_each(reader, quoted.id, viewers, now)
        return own | {viewer for viewer in viewers if met.get(viewer) is not usual}

    async def tell_each(
        self, event: str, news: News, hearers: Hearers, render: Callable[[int, int], Awaitable[bytes | None]]
    ) -> None:
        """Tell what differs for every viewer, rendered once per viewer."""
        by_viewer: dict[int, Hearers] = {}
        for stream, topic in hearers:
            by_viewer.setdefault(stream.viewer, []).append((stream, topic))
        for viewer, own in by_viewer.items():
            payload = await render(news.of, viewer)
            if payload is not None:
                self.spread(event, payload, own)

    async def notification(self, notification_id: int, viewer: int) -> bytes | None:
        """Return one Notification entity, None when it is gone or not to be shown."""
        return await render_notification(self.face, viewer=viewer, notification_id=notification_id)

    async def conversation(self, conversation_id: int, viewer: int) -> bytes | None:
        """Return one Conversation entity, None when there is nothing in it to see any more."""
        return await render_conversation(self.face, viewer=viewer, conversation_id=conversation_id)


class SocketVoice(FrameVoice):
    """Text frames: the payload is a string inside."""

    def frame(self, name: Name, event: str, payload: bytes | None) -> str:
        """Return `{"stream":…,"event":…,"payload":"…"}`; no payload where the event has none."""
        head = b'{"stream":%b,"event":"%b"' % (ENCODE(name), event.encode())
        tail = b"}" if payload is None else b',"payload":%b}' % ENCODE(payload.decode())
        return (head + tail).decode()


class LineVoice(FrameVoice):
    """Server-sent events. An event without a payload says `undefined`, or browsers would not hear of it."""

    def frame(self, name: Name, event: str, payload: bytes | None) -> bytes:
        """Return the lines of one event."""
        return b"event: %b\ndata: %b\n\n" % (event.encode(), b"undefined" if payload is None else payload)
