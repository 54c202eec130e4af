"""The face of the pages: what handlers reach, who is asking, how refusals read for people.

Owns: WebFace, the session cookie, security headers, error pages. Never: a rule of a feature.
Public pages set no cookie and carry no script; a page for members may load our own script and nothing else.
Spec: https://www.w3.org/TR/CSP3/, https://w3c.github.io/trusted-types/dist/spec/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

from rookery.actions.app import App
from rookery.actions.far_files import FarRoom
from rookery.actions.media import MediaRoom
from rookery.actions.passwords import PasswordPool
from rookery.model.callers import NOBODY, Caller
from rookery.model.errors import NotFound, NotSignedIn, Refusal
from rookery.model.members import MemberHeldBack
from rookery.network.codes import code_of, headers_of
from rookery.network.limits import Limit
from rookery.network.requests import Request
from rookery.network.responses import Headers, Response, html_response, redirect
from rookery.timelines.caches import MarkCache
from rookery.timelines.homes import Homes
from rookery.timelines.live import Live
from rookery.web.guards import cookie_secret
from rookery.web.looks import look_of
from rookery.web.renders import PageRenders
from rookery.web.static_files import StaticFiles
from rookery.web.templates import Templates
from rookery.web.words import accepted_language, known_language, words_of

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self';"
    " manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
PAGE_CSP = (b"content-security-policy", f"{CSP}; form-action 'self'".encode())
# Browsers hold form-action against every redirect that follows a form; an app's address may send the browser further.
CONSENT_CSP = (b"content-security-policy", CSP.encode())
HEADERS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"),
]
SESSION, FORM, STEP = "session", "form", "step"
# Pictures and style sheets of a page come in dozens; they have a measure of their own.
FILES = Limit("files", 6000, 300, by="address")


class Callers(Protocol):
    """Knows who a browser's session stands for."""

    async def identify_session(self, raw: str) -> Caller:
        """Raises NotSignedIn for a session that is over, MemberHeldBack for a person who may not act."""
        ...


@dataclass(slots=True)
class WebFace:
    """Everything that handlers of pages reach."""

    app: App
    live: Live
    homes: Homes
    marks: MarkCache
    callers: Callers
    passwords: PasswordPool
    media: MediaRoom
    far: FarRoom
    static: StaticFiles
    templates: Templates
    renders: PageRenders
    headers: Headers = field(default_factory=lambda: HEADERS)

    @property
    def base_url(self) -> str:
        """What browsers see, without a slash at the end."""
        return self.app.settings.base_url

    async def identify(self, request: Request) -> Caller:
        """Return who the browser's session stands for; a session that is over is nobody, not an error."""
        secret = cookie_secret(request, self.base_url, SESSION)
        if secret is None:
            return NOBODY
        try:
            return await self.callers.identify_session(secret)
        except (NotSignedIn, MemberHeldBack):
            return NOBODY

    def language_of(self, request: Request) -> str:
        """Return the language of a page for somebody who is not signed in."""
        asked = next((value for name, value in request.query() if name == "lang"), None)
        kept = look_of(request, self.base_url).language
        return known_language(asked) or kept or accepted_language(request.header("accept-language"))

    def answer_error(self, request: Request, error: Refusal) -> Response:
        """Say a refusal that came before a handler; who must sign in is sent there and comes back."""
        if isinstance(error, NotSignedIn) and request.method in ("GET", "HEAD"):
            query = request.query_string.decode("latin-1")
            back = quote(request.path, safe="/@") + (f"?{query}" if query else "")
            return redirect(f"/login?next={quote(back, safe='')}", headers=[PAGE_CSP])
        theme = look_of(request, self.base_url).theme
        return self.error_page(error, self.language_for_error(request), theme)

    def language_for_error(self, request: Request) -> str:
        """As language_of, whatever the query holds."""
        try:
            return self.language_of(request)
        except Refusal:
            return "en"

    def error_page(self, error: Refusal, language: str, theme: str = "auto") -> Response:
        """Return the page of a refusal: what happened, in a sentence, and what to do next."""
        code = code_of(error)
        words = words_of(language)
        # Absent and hidden read the same.
        raw = "there is nothing at this address" if isinstance(error, NotFound) else str(error)
        return self.sentence_page(code, words.sentence(raw), language, theme, headers_of(error))

    def sentence_page(
        self, code: int, sentence: str, language: str, theme: str = "auto", headers: Headers | None = None
    ) -> Response:
        """Return a page that says one thing."""
        page = self.templates.render(
            language, "error.html", code=code, sentence=sentence, theme=theme, reference="", language=language
        )
        kept = [(b"cache-control", b"private, no-store"), PAGE_CSP, *(headers or ())]
        return html_response(page, code, kept)

    def answer_fault(self, request: Request) -> Response:
        """Say that the server failed; the log has the details under the number."""
        language = self.language_for_error(request)
        sentence = words_of(language).gettext("Something went wrong on our side.")
        page = self.templates.render(
            language,
            "error.html",
            code=500,
            sentence=sentence,
            theme=look_of(request, self.base_url).theme,
            reference=request.request_id,
            language=language,
        )
        return html_response(page, 500, [(b"cache-control", b"private, no-store"), PAGE_CSP])
