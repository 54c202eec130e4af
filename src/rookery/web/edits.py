"""Changing a post, and what it said before.

Owns: `/@name/id/edit`, `/@name/id/history`. Never: a rule of edits (actions/edits.py has them).
A refused edit gives the form back with everything in it. An edit that changes nothing leaves no trace in the history.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from rookery.actions.edits import EditDraft, edit_post
from rookery.actions.quotes import change_quote_policy
from rookery.model.errors import Invalid, Unavailable
from rookery.model.ids import short_id
from rookery.model.markup import render_html
from rookery.model.media import Attachment
from rookery.model.posts import PollDraft, Post, PostNotFound, PostVersion
from rookery.model.quotes import QuotePolicy
from rookery.network.limits import POSTING
from rookery.network.responses import Answer, Response
from rookery.storage.media import list_own_media
from rookery.storage.posts import list_versions
from rookery.web.fields import Fields
from rookery.web.fragments import Picture, local_links, pictures_of, shown_html
from rookery.web.people import Person
from rookery.web.posts import visible_post
from rookery.web.routing import PageTable
from rookery.web.visits import Visit
from rookery.web.writing import (
    POLL_LENGTHS_S,
    UPLOAD_BYTES,
    Writing,
    composer_choices,
    read_writing,
    take_pictures,
)

routes = PageTable()
SECOND_US = 1_000_000


async def own_post(visit: Visit) -> tuple[Post, Person]:
    """Return the visitor's own post of the path. Raises PostNotFound for anybody else's, and for reposts."""
    post, author, _ = await visible_post(visit)
    if post.author_id != visit.viewer or post.repost_of_id:
        raise PostNotFound
    return post, author


def writing_of(post: Post) -> Writing:
    """Return the composer as the post stands now."""
    poll = post.poll
    return Writing(
        text=post.text,
        warning=post.content_warning,
        audience=post.audience,
        language=post.language or "",
        # A warning makes every post sensitive; the tick is about pictures.
        is_sensitive=post.is_sensitive and (not post.content_warning or bool(post.media)),
        pictures=post.media,
        choices=tuple(option.title for option in poll.options) if poll else (),
        lasts_s=poll_length_s(post),
        is_multiple=bool(poll and poll.is_multiple),
        quote_policy=min(post.quote_policy, QuotePolicy.NOBODY),
    )


def poll_length_s(post: Post) -> int:
    """Return which of the lengths on offer comes nearest to that of the post's poll; a day without one."""
    if post.poll is None or post.poll.expires_at_us is None:
        return 86_400
    length_s = (post.poll.expires_at_us - post.published_at_us) // SECOND_US
    return min(POLL_LENGTHS_S, key=lambda offered: abs(offered - length_s))


@routes.page("/@{name}/{id}/edit", who="member")
async def show_edit(visit: Visit) -> Answer:
    """The composer with an own post in it."""
    post, author = await own_post(visit)
    return answer_edit(visit, post, author, writing_of(post))


def answer_edit(visit: Visit, post: Post, author: Person, writing: Writing) -> Response:
    """Render the page with what stands in the composer. Who can read a post does not change with an edit."""
    choices = composer_choices(visit) | {"is_edit": True}
    url = f"{author.url}/{short_id(post.id)}"
    return visit.page("edit.html", 422 if writing.error else 200, url=url, writing=writing, **choices)


@routes.form("/@{name}/{id}/edit", limit=POSTING, body_limit=UPLOAD_BYTES)
async def save_edit(visit: Visit, fields: Fields) -> Answer:
    """Store the edit and show the post."""
    post, author = await own_post(visit)
    pictures: list[Attachment] = []
    try:
        await take_pictures(visit, fields, pictures, post.id)
        writing = read_writing(fields, tuple(pictures))
        edit = edit_of(writing, post)
        if is_same(post, edit):
            await change_quote_policy(visit.face.app, visit.account_id, post.id, writing.quote_policy)
        else:
            await edit_post(visit.face.app, visit.account_id, post.id, edit)
    except (Invalid, Unavailable) as refusal:
        writing = read_writing(fields, tuple(pictures), visit.say(str(refusal)))
        return answer_edit(visit, post, author, replace(writing, audience=post.audience))
    return visit.go(f"{author.url}/{short_id(post.id)}")


