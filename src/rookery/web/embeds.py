"""A public post as a page that other sites may frame.

Owns: `/@name/id/embed`. It is the same for everybody: who looks is not asked, no cookie is set, nothing but our style
sheet and our pictures is loaded, no script runs, and every link opens outside the frame.
Spec: https://www.w3.org/TR/CSP3/#directive-frame-ancestors
"""

from __future__ import annotations

from rookery.model.posts import Audience, PostNotFound
from rookery.network.responses import Answer, html_response
from rookery.storage.accounts import get_account
from rookery.storage.posts import get_visible_post
from rookery.web.people import Person
from rookery.web.posts import post_id_of
from rookery.web.renders import View
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
EMBED_CSP = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none';"
    b" frame-ancestors *"
)
MAX_AGE = b"public, max-age=300, stale-while-revalidate=600"


@routes.page("/@{name}/{id}/embed")
async def show_embed(visit: Visit) -> Answer:
    """One post, for strangers elsewhere. Raises PostNotFound for every post that is not public and ours."""
    await visit.face.live.catch_up()
    reader = visit.face.app.db.reader
    post = await get_visible_post(reader, post_id_of(visit), 0)
    author = Person.of(await get_account(reader, post.author_id))
    is_theirs = author.handle == f"@{visit.value('name')}"
    if post.repost_of_id or not post.is_local or post.audience > Audience.UNLISTED or not is_theirs:
        raise PostNotFound
    language = visit.face.language_of(visit.request)
    articles = await visit.face.renders.posts([post.id], View(language, focus=post.id))
    text = visit.face.templates.render(
        language, "embed.html", language=language, author=author, article=articles[0] if articles else ""
    )
    headers = [(b"content-security-policy", EMBED_CSP), (b"cache-control", MAX_AGE), (b"vary", b"Accept-Language")]
    return html_response(text, 200, [*headers, (b"x-robots-tag", b"noindex")])
