"""People of other servers for tests: what a wire would have read and proved, without a wire.

bea = await FarPerson(world, "bea").arrives()
post = await bea.publishes("hello")
await bea.likes(post_of_ours)
"""

from dataclasses import replace

from rookery.actions.receiving import receive_deletion
from rookery.actions.receiving_accounts import receive_account
from rookery.actions.receiving_acts import receive_like, receive_repost, receive_unlike, receive_unrepost
from rookery.actions.receiving_follows import FollowAnswer, receive_follow, receive_follow_answer
from rookery.actions.receiving_posts import receive_post
from rookery.model.errors import Unavailable
from rookery.model.ids import now_us
from rookery.model.incoming import IncomingAccount, IncomingMention, IncomingPost, IncomingRepost
from rookery.model.resolving import Resolved
from rookery.model.text import parse_facets

FAR = "far.example"


class FarPerson:
    """Somebody on another server."""

    def __init__(self, world, name="bea", domain=FAR):
        self.world, self.app, self.name, self.domain = world, world.app, name, domain
        self.uri = f"https://{domain}/users/{name}"
        self.handle = f"{name}@{domain}"
        self.count = 0
        self.id = 0

    def profile(self, **more):
        """What the person's server says of them."""
        plain = IncomingAccount(
            self.uri,
            self.name,
            self.domain,
            url=f"https://{self.domain}/@{self.name}",
            inbox_url=f"{self.uri}/inbox",
            shared_inbox_url=f"https://{self.domain}/inbox",
            followers_uri=f"{self.uri}/followers",
            is_discoverable=True,
            is_indexable=True,
        )
        return replace(plain, **more)

    async def arrives(self, **more):
        self.id = (await receive_account(self.app, self.profile(**more), by_uri=self.uri)).id
        return self

    def note(self, text="hello", *, tail=None, mentions=(), **more):
        """A post as a wire would have read it. mentions: people of both kinds."""
        self.count += 1
        plain = IncomingPost(
            f"{self.uri}/posts/{tail or self.count}",
            self.uri,
            text,
            parse_facets(text),
            url=f"https://{self.domain}/@{self.name}/{tail or self.count}",
            published_at_us=now_us(),
            mentions=tuple(IncomingMention(uri_of(one, self.app), handle_of(one)) for one in mentions),
        )
        return replace(plain, **more)

    async def publishes(self, text="hello", **more):
        return await self.sends(self.note(text, **more))

    async def sends(self, note):
        return await receive_post(self.app, note, by_uri=self.uri)

    async def likes(self, post_uri):
        return await receive_like(self.app, post_uri, by_uri=self.uri, uri=f"{self.uri}/likes/{post_uri}")

    async def unlikes(self, post_uri):
        return await receive_unlike(self.app, post_uri, by_uri=self.uri, uri=f"{self.uri}/likes/{post_uri}")

    async def reposts(self, post_uri, **more):
        act = IncomingRepost(f"{self.uri}/reposts/{post_uri}", self.uri, post_uri, published_at_us=now_us(), **more)
        return await receive_repost(self.app, act, by_uri=self.uri)

    async def unreposts(self, post_uri):
        return await receive_unrepost(self.app, post_uri, by_uri=self.uri, uri=f"{self.uri}/reposts/{post_uri}")

    async def deletes(self, uri):
        return await receive_deletion(self.app, uri, by_uri=self.uri)

    async def follows(self, person):
        outcome = await receive_follow(
            self.app, uri_of(person, self.app), by_uri=self.uri, uri=f"{self.uri}/follows/{person.name}"
        )
        return outcome.answer

    async def accepts(self, person):
        return await receive_follow_answer(self.app, uri_of(person, self.app), FollowAnswer.ACCEPT, by_uri=self.uri)

    async def rejects(self, person):
        return await receive_follow_answer(self.app, uri_of(person, self.app), FollowAnswer.REJECT, by_uri=self.uri)


def uri_of(person, app):
    """The address of somebody, here or elsewhere."""
    return person.uri if isinstance(person, FarPerson) else f"{app.settings.base_url}/@{person.name}"


def handle_of(person):
    """The handle in a text."""
    return person.handle if isinstance(person, FarPerson) else person.name


async def followed_by(far, *people):
    """Let people here follow a far person, who agrees."""
    for person in people:
        await person.follows(far)
        assert await far.accepts(person)


class AddressBook:
    """A resolver of far people. asked: what was, in order. away: servers that do not answer."""

    def __init__(self, *people):
        self.people = {person.handle: person for person in people}
        self.told, self.posts, self.asked, self.away = {}, {}, [], set()

    async def find_handle(self, username, domain):
        self.asked.append(f"{username}@{domain}")
        self.check_there(domain)
        person = self.people.get(f"{username}@{domain}")
        return await self.get_account(person.uri) if person else None

    async def get_account(self, uri, *, fresh=False):
        person = next(one for one in self.people.values() if one.uri == uri)
        self.check_there(person.domain)
        return await receive_account(person.app, person.profile(**self.told.get(person.handle, {})), by_uri=uri)

    async def find_address(self, url):
        self.asked.append(url)
        self.check_there(url.split("/")[2])
        return Resolved(post=await self.posts[url]()) if url in self.posts else None

    async def plan_profile(self, account_id):
        self.asked.append(account_id)

    async def plan_thread(self, post_id):
        self.asked.append(post_id)

    def check_there(self, domain):
        if domain in self.away:
            raise Unavailable(f"{domain} does not answer; try again later", 60)
