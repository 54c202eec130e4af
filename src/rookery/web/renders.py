"""From ids to the articles of a page: fragments from memory, SQL for what is missing, the viewer's gaps last.

Owns: one cache of fragments per language, what they miss, the joining. Every id that comes in passed the visibility
gate (storage/pages.py); an id whose post is gone is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

from markupsafe import Markup

from rookery.model.accounts import Account
from rookery.model.events import AccountChanged, DomainStandingChanged, EmojiChanged, Event, PicturesHidden
from rookery.model.ids import now_us, short_id
from rookery.model.members import Preferences
from rookery.model.posts import Audience, Post, words_of_post
from rookery.model.quotes import READABLE, QuotePolicy, QuoteState, may_quote, shown_state
from rookery.storage.accounts import list_accounts
from rookery.storage.database import Database
from rookery.storage.polls import list_votes
from rookery.storage.posts import list_posts
from rookery.storage.quotes import list_followed_among, list_met
from rookery.timelines.caches import VOTED, MarkCache, RenderCache, changed_posts
from rookery.timelines.filters import KnownFilters
from rookery.timelines.live import Live
from rookery.web.filters import PASSED, Judgement, PageFilters
from rookery.web.fragments import Fragment, render_fragment
from rookery.web.people import Person
from rookery.web.templates import Templates
from rookery.web.words import LANGUAGES, words_of


@dataclass(frozen=True, slots=True)
class View:
    """Who looks, how. token_field: for the forms of polls, '' for strangers. focus: the post that a page is about.

    context: where filters apply, '' for nowhere (web/filters.py).
    translates: whether the server has a translator for the viewer.
    """

    language: str
    viewer: int | None = None
    token_field: Markup = field(default_factory=Markup)
    preferences: Preferences = field(default_factory=Preferences)
    focus: int | None = None
    back: str = "/"
    context: str = ""
    translates: bool = False


@dataclass(frozen=True, slots=True)
class Repost:
    """A repost is a pointer with a reposter."""

    post: Post
    by: Person


Entry = Fragment | Repost


class PageRenders:
    """The fragments of this process."""

    def __init__(self, db: Database, live: Live, marks: MarkCache, templates: Templates, *, kept: int) -> None:
        self.db, self.live, self.marks, self.templates = db, live, marks, templates
        self.caches: dict[str, RenderCache[Fragment]] = {
            language: RenderCache(max(50, kept // len(LANGUAGES))) for language in LANGUAGES
        }
        self.loading: set[int] = set()
        self.filters = KnownFilters(db, live, PageFilters, kept=kept)
        live.add(self)

    def on_event(self, event: Event) -> None:
        """Forget what looks different now."""
        for post_id in changed_posts(event):
            for cache in self.caches.values():
                cache.forget(post_id)
        if isinstance(event, AccountChanged):
            self.forget_person(event.account_id)
        if isinstance(event, EmojiChanged | PicturesHidden | DomainStandingChanged):
            for cache in self.caches.values():
                cache.forget_all()

    def forget_person(self, account_id: int) -> None:
        """Forget every post that shows somebody's name."""
        for cache in self.caches.values():
            for post_id in [key for key, one in cache.entries.items() if account_id in one.keys]:
                cache.forget(post_id)
            if cache.loads:
                cache.changed.update(self.loading)

    async def posts(self, ids: Sequence[int], view: View) -> list[Markup]:
        """Return one article per id that still exists, in order. Call live.catch_up() before reading the ids."""
        return list((await self.by_id(ids, view)).values())

    async def by_id(self, ids: Sequence[int], view: View) -> dict[int, Markup]:
        """As posts, each article under its id; what the viewer's filters hide is left out."""
        entries = await self.load(ids, view.language)
        originals = [one.post.repost_of_id for one in entries.values() if isinstance(one, Repost)]
        found = entries | await self.load([one for one in originals if one], view.language)
        filler = await self.filler(found, view, await self.quoted_in(found, view.language))
        articles: dict[int, Markup] = {}
        for post_id in ids:
            entry = found.get(post_id)
            shown = found.get(entry.post.repost_of_id or 0) if isinstance(entry, Repost) else entry
            if not isinstance(shown, Fragment):
                continue
            repost = entry if isinstance(entry, Repost) else None
            judgement = filler.judge(shown, repost)
            if not judgement.is_hidden:
                articles[post_id] = filler.fill(shown, repost, judgement)
        return articles

    async def load(self, ids: Iterable[int], language: str) -> dict[int, Entry]:
        """Return fragments and reposts by id."""
        cached = self.caches[language].entries
        found: dict[int, Entry] = {post_id: cached[post_id] for post_id in ids if post_id in cached}
        missing = [post_id for post_id in ids if post_id not in found]
        return found | await self.load_missing(missing, language) if missing else found

    async def load_missing(self, ids: list[int], language: str) -> dict[int, Entry]:
        """Read and render posts that the cache lacks; reposts are cheap and not kept."""
        cache = self.caches[language]
        cache.begin_load()
        self.loading.update(ids)
        loaded: dict[int, Fragment] = {}
        reposts: dict[int, Repost] = {}
        try:
            await self.templates.emoji.learn()
            posts = await list_posts(self.db.reader, ids)
            people = await self.people_of(posts.values())
            await self.learn_emoji(posts.values(), people)
            for post in posts.values():
                author = people.get(post.author_id)
                if author is None:
                    continue
                if post.repost_of_id:
                    reposts[post.id] = Repost(post, Person.of(author))
                    continue
                answered = people.get(post.reply_to_author_id or 0)
                loaded[post.id] = render_fragment(self.templates, language, post, author, answered)
        finally:
            self.loading.difference_update(ids)
            cache.end_load(loaded)
        return {**loaded, **reposts}

    async def learn_emoji(self, posts: Iterable[Post], people: dict[int, Account]) -> None:
        """Know the emoji that far posts and names use."""
        emoji = self.templates.emoji
        await emoji.learn_people(people.values())
        far = [(people[post.author_id].domain, words_of_post(post)) for post in posts if post.author_id in people]
        await emoji.learn_far(far)

    async def people_of(self, posts: Iterable[Post]) -> dict[int, Account]:
        """Return the accounts that posts name."""
        ids = {post.author_id for post in posts} | {p.reply_to_author_id for p in posts if p.reply_to_author_id}
        return await list_accounts(self.db.reader, ids)

    async def quoted_in(self, found: dict[int, Entry], language: str) -> dict[int, Fragment]:
        """Return the fragments of what some posts quote; who may read them is asked in `filler`."""
        ids = {one.post.quote_of_id for one in found.values() if one.post.quote_of_id}
        quoted = await self.load(ids, language) if ids else {}
        return {post_id: one for post_id, one in quoted.items() if isinstance(one, Fragment)}

    async def filler(self, found: dict[int, Entry], view: View, quoted: dict[int, Fragment]) -> Filler:
        """Gather what depends on the viewer."""
        reader = self.db.reader
        met = await list_met(reader, quoted, view.viewer or 0, now_us()) if quoted else {}
        if view.viewer is None:
            return Filler(self.templates, view, {}, {}, Quoted(quoted, met))
        polls = [one.post.id for one in found.values() if one.post.poll]
        bits = await self.marks.of(view.viewer, list(found))
        votes = await list_votes(self.db.reader, view.viewer, polls) if polls else {}
        authors = {one.post.author_id for one in found.values() if one.post.quote_policy is QuotePolicy.FOLLOWERS}
        followed = await list_followed_among(reader, view.viewer, authors) if authors else set()
        filters = await self.filters.find(view.viewer) if view.context else None
        return Filler(self.templates, view, bits, votes, Quoted(quoted, met, followed), filters)


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a page's posts quote, how the viewer meets it, and whom of those whose followers may quote they follow."""

    fragments: dict[int, Fragment]
    met: dict[int, QuoteState]
    followed: Set[int] = frozenset()


