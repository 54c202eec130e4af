"""One visit: a request for a page together with its visitor, language, theme and form token.

Owns: Visit, the frame that every page needs, cookies and caching headers of pages. Never: SQL beyond the visitor's own
account. A page that holds a form makes a form cookie for strangers; a page without one sets no cookie.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from rookery.actions.registrations import registration_mode
from rookery.model.accounts import Account
from rookery.model.errors import NotSignedIn
from rookery.model.ids import AccountId, now_us
from rookery.model.members import Member, Preferences, RegistrationMode, Role, outranks
from rookery.model.notifications import GROUPED_KINDS
from rookery.network.requests import Request
from rookery.network.responses import Headers, Response, html_response, redirect
from rookery.storage.accounts import find_account
from rookery.storage.conversations import count_unread_conversations
from rookery.storage.members import find_member
from rookery.storage.notifications import NotificationChoice, count_unread
from rookery.web.face import CONSENT_CSP, FORM, PAGE_CSP, SESSION, WebFace
from rookery.web.guards import FORM_S, cookie_secret, form_token, new_form_secret, safe_path, set_cookie
from rookery.web.looks import Look, look_cookie, look_of, look_of_member
from rookery.web.people import Person
from rookery.web.words import LANGUAGES, Words, known_language, words_of

GROUPED = tuple(kind.value for kind in GROUPED_KINDS)
MOST_UNREAD = 99


@dataclass(slots=True)
class Visit:
    """What a handler of a page gets. member, account, person: of who is signed in, else None.

    look: what this browser has kept; a member's own choices come before it.
    is_open: a stranger may join, so that pages offer it. new_home: where the visitor has moved to.
    """

    face: WebFace
    request: Request
    words: Words
    query: dict[str, str]
    look: Look
    member: Member | None = None
    account: Account | None = None
    person: Person | None = None
    cookies: Headers = field(default_factory=list)
    token: str = ""
    unread_count: int = 0
    is_open: bool = False
    message_count: int = 0
    new_home: Person | None = None

    @property
    def viewer(self) -> int | None:
        """The account that looks, None for a stranger."""
        return self.member.account_id if self.member else None

    @property
    def viewer_or_nobody(self) -> int:
        """The account that looks, 0 for a stranger, as queries take it."""
        return self.member.account_id if self.member else 0

    @property
    def account_id(self) -> AccountId:
        """The account that acts. Raises NotSignedIn."""
        if self.member is None:
            raise NotSignedIn("please sign in first")
        return self.member.account_id

    @property
    def preferences(self) -> Preferences:
        """The visitor's choices, or the usual ones."""
        return self.member.preferences if self.member else Preferences()

    @property
    def is_admin(self) -> bool:
        """True for who looks after the server: an admin or the owner."""
        return self.member is not None and outranks(self.member.role, Role.MODERATOR)

    @property
    def is_staff(self) -> bool:
        """True for moderators, admins and the owner."""
        return self.member is not None and self.member.role is not Role.MEMBER

    @property
    def theme(self) -> str:
        """The visitor's theme."""
        return look_of_member(self.member.preferences, self.look).theme if self.member else self.look.theme

    @property
    def path(self) -> str:
        """The page's own address, to come back to."""
        kept = {name: value for name, value in self.query.items() if name != "lang"}
        return safe_path(quote(self.request.path, safe="/@") + (f"?{urlencode(kept)}" if kept else ""))

    def value(self, name: str) -> str:
        """Return a parameter of the path."""
        return self.request.path_values[name]

    def need_token(self) -> str:
        """Return the token for this page's forms; a stranger's browser gets a cookie for it."""
        if not self.token:
            base_url = self.face.base_url
            secret = cookie_secret(self.request, base_url, SESSION if self.member else FORM)
            if secret is None:
                secret = new_form_secret()
            if self.member is None:
                self.cookies.append(set_cookie(base_url, FORM, secret, FORM_S))
            self.token = form_token(secret)
        return self.token

    def page(self, name: str, code: int = 200, /, *, is_public: bool = False, **values: Any) -> Response:
        """Render a page. is_public: the same for every stranger, so that caches may keep it for half a minute."""
        text = self.render(name, **values)
        is_shared = is_public and self.member is None and code == 200 and not self.cookies
        caching = b"public, max-age=30, stale-while-revalidate=600" if is_shared else b"private, no-cache"
        headers = [
            CONSENT_CSP if name == "consent.html" else PAGE_CSP,
            (b"cache-control", caching),
            (b"vary", b"Cookie, Accept-Language"),
            *self.cookies,
        ]
        return html_response(text, code, headers)

    def render(self, name: str, /, **values: Any) -> str:
        """Render a template with the frame's values."""
        if self.member:
            self.need_token()
        frame = {
            "visit": self,
            "me": self.person,
            "theme": self.theme,
            "language": self.words.language,
            "other_languages": [(code, label) for code, label in LANGUAGES.items() if code != self.words.language],
            "path": self.path,
        }
        return self.face.templates.render(self.words.language, name, **{**frame, **values})

    def token_field(self) -> Markup:
        """Return the hidden field that every form carries."""
        return Markup('<input type="hidden" name="token" value="{}">').format(self.need_token())

    def go(self, location: str) -> Response:
        """Send the browser on after a form (303)."""
        return redirect(location, headers=[PAGE_CSP, (b"cache-control", b"private, no-store"), *self.cookies])

    def keep_look(self, look: Look) -> None:
        """Keep how pages look to this browser, beyond the session."""
        if look != self.look:
            self.cookies.append(look_cookie(self.face.base_url, look))

    def say(self, raw: str) -> str:
        """Return the sentence of a refusal in the visitor's language."""
        return self.words.sentence(raw)


async def open_visit(face: WebFace, request: Request) -> Visit:
    """Find out who visits and in which language."""
    query = {name: str(value) for name, value in reversed(request.query())}
    member = account = None
    await face.live.catch_up()
    await face.templates.emoji.learn()
    if request.caller.account_id is not None:
        member = await find_member(face.app.db.reader, request.caller.account_id)
        account = await find_account(face.app.db.reader, request.caller.account_id) if member else None
    asked = known_language(query.get("lang"))
    chosen = known_language(member.preferences.locale) if member else None
    words = words_of(asked or chosen or face.language_of(request))
    look = look_of(request, face.base_url)
    visit = Visit(face, request, words, query, look, member, account, Person.of(account) if account else None)
    # A click on the language at the foot of our own page is a choice; an address from elsewhere is none.
    if asked and chosen is None and request.method == "GET" and request.header("sec-fetch-site") == "same-origin":
        visit.keep_look(replace(look, language=asked))
    if member is None:
        visit.is_open = await registration_mode(face.app) is not RegistrationMode.CLOSED
    if member and request.method == "GET":
        visit.unread_count = await count_new(face, member.account_id)
        reader = face.app.db.reader
        if account and account.moved_to_id:
            home = await find_account(reader, account.moved_to_id)
            visit.new_home = Person.of(home) if home else None
        visit.message_count = await count_unread_conversations(reader, member.account_id, now_us(), MOST_UNREAD)
    return visit


async def count_new(face: WebFace, account_id: AccountId) -> int:
    """Return how many entries of the notifications are new, MOST_UNREAD at most."""
    reader = face.app.db.reader
    return (await count_unread(reader, account_id, NotificationChoice(), GROUPED, MOST_UNREAD))[1]
