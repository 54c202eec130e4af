"""A post's page: the conversation around it, a reply, and what one can do to it.

Owns: `/@name/id` and the forms below it. Hidden and absent posts answer alike.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from rookery.actions.marks import mark_post, repost_post, undo_repost, unmark_post
from rookery.actions.polls import cast_votes
from rookery.actions.removals import delete_post
from rookery.actions.resolving import plan_thread
from rookery.model.errors import Invalid, NotFound
from rookery.model.ids import AccountId, InvalidId, PostId, now_us, parse_short_id, short_id
from rookery.model.posts import Audience, Post, PostNotFound
from rookery.model.scheduled_posts import ScheduledPost
from rookery.network.limits import API, DELETING, POSTING
from rookery.network.responses import Answer, Response
from rookery.storage.accounts import get_account
from rookery.storage.marks import Mark
from rookery.storage.pages import list_ancestors, list_descendants
from rookery.storage.posts import get_visible_post
from rookery.timelines.threads import with_depth
from rookery.web.fields import Fields
from rookery.web.guards import safe_path
from rookery.web.lists import view_of
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.visits import Visit
from rookery.web.writing import UPLOAD_BYTES, Writing, composer_choices, empty_writing, publish_writing

routes = PageTable()
ABOVE, BELOW, DEPTH = 60, 200, 30
MOST_INDENT = 4
DESCRIPTION_CHARACTERS = 200


def post_id_of(visit: Visit) -> PostId:
    """Return the post that the path names. Raises PostNotFound."""
    try:
        return PostId(parse_short_id(visit.value("id")))
    except InvalidId:
        raise PostNotFound from None


async def visible_post(visit: Visit) -> tuple[Post, Person, bool]:
    """Return the post of the path as its visitor may see it, its author, and whether robots may list it."""
    await visit.face.live.catch_up()
    reader = visit.face.app.db.reader
    post = await get_visible_post(reader, post_id_of(visit), visit.viewer_or_nobody)
    author = await get_account(reader, post.author_id)
    return post, Person.of(author), author.is_indexable and post.audience is Audience.PUBLIC


@routes.page("/@{name}/{id}")
async def show_post(visit: Visit) -> Answer:
    """The post, large, in its conversation."""
    post, author, is_indexable = await visible_post(visit)
    if post.repost_of_id:
        original = await get_visible_post(visit.face.app.db.reader, post.repost_of_id, visit.viewer_or_nobody)
        writer = Person.of(await get_account(visit.face.app.db.reader, original.author_id))
        return visit.go(f"{writer.url}/{short_id(original.id)}")
    if f"@{visit.value('name')}" != author.handle:
        return visit.go(f"{author.url}/{short_id(post.id)}")
    if visit.member:
        await plan_thread(visit.face.app, post.id)
    writing = reply_writing(visit, post, author) if visit.member else None
    return await answer_post(visit, post, author, writing, is_indexable=is_indexable)


async def answer_post(
    visit: Visit, post: Post, author: Person, writing: Writing | None, *, is_indexable: bool = False
) -> Response:
    """Render the page of a post. writing: what stands in the reply form, None for strangers."""
    reader, viewer = visit.face.app.db.reader, visit.viewer_or_nobody
    above = await list_ancestors(reader, post.id, viewer, depth=ABOVE)
    rows = await list_descendants(reader, post.id, viewer, now_us(), depth=DEPTH, limit=BELOW)
    below = with_depth(post.id, rows)
    view = view_of(visit, focus=post.id)
    ids = [*above, post.id, *(post_id for post_id, _ in below)]
    articles = await visit.face.renders.by_id(ids, view)
    values = composer_choices(visit) if writing else {}
    answer = visit.page(
        "thread.html",
        422 if writing and writing.error else 200,
        is_public=True,
        post=post,
        author=author,
        url=f"{author.url}/{short_id(post.id)}",
        description=summary_of(post),
        above=[articles[i] for i in above if i in articles],
        article=articles.get(post.id, ""),
        below=[(articles[i], min(depth - 1, MOST_INDENT)) for i, depth in below if i in articles],
        writing=writing,
        **values,
    )
    if not is_indexable:
        answer.headers.append((b"x-robots-tag", b"noindex"))
    return answer


def summary_of(post: Post) -> str:
    """Return the words for a link card; a post with a warning shows the warning alone."""
    text = post.content_warning or " ".join(post.text.split())
    return text if len(text) <= DESCRIPTION_CHARACTERS else text[: DESCRIPTION_CHARACTERS - 1] + "…"


def reply_writing(visit: Visit, post: Post, author: Person) -> Writing:
    """Return an empty reply: who is in the conversation is named, and it goes no wider than what it answers."""
    writing = empty_writing(visit.preferences, visit.words.language)
    names = {author.handle: author.id}
    for mention in post.mentions:
        handle = f"@{mention.username}@{mention.domain}" if mention.domain else f"@{mention.username}"
        names[handle] = mention.account_id
    others = [handle for handle, account_id in names.items() if account_id != visit.viewer]
    return Writing(
        text="".join(f"{handle} " for handle in others),
        warning=post.content_warning,
        audience=max(post.audience, writing.audience),
        language=writing.language,
        is_sensitive=writing.is_sensitive,
        quote_policy=writing.quote_policy,
    )


@routes.form("/@{name}/{id}/reply", limit=POSTING, body_limit=UPLOAD_BYTES)
async def publish_reply(visit: Visit, fields: Fields) -> Answer:
    """Publish a reply, and show it in the conversation."""
    post, author, _ = await visible_post(visit)
    outcome = await publish_writing(visit, fields, post.id)
    if isinstance(outcome, Writing):
        return await answer_post(visit, post, author, outcome)
    if isinstance(outcome, ScheduledPost):
        return visit.go("/scheduled")
    return visit.go(f"{author.url}/{short_id(post.id)}#p-{short_id(outcome.id)}")


def back_to(visit: Visit, fields: Fields, post_id: int) -> Answer:
    """Send the browser back to where the button was, at that post."""
    here = safe_path(fields.text("back"), "/home").partition("#")[0]
    return visit.go(f"{here}#p-{short_id(post_id)}")


Act = Callable[[Visit, AccountId, PostId], Awaitable[object]]


def marking(mark: Mark) -> Act:
    """Return the act that makes a mark."""
    return lambda visit, account_id, post_id: mark_post(visit.face.app, account_id, post_id, mark)


def unmarking(mark: Mark) -> Act:
    """Return the act that takes a mark back."""
    return lambda visit, account_id, post_id: unmark_post(visit.face.app, account_id, post_id, mark)


ACTS: dict[str, Act] = {
    "like": marking(Mark.LIKE),
    "unlike": unmarking(Mark.LIKE),
    "bookmark": marking(Mark.BOOKMARK),
    "unbookmark": unmarking(Mark.BOOKMARK),
    "pin": marking(Mark.PIN),
    "unpin": unmarking(Mark.PIN),
}
REPOST_ACTS: dict[str, Act] = {
    "repost": lambda visit, account_id, post_id: repost_post(visit.face.app, account_id, post_id),
    "unrepost": lambda visit, account_id, post_id: undo_repost(visit.face.app, account_id, post_id),
}


@routes.form("/@{name}/{id}/vote", limit=API)
async def vote(visit: Visit, fields: Fields) -> Answer:
    """Vote in a poll."""
    post_id = post_id_of(visit)
    choices = tuple(dict.fromkeys(fields.numbers("choice")))
    if not choices:
        raise Invalid("choose an answer first")
    await cast_votes(visit.face.app, visit.account_id, post_id, choices)
    return back_to(visit, fields, post_id)


@routes.page("/@{name}/{id}/delete", who="member")
async def ask_delete(visit: Visit) -> Answer:
    """Ask before an own post is deleted."""
    post, author, _ = await visible_post(visit)
    if post.author_id != visit.viewer:
        raise PostNotFound
    articles = await visit.face.renders.posts([post.id], view_of(visit))
    return visit.page("delete.html", article=articles[0], url=f"{author.url}/{short_id(post.id)}")


@routes.form("/@{name}/{id}/delete", limit=DELETING)
async def delete(visit: Visit, fields: Fields) -> Answer:
    """Delete an own post."""
    await delete_post(visit.face.app, visit.account_id, post_id_of(visit), keeps_media=False)
    return visit.go("/home")


@routes.form("/@{name}/{id}/share/{act}", limit=POSTING)
async def change_repost(visit: Visit, fields: Fields) -> Answer:
    """Repost, or take a repost back."""
    return await act_on_post(visit, fields, REPOST_ACTS)


@routes.form("/@{name}/{id}/mark/{act}", limit=API)
async def change_mark(visit: Visit, fields: Fields) -> Answer:
    """Like, bookmark, pin, and the way back."""
    return await act_on_post(visit, fields, ACTS)


async def act_on_post(visit: Visit, fields: Fields, acts: dict[str, Act]) -> Answer:
    """Do what the path says. Raises NotFound for an act that there is not."""
    act = acts.get(visit.value("act"))
    if act is None:
        raise NotFound("no such act")
    post_id = post_id_of(visit)
    await act(visit, visit.account_id, post_id)
    return back_to(visit, fields, post_id)
