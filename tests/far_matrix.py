"""The leak matrix turned round: a far author's posts of every audience, and those here who may see them or not.

Owns: FarMatrix, PLACES (who is told what by whom, for posts that leave here).
"""

from dataclasses import replace

from tests.far import FarPerson, followed_by
from tests.matrix import AUDIENCES, TRUTH, Matrix

from rookery.actions.receiving_follows import receive_block
from rookery.model.ids import now_us
from rookery.model.incoming import IncomingAttachment, IncomingOption, IncomingPoll
from rookery.model.posts import Audience

OF_WORD = dict(zip(AUDIENCES, Audience, strict=True))
# Who of ours sees what of somebody who is far: as of somebody here.
FAR_TRUTH = {name: seen for name, seen in TRUTH.items() if name != "ana"}
# Of a post of ours: relation of somebody far to its author -> the audiences that reach their server.
PLACES = {
    "stranger": set(),
    "follower": {"public", "unlisted", "private"},
    "asking": set(),  # her follow is not answered yet
    "former": set(),
    "followed": set(),
    "answered": {"public", "unlisted"},  # wrote what the post answers
    "mentioned": {"public", "unlisted", "private", "direct"},
    "blocked": set(),  # was a follower, and is mentioned
    "suspended": set(),  # by staff here; was a follower, and is mentioned
    "shut": set(),  # her server is blocked; was a follower, and is mentioned
}


class FarMatrix(Matrix):
    """Bea is far. Fay follows her, rob asked to, mia and bob are named, bob is blocked, max once followed.

    posts: (kind, audience) -> id. Kinds: post (edited once, with a poll and a picture), answer (below one of Carl's),
    below (Cid's public answer to it, of Bea's server), repost (Bea repeats what she wrote).
    """

    async def build(self):
        here = [name for name in FAR_TRUTH if name != "nobody"]
        self.people |= {name: await self.world.person(name) for name in (*here, "carl")}
        self.bea = await FarPerson(self.world, "bea").arrives()
        self.cid = await FarPerson(self.world, "cid").arrives()
        await followed_by(self.bea, *(self.people[name] for name in ("fay", "bob", "max")))
        await self.people["rob"].follows(self.bea)
        self.root = await self.people["carl"].publishes("a question")
        for audience in AUDIENCES:
            await self.write(audience)
        await self.people["max"].calls("POST", f"/api/v1/accounts/{self.bea.id}/unfollow")
        address = f"{self.world.app.settings.base_url}/@bob"
        assert await receive_block(self.world.app, address, by_uri=self.bea.uri, uri=f"{self.bea.uri}/blocks/1")
        return self

    async def write(self, audience):
        named = [self.people["mia"], self.people["bob"]]
        words, more = f"#canary canary-{audience}-", {"mentions": named, "audience": OF_WORD[audience]}
        poll = IncomingPoll((IncomingOption(f"canary-{audience}-choice", 1), IncomingOption("no")))
        picture = IncomingAttachment(f"https://far.example/{audience}.png", "image", alt=f"canary-{audience}-alt")
        parts = {"poll": poll, "attachments": (picture,), "content_warning": f"canary-{audience}-warning"}
        note = self.bea.note(words + "before", **more, **parts)
        await self.bea.sends(note)
        after = replace(note, text=words + "after", edited_at_us=now_us() + 1)
        self.posts["post", audience] = str(await self.bea.sends(after))
        answer = self.bea.note(words + "answer", reply_to_uri=self.root["uri"], **more)
        self.posts["answer", audience] = str(await self.bea.sends(answer))
        below = await self.cid.publishes("I say", reply_to_uri=note.uri, quote_of_uri=answer.uri, is_consented=True)
        self.posts["below", audience] = str(below)
        if audience != "direct":
            self.posts["repost", audience] = str(await self.bea.reposts(note.uri))
        for fan in ("mia", "bob", "max", "fay"):
            for mark in ("favourite", "bookmark", "reblog"):
                await self.people[fan].client.post(f"/api/v1/statuses/{self.posts['post', audience]}/{mark}")
        mine = await self.people["mia"].publishes("mine", in_reply_to_id=self.posts["post", audience])
        self.answers["post", audience] = mine["id"]
