"""Quoting on pages: the composer with a post in it, who quotes a post, taking one's own post out.

Owns: `/@name/id/quote`, `/@name/id/quotes` and the button there. Never: draws a quoted post (web/renders.py) or decides
who may quote (model/quotes.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from rookery.actions.quotes import find_quoted, revoke_quote
from rookery.model.ids import InvalidId, PostId, now_us, parse_short_id, short_id
from rookery.model.posts import Post, PostNotFound
from rookery.model.quotes import QuoteNotFound
from rookery.model.scheduled_posts import ScheduledPost
from rookery.network.limits import API, POSTING
from rookery.network.responses import Answer
from rookery.storage.posts import list_visible_ids
from rookery.storage.quotes import list_quotes
from rookery.web.fields import Fields
from rookery.web.fragments import Fragment
from rookery.web.lists import PAGE_POSTS, older_link, view_of, window_of
from rookery.web.people import Person
from rookery.web.posts import post_id_of, visible_post
from rookery.web.routing import PageTable
from rookery.web.visits import Visit
from rookery.web.writing import UPLOAD_BYTES, Writing, composer_choices, empty_writing, publish_writing

routes = PageTable()


@dataclass(frozen=True, slots=True)
class Quoting:
    """A post that quotes the page's post. short: its id. name: its author's."""

    article: Markup
    short: str
    name: str


@routes.page("/@{name}/{id}/quote", who="member")
async def show_composer(visit: Visit) -> Answer:
    """The composer, with what is quoted below the text."""
    return await answer_composer(visit, empty_writing(visit.preferences, visit.words.language))


async def answer_composer(visit: Visit, writing: Writing) -> Answer:
    """Render the page. Raises PostNotFound, QuoteRefused."""
    post, author = await quotable_post(visit)
    values = composer_choices(visit) | {"quoted": await card_of(visit, post)}
    url = f"{author.url}/{short_id(post.id)}"
    return visit.page("quote.html", 422 if writing.error else 200, url=url, writing=writing, **values)


async def quotable_post(visit: Visit) -> tuple[Post, Person]:
    """Return the path's post, if the visitor may quote it. Raises PostNotFound, QuoteRefused."""
    post, author, _ = await visible_post(visit)
    if post.repost_of_id:
        raise PostNotFound
    await find_quoted(visit.face.app.db.reader, post.id, visit.account_id)
    return post, author


async def card_of(visit: Visit, post: Post) -> Markup:
    """Return a visible post as it stands inside of another one."""
    entry = (await visit.face.renders.load([post.id], visit.words.language)).get(post.id)
    if not isinstance(entry, Fragment):
        return Markup()
    return Markup(entry.card(visit.words.age(post.published_at_us)))  # noqa: S704 - its template escaped it


@routes.form("/@{name}/{id}/quote", limit=POSTING, body_limit=UPLOAD_BYTES)
async def publish_quote(visit: Visit, fields: Fields) -> Answer:
    """Publish a quote and show it."""
    post, _ = await quotable_post(visit)
    outcome = await publish_writing(visit, fields, quote_of_id=post.id)
    if isinstance(outcome, Writing):
        return await answer_composer(visit, outcome)
    if isinstance(outcome, ScheduledPost):
        return visit.go("/scheduled")
    handle = visit.person.handle if visit.person else ""
    return visit.go(f"/{handle}/{short_id(outcome.id)}")


@routes.page("/@{name}/{id}/quotes")
async def show_quotes(visit: Visit) -> Answer:
    """Who quotes a post, newest first; its author finds the way out of each quote there."""
    post, author, _ = await visible_post(visit)
    if post.repost_of_id:
        raise PostNotFound
    reader, window = visit.face.app.db.reader, window_of(visit)
    is_own = post.author_id == visit.viewer
    ids = await list_quotes(reader, post.id, visit.viewer_or_nobody, window, now_us(), is_author=is_own)
    view = view_of(visit)
    # The author takes quotes back here: none may be missing.
    articles = await visit.face.renders.by_id(ids, replace(view, context="") if is_own else view)
    entries = await visit.face.renders.load(ids, visit.words.language)
    names = {post_id: one.author.name for post_id, one in entries.items() if isinstance(one, Fragment)}
    answer = visit.page(
        "quotes.html",
        is_public=True,
        author=author,
        url=f"{author.url}/{short_id(post.id)}",
        card=await card_of(visit, post),
        is_own=is_own,
        quotes=[Quoting(articles[i], short_id(i), names.get(i, "")) for i in ids if i in articles],
        older=older_link(visit, ids, PAGE_POSTS),
    )
    answer.headers.append((b"x-robots-tag", b"noindex"))
    return answer


@routes.form("/@{name}/{id}/quotes/{quoting}/revoke", limit=API)
async def revoke(visit: Visit, fields: Fields) -> Answer:
    """Take an own post out of a quote. Raises QuoteNotFound."""
    post, author, _ = await visible_post(visit)
    try:
        quoting_id = PostId(parse_short_id(visit.value("quoting")))
    except InvalidId:
        raise QuoteNotFound from None
    if not await list_visible_ids(visit.face.app.db.reader, [quoting_id], visit.account_id):
        raise QuoteNotFound
    await revoke_quote(visit.face.app, visit.account_id, post_id_of(visit), quoting_id)
    return visit.go(f"{author.url}/{short_id(post.id)}/quotes")
