"""The people and posts of the leak matrix: one author, posts of every audience, all who may see them or not.

Every post carries a word of its own, `canary-<audience>-<where>`, which a test looks for.

Owns: TRUTH (who sees which audience), Matrix, CANARY.
"""

import re

from rookery.model.ids import MediaId
from rookery.model.media import Attachment
from rookery.storage.media import insert_media

AUDIENCES = ("public", "unlisted", "private", "direct")
# Who sees what; everybody but those whom the author blocks sees the first two.
TRUTH = {
    "nobody": {"public", "unlisted"},
    "eve": {"public", "unlisted"},  # a stranger
    "fay": {"public", "unlisted", "private"},  # a follower
    "rob": {"public", "unlisted"},  # asked to follow
    "mia": {"public", "unlisted", "private", "direct"},  # mentioned
    "bob": set(),  # blocked by the author; mentioned, and once a follower who liked and kept what he could
    "max": {"public", "unlisted"},  # once a follower who liked and kept what he could
    "ana": {"public", "unlisted", "private", "direct"},  # the author
}
NAMES = [name for name in TRUTH if name != "nobody"]
CANARY = re.compile(r"canary-(\w+)-(\w+)")
NO_SUCH_ID = "1838347471899826788"


class Matrix:
    """Ana's posts of every audience and kind, and everybody who may or may not meet them.

    posts: (kind, audience) -> id. Kinds: poll (edited once), picture (pinned where that may be), answer (below a post
    of Carl's). answers: (kind, audience) -> id of Mia's public answer.
    """

    def __init__(self, world):
        self.world, self.people, self.posts, self.answers = world, {}, {}, {}

    async def build(self):
        self.people = {name: await self.world.person(name) for name in (*NAMES, "carl")}
        p = self.people
        for follower in (p["fay"], p["bob"], p["max"]):
            await follower.follows(p["ana"])
        await p["ana"].calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"locked": True})
        await p["rob"].follows(p["ana"])
        self.root = await p["carl"].publishes("a question")
        for audience in AUDIENCES:
            await self.write(audience)
        for (kind, audience), post_id in self.posts.items():
            self.answers[kind, audience] = (
                await p["mia"].publishes("an answer", in_reply_to_id=post_id, visibility="public")
            )["id"]
        await p["max"].calls("POST", f"/api/v1/accounts/{p['ana'].id}/unfollow")
        await p["ana"].calls("POST", f"/api/v1/accounts/{p['bob'].id}/block")
        return self

    async def write(self, audience):
        ana, words = self.people["ana"], f"@mia @bob #canary canary-{audience}-"
        poll = {"options": [f"canary-{audience}-choice", "no"], "expires_in": 3600}
        post = await ana.publishes(words + "before", visibility=audience, poll=poll)
        await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": words + "poll", "poll": poll})
        self.posts["poll", audience] = post["id"]
        media_id = await self.picture(f"canary-{audience}-alt")
        post = await ana.publishes(words + "picture", visibility=audience, media_ids=[media_id])
        self.posts["picture", audience] = post["id"]
        if audience != "direct":
            await ana.client.post(f"/api/v1/statuses/{post['id']}/pin")  # refused once there are five
        post = await ana.publishes(words + "answer", visibility=audience, in_reply_to_id=self.root["id"])
        self.posts["answer", audience] = post["id"]
        await self.people["bob"].client.post(f"/api/v1/statuses/{post['id']}/reblog")
        for fan in (self.people["bob"], self.people["max"], self.people["mia"]):
            for mark in ("favourite", "bookmark"):
                await fan.client.post(f"/api/v1/statuses/{post['id']}/{mark}")

    async def picture(self, description):
        """A row as the media box would have left it."""
        media_id, owner = MediaId(self.world.app.ids.next_id()), self.people["ana"].id
        sizes = (8, 8, 8, 8, 0.0, 0.0)
        made = Attachment(
            media_id, owner, None, "image", "ready", "image/png", "key", "small", *sizes, description, None
        )
        async with self.world.app.db.transaction() as tx:
            await insert_media(tx, made)
        return str(media_id)

    def client(self, viewer):
        return self.world.stranger if viewer == "nobody" else self.people[viewer].client

    async def get(self, viewer, path, code=200):
        reply = await self.client(viewer).get(path)
        assert reply.code == code, (viewer, path, reply)
        return reply

    async def met(self, viewer, path):
        """The audiences of the canaries in an answer."""
        return {audience for audience, _ in CANARY.findall((await self.get(viewer, path)).body.decode())}
