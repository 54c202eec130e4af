"""What keeps a form honest: its token, where it was sent from, where it may lead.

Owns: form tokens, the origin check, safe addresses to return to, names and flags of cookies. Never: a page.
A token is a hash of the secret in the browser's cookie: the session's when somebody is signed in, else a cookie made
for the form. Another site can neither read the cookie nor make the token. The origin is looked at as well, so either
fence alone would hold. Spec: OWASP CSRF Prevention Cheat Sheet; RFC 6265bis §4.1.3 (__Host-), Fetch Metadata §2.3.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from rookery.model.errors import NotAllowed
from rookery.network.requests import Request

SECRET_SHAPE = re.compile(r"[A-Za-z0-9_-]{20,200}")
PATH_SHAPE = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")
LONG_S = 400 * 86_400  # the server ends an unused session long before; browsers keep no cookie longer
FORM_S = 12 * 3600


class FormRefused(NotAllowed):
    """The form did not come from one of our pages, or the page was too old."""

    def __init__(self) -> None:
        super().__init__("this form is out of date or came from another site; go back, reload the page and try again")


def cookie_name(base_url: str, name: str) -> str:
    """Return a cookie's name: with the prefix that binds it to this host where there is TLS."""
    return f"__Host-{name}" if base_url.startswith("https://") else name


def set_cookie(base_url: str, name: str, value: str, lasts_s: int) -> tuple[bytes, bytes]:
    """Return the header that sets a cookie no script can read; lasts_s 0 removes it."""
    secure = "; Secure" if base_url.startswith("https://") else ""
    text = f"{cookie_name(base_url, name)}={value}; Path=/; Max-Age={lasts_s}; HttpOnly; SameSite=Lax{secure}"
    return (b"set-cookie", text.encode("latin-1"))


def cookie_secret(request: Request, base_url: str, name: str) -> str | None:
    """Return the secret in a cookie, None for one that we cannot have made."""
    raw = request.cookie(cookie_name(base_url, name))
    return raw if raw and SECRET_SHAPE.fullmatch(raw) else None


def new_form_secret() -> str:
    """Return the value of a fresh form cookie."""
    return secrets.token_urlsafe(24)


def form_token(secret: str) -> str:
    """Return the token that belongs to a cookie's secret and gives nothing of it away."""
    return hashlib.sha256(f"form {secret}".encode()).hexdigest()[:40]


def check_token(secret: str | None, sent: str) -> None:
    """Raises FormRefused unless the token belongs to the cookie."""
    if secret is None or not hmac.compare_digest(form_token(secret).encode(), sent.encode("utf-8", "replace")):
        raise FormRefused


def check_origin(request: Request, base_url: str) -> None:
    """Raises FormRefused for a form that another site sent."""
    site = request.header("sec-fetch-site")
    if site:
        if site not in ("same-origin", "none"):
            raise FormRefused
        return
    origin = request.header("origin")
    if origin and origin != base_url and origin.partition("://")[2] != request.header("host"):
        raise FormRefused


def safe_path(raw: str, otherwise: str = "/") -> str:
    """Return a path of ours to go to; anything that could lead elsewhere becomes `otherwise`."""
    return raw if len(raw) <= 4000 and PATH_SHAPE.fullmatch(raw) else otherwise
