"""How pages and forms are declared, so that no form can be without its checks.

Owns: PageTable. `page` declares a GET, `form` a POST; a form's handler runs only after the origin and the token were
checked. Never: who may (network/routes.py decides). A test fails when a POST is declared in any other way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from rookery.model.errors import Refusal
from rookery.model.permissions import Permission
from rookery.network.limits import PAGES, Limit
from rookery.network.requests import BODY_BYTES, Request
from rookery.network.responses import Answer
from rookery.network.routes import Handler, RouteTable, Who
from rookery.web.face import FORM, SESSION, WebFace
from rookery.web.fields import Fields
from rookery.web.guards import check_origin, check_token, cookie_secret
from rookery.web.visits import Visit, open_visit

PageHandler = Callable[[Visit], Awaitable[Answer]]
FormHandler = Callable[[Visit, Fields], Awaitable[Answer]]
CHECKED = "is_checked"


class PageTable(RouteTable[WebFace]):
    """The routes of one module of pages."""

    def __init__(self) -> None:
        super().__init__(PAGES)

    def page(
        self, path: str, *, who: Who = "anyone", limit: Limit | None = None, permission: Permission | None = None
    ) -> Callable[[PageHandler], PageHandler]:
        """Declare a page that is read."""

        def declare(handler: PageHandler) -> PageHandler:
            @wraps(handler)
            async def answer(face: WebFace, request: Request) -> Answer:
                visit = await open_visit(face, request)
                return await within_page(visit, lambda: handler(visit))

            self.route("GET", path, who=who, limit=limit, permission=permission)(answer)
            return handler

        return declare

    def form(
        self,
        path: str,
        *,
        who: Who = "member",
        limit: Limit | None = None,
        body_limit: int = BODY_BYTES,
        permission: Permission | None = None,
    ) -> Callable[[FormHandler], FormHandler]:
        """Declare what a form does. The handler gets its fields once the form is known to be ours."""

        def declare(handler: FormHandler) -> FormHandler:
            checked = checked_form(handler)
            self.route("POST", path, who=who, limit=limit, body_limit=body_limit, permission=permission)(checked)
            return handler

        return declare


def checked_form(handler: FormHandler) -> Handler[WebFace]:
    """Return a handler that refuses forms of other sites before it reads a field."""

    @wraps(handler)
    async def answer(face: WebFace, request: Request) -> Answer:
        check_origin(request, face.base_url)
        visit = await open_visit(face, request)
        fields = Fields(await request.parameters())
        check_token(cookie_secret(request, face.base_url, SESSION if visit.member else FORM), fields.text("token"))
        return await within_page(visit, lambda: handler(visit, fields))

    setattr(answer, CHECKED, True)
    return answer


async def within_page(visit: Visit, handle: Callable[[], Awaitable[Answer]]) -> Answer:
    """Run a handler; a refusal that it did not show itself becomes a page in the visitor's language and theme."""
    try:
        return await handle()
    except Refusal as error:
        return visit.face.error_page(error, visit.words.language, visit.theme)
