"""Apps that act for people: what may be registered, where answers may be sent, proofs of possession of a code.

Owns: rules of redirect addresses, PKCE, the refusals of OAuth with their codes. Never: storage, HTTP.
Spec: RFC 6749 §3.1.2 (redirection), §5.2 (errors); RFC 7636 (PKCE); RFC 9700 §2.1 (exact match, S256 alone).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from rookery.model.errors import Invalid, Refusal

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
FORBIDDEN_SCHEMES = frozenset(["about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"])
MAX_APP_NAME_CHARACTERS = 60
MAX_ADDRESS_CHARACTERS = 2000
MAX_REDIRECT_COUNT = 20
DEFAULT_SCOPES = ("read",)
CHALLENGE_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER_SHAPE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
SCHEME_SHAPE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")  # to a browser, what follows a backslash is not the host any more

# Code of the OAuth error -> the sentence that apps know.
OAUTH_SENTENCES = {
    "invalid_client": (
        "Client authentication failed due to unknown client, no client authentication included, or unsupported"
        " authentication method."
    ),
    "invalid_grant": (
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the"
        " authorization request, or was issued to another client."
    ),
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
    "unsupported_response_type": "The authorization server does not support this response type.",
    "invalid_scope": "The requested scope is invalid, unknown, or malformed.",
    "invalid_redirect_uri": "The requested redirect uri is malformed or doesn't match client redirect URI.",
    "invalid_code_challenge_method": "The code_challenge_method must be S256.",
    "unauthorized_client": "You are not authorized to revoke this token",
    "access_denied": "The resource owner or authorization server denied the request.",
}


class OAuthRefused(Refusal):
    """An OAuth request is refused. code: the error as the specification spells it."""

    def __init__(self, code: str, sentence: str | None = None) -> None:
        super().__init__(sentence or OAUTH_SENTENCES[code])
        self.code = code


class AppRefused(Invalid):
    """An app cannot be registered like this."""


@dataclass(frozen=True, slots=True)
class AppDraft:
    """What an app says of itself when it registers."""

    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    website: str | None = None


def missing_parameter(name: str) -> OAuthRefused:
    """Return the refusal of a request that lacks a parameter."""
    return OAuthRefused("invalid_request", f"Missing required parameter: {name}.")


def check_redirect_uri(uri: str) -> None:
    """Raises AppRefused unless answers may be sent there: an absolute address without fragment, no scheme that runs."""
    if uri == OUT_OF_BAND:
        return
    if len(uri) > MAX_ADDRESS_CHARACTERS:
        raise AppRefused(f"Redirect URI is too long (maximum is {MAX_ADDRESS_CHARACTERS} characters)")
    scheme = SCHEME_SHAPE.match(uri)
    if scheme is None or UNSAFE.search(uri):
        raise AppRefused("Redirect URI must be an absolute URI.")
    name = scheme[0][:-1].lower()
    if name in FORBIDDEN_SCHEMES:
        raise AppRefused("Redirect URI is forbidden by the server.")
    if "#" in uri:
        raise AppRefused("Redirect URI cannot contain a fragment.")
    if name in ("http", "https") and not has_host(uri):
        raise AppRefused("Redirect URI must be an absolute URI.")


def check_website(website: str) -> None:
    """Raises AppRefused unless this is a web address that a person may be shown."""
    is_web = website.lower().startswith(("http://", "https://")) and has_host(website) and not UNSAFE.search(website)
    if not is_web or len(website) > MAX_ADDRESS_CHARACTERS:
        raise AppRefused("Website must be a valid URL")


def has_host(uri: str) -> bool:
    """True when the address names a host."""
    try:
        return bool(urlsplit(uri).hostname)
    except ValueError:
        return False


def check_app(draft: AppDraft, known_scopes: frozenset[str]) -> None:
    """Raises AppRefused with the first thing that is wrong."""
    if not draft.name.strip():
        raise AppRefused("Application name can't be blank")
    if len(draft.name) > MAX_APP_NAME_CHARACTERS:
        raise AppRefused(f"Application name is too long (maximum is {MAX_APP_NAME_CHARACTERS} characters)")
    if not draft.redirect_uris:
        raise AppRefused("Redirect URI can't be blank")
    if len(draft.redirect_uris) > MAX_REDIRECT_COUNT:
        raise AppRefused(f"Redirect URI is too long (maximum is {MAX_REDIRECT_COUNT} addresses)")
    for uri in draft.redirect_uris:
        check_redirect_uri(uri)
    if not draft.scopes or not known_scopes.issuperset(draft.scopes):
        raise AppRefused("Scopes doesn't match configured on the server.")
    if draft.website:
        check_website(draft.website)


def check_challenge(challenge: str | None, method: str | None) -> str | None:
    """Return the challenge of an authorization request, None without one. Raises OAuthRefused: S256 is all there is."""
    if not challenge:
        if method:
            raise missing_parameter("code_challenge")
        return None
    if method != "S256":
        raise OAuthRefused("invalid_code_challenge_method")
    if not CHALLENGE_SHAPE.fullmatch(challenge):
        raise OAuthRefused("invalid_request", "The code_challenge must be 43 characters of base64url.")
    return challenge


def proves_possession(verifier: str | None, challenge: str | None) -> bool:
    """True when the verifier is the one of the challenge, or when neither is there: no downgrade in between."""
    if challenge is None or not verifier:
        return challenge is None and not verifier
    if not VERIFIER_SHAPE.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())


def answer_uri(redirect_uri: str, answer: dict[str, str]) -> str:
    """Return the redirect address with the answer added to its query."""
    separator = "&" if "?" in redirect_uri else "?"
    return redirect_uri + separator + urlencode(answer)