class Filler:
    """Puts a viewer's values into fragments."""

    def __init__(
        self,
        templates: Templates,
        view: View,
        bits: dict[int, int],
        votes: dict[int, list[int]],
        quoted: Quoted,
        filters: PageFilters | None = None,
    ) -> None:
        self.filters = filters
        self.templates, self.view, self.bits, self.votes, self.quoted = templates, view, bits, votes, quoted
        self.words = words_of(view.language)
        self.shown: set[int] = set()

    def judge(self, fragment: Fragment, repost: Repost | None) -> Judgement:
        """Ask the viewer's filters about a post, with what it quotes. What was opened is folded, not hidden."""
        post = fragment.post
        if self.filters is None or post.author_id == self.view.viewer:
            return PASSED
        words, ids = words_of_post(post), [post.id]
        if repost:
            ids.append(repost.post.id)
        quoted = self.quoted.fragments.get(post.quote_of_id or 0)
        if quoted and self.quote_state(post) in READABLE:
            words, ids = f"{words}\n{words_of_post(quoted.post)}", [*ids, quoted.post.id]
        judgement = self.filters.judge(self.view.context, words, ids)
        if judgement.is_hidden and post.id == self.view.focus:
            return Judgement(folds=(*judgement.folds, self.words.gettext("Hidden by your filters")))
        return judgement

    def folded(self, titles: Sequence[str]) -> dict[str, str]:
        """Return the two ends of what is folded behind filters, empty for none."""
        if not titles:
            return {"start": "", "end": ""}
        start = self.templates.render(self.view.language, "folded.html", titles=titles)
        return {"start": start, "end": "</details>"}

    def fill(self, fragment: Fragment, repost: Repost | None, judgement: Judgement) -> Markup:
        """Return one article."""
        post, view = fragment.post, self.view
        is_focus = post.id == view.focus
        preferences = view.preferences
        # The first appearance of a post on a page carries its anchor; a repost of it further down has its own.
        key = short_id(repost.post.id if repost and post.id in self.shown else post.id)
        self.shown.add(post.id)
        fold, veil = self.folded(judgement.folds), self.folded(judgement.veils)
        shows_media = preferences.expands_media == "show_all" or preferences.expands_warnings
        return fragment.join(
            {
                "fold": fold["start"],
                "unfold": fold["end"],
                "veil": veil["start"],
                "unveil": veil["end"],
                "key": key,
                "focus": " focus" if is_focus else "",
                "when": self.words.moment(post.published_at_us) if is_focus else self.words.age(post.published_at_us),
                "repost": self.repost_line(repost) if repost else "",
                "warned": " open" if preferences.expands_warnings else "",
                "shown": " open" if shows_media and not judgement.veils else "",
                "translate": self.translate_line(fragment) if view.translates else "",
                "poll": self.poll(fragment) if post.poll else "",
                "quote": self.quote(post) if post.quote_of_id else "",
                "footer": fragment.footer(self.kind_for(post), self.bits.get(post.id, 0) & ~VOTED),
            }
        )

    def translate_line(self, fragment: Fragment) -> str:
        """Return the link to a public post's translation, '' for one in the viewer's language or in none."""
        spoken = (fragment.post.language or "").partition("-")[0]
        if not spoken or spoken == self.view.language or fragment.post.audience > Audience.UNLISTED:
            return ""
        return self.templates.render(self.view.language, "translate_line.html", url=fragment.url)

    def kind_for(self, post: Post) -> str:
        """Return which of the footers the viewer gets."""
        if self.view.viewer is None:
            return "stranger"
        if self.view.viewer == post.author_id:
            return "author"
        is_follower = post.author_id in self.quoted.followed
        return "quoter" if may_quote(post.quote_policy, is_author=False, is_follower=is_follower) else "member"

    def quote_state(self, post: Post) -> QuoteState:
        """Return the state of a post's quote as this viewer meets it."""
        return shown_state(post.quote_state or QuoteState.REJECTED, self.quoted.met.get(post.quote_of_id or 0))

    def quote(self, post: Post) -> str:
        """Return what a post quotes, or why this viewer does not simply meet it."""
        quoted = self.quoted.fragments.get(post.quote_of_id or 0)
        state = self.quote_state(post)
        if state is QuoteState.ACCEPTED and quoted is not None:
            return quoted.card(self.words.age(quoted.post.published_at_us))
        url = quoted.url if quoted and state in READABLE else ""
        return self.templates.render(self.view.language, "quote_gone.html", state=state.value, url=url)

    def repost_line(self, repost: Repost) -> str:
        """Return who brought the post here."""
        return self.templates.render(self.view.language, "repost_line.html", by=repost.by)

    def poll(self, fragment: Fragment) -> str:
        """Return the poll: a form for who may vote, the results for everybody else."""
        poll = fragment.post.poll
        if poll is None:
            return ""
        votes = self.votes.get(poll.id, [])
        is_over = poll.expires_at_us is not None and poll.expires_at_us <= now_us()
        is_own = fragment.post.author_id == self.view.viewer
        return self.templates.render(
            self.view.language,
            "poll.html",
            poll=poll,
            author=fragment.author,
            votes=votes,
            is_over=is_over,
            may_vote=not (is_over or votes or is_own or self.view.viewer is None),
            hides=poll.hides_totals and not is_over,
            total=max(sum(option.vote_count for option in poll.options), 1),
            url=f"{fragment.author.url}/{short_id(poll.id)}",
            short=short_id(poll.id),
            token_field=self.view.token_field,
            back=self.view.back,
        )