def edit_of(writing: Writing, post: Post) -> EditDraft:
    """Return the edit of a form; what the form does not show of a poll stays."""
    hides_totals = bool(post.poll and post.poll.hides_totals)
    poll = PollDraft(writing.choices, writing.lasts_s, writing.is_multiple, hides_totals) if writing.choices else None
    return EditDraft(
        text=writing.text,
        content_warning=writing.warning,
        is_sensitive=writing.is_sensitive,
        language=writing.language or None,
        media_ids=tuple(picture.id for picture in writing.pictures),
        poll=poll,
        alt_texts=tuple((picture.id, picture.description) for picture in writing.pictures),
        quote_policy=writing.quote_policy,
    )


def is_same(post: Post, edit: EditDraft) -> bool:
    """True when an edit would leave the post as it is: a second click, or a change of mind."""
    titles = tuple(option.title for option in post.poll.options) if post.poll else ()
    before = (
        *(post.text, post.content_warning, post.is_sensitive, post.language),
        *(tuple((one.id, one.description) for one in post.media), titles, bool(post.poll and post.poll.is_multiple)),
    )
    after = (
        *(edit.text, edit.content_warning, edit.is_sensitive or bool(edit.content_warning)),
        *(edit.language or post.language, edit.alt_texts),
        *((edit.poll.options, edit.poll.is_multiple) if edit.poll else ((), False)),
    )
    return before == after


@dataclass(frozen=True, slots=True)
class Shape:
    """How a post stood for a while. lost_count: pictures that were taken off it and are no longer kept."""

    written_at_us: int
    warning: str
    html: Markup
    pictures: list[Picture]
    lost_count: int
    choices: tuple[str, ...]
    is_sensitive: bool


@routes.page("/@{name}/{id}/history")
async def show_history(visit: Visit) -> Answer:
    """Everything that a post has said, newest first, for whoever may see the post."""
    post, author, _ = await visible_post(visit)
    if post.repost_of_id:
        raise PostNotFound
    reader = visit.face.app.db.reader
    versions = await list_versions(reader, post.id)
    wanted = {picture.id for version in versions for picture in version.media}
    kept = set(await list_own_media(reader, post.author_id, list(wanted))) if wanted else set()
    base_url = visit.face.base_url
    shapes = [present_shape(post, base_url)]
    shapes += [former_shape(version, kept, base_url) for version in reversed(versions)]
    url = f"{author.url}/{short_id(post.id)}"
    answer = visit.page(
        "history.html", is_public=True, author=author, url=url, language_of_post=post.language, shapes=shapes
    )
    answer.headers.append((b"x-robots-tag", b"noindex"))
    return answer


def present_shape(post: Post, base_url: str) -> Shape:
    """Return how a post stands now."""
    return Shape(
        post.edited_at_us or post.published_at_us,
        post.content_warning,
        Markup(shown_html(post, base_url)),  # noqa: S704 - escaped by render_html, or sanitized remote markup
        pictures_of(post.media),
        0,
        tuple(option.title for option in post.poll.options) if post.poll else (),
        post.is_sensitive,
    )


def former_shape(version: PostVersion, kept: set[int], base_url: str) -> Shape:
    """Return how a post stood once. kept: which pictures the server still has."""
    html = local_links(render_html(version.text, version.facets, base_url), base_url)
    shown = pictures_of(one for one in version.media if one.id in kept)
    return Shape(
        version.written_at_us,
        version.content_warning,
        Markup(html),  # noqa: S704 - escaped by render_html
        shown,
        len(version.media) - len(shown),
        version.poll_options,
        version.is_sensitive,
    )
