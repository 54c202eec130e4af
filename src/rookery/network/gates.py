"""The last gate of a request: may this caller call this route (K6)?

Owns: the order of the questions, what each refusal says. Never: finds out who calls (a room's face does).
"""

from __future__ import annotations

from typing import Any

from rookery.model.callers import NOBODY, Caller
from rookery.model.errors import NotAllowed, NotSignedIn
from rookery.model.members import Role, check_standing, outranks
from rookery.model.permissions import PermissionMissing, may
from rookery.network.routes import Route

BY_BROWSER = ("member", "admin")


class ScopeMissing(NotAllowed):
    """The token is good, its scopes do not cover this route."""

    def __init__(self) -> None:
        super().__init__("this action is outside the authorized scopes")


class PersonNeeded(NotSignedIn):
    """An app's own token where a person is needed."""

    def __init__(self) -> None:
        super().__init__("this method requires an authenticated user")


class AdminNeeded(NotAllowed):
    """A page for those who look after the server."""

    def __init__(self) -> None:
        super().__init__("this page is for the people who look after the server")


def allow(route: Route[Any], caller: Caller) -> None:
    """The last gate. Raises NotSignedIn, PersonNeeded, MemberHeldBack, AdminNeeded, ScopeMissing, PermissionMissing."""
    if route.who == "anyone":
        if caller is not NOBODY and route.scopes and caller.token_id and caller.scopes.isdisjoint(route.scopes):
            raise ScopeMissing
        return
    if caller is NOBODY:
        raise NotSignedIn("please sign in first" if route.who in BY_BROWSER else "the access token is invalid")
    if route.who in ("user", "newcomer", *BY_BROWSER) and caller.account_id is None:
        raise PersonNeeded
    if route.who != "newcomer":
        check_standing(caller.standing)
    if route.who in BY_BROWSER and caller.session_id is None:
        raise NotSignedIn("please sign in first")
    if route.who == "admin" and not outranks(Role(caller.role), Role.MODERATOR):
        raise AdminNeeded
    if route.scopes and caller.session_id is None and caller.scopes.isdisjoint(route.scopes):
        raise ScopeMissing
    if route.permission is not None and not may(Role(caller.role), route.permission):
        raise AdminNeeded if route.who in BY_BROWSER else PermissionMissing
