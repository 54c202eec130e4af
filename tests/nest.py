"""A nest for tests of members: an app, a cheap password pool, callers, and people in a few words.

Owns: Nest, the fixtures `nest` and `make_nest`. Mails are collected, not sent; time is the real one.
"""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from rookery.actions.app import App
from rookery.actions.apps import AuthorizationForm, NewApp, check_authorization, grant_authorization, register_app
from rookery.actions.callers import CallerCache
from rookery.actions.jobs import run_due_jobs
from rookery.actions.mail import Mail, Mailer, mail_handlers
from rookery.actions.members import create_member
from rookery.actions.passwords import CHEAP, PasswordPool
from rookery.actions.sessions import NewSession, sign_in
from rookery.actions.tokens import NewToken, exchange_code
from rookery.model.apps import OUT_OF_BAND, AppDraft
from rookery.model.ids import IdClock
from rookery.model.members import Member, RegistrationMode, Role, SignUp
from rookery.model.settings import NestSettings, ServerSettings, Settings
from rookery.network.limits import Limiter
from rookery.storage.database import Database
from rookery.storage.log import read_events

PASSWORD = "correct horse"
LINK = re.compile(r"https?://\S+token=(\S+)")


@dataclass
class Postbox:
    """Stands where the Mailer stands and keeps what it would send. fails: how many mails are refused first."""

    mails: list[Mail] = field(default_factory=list)
    fails: int = 0

    async def send(self, mail: Mail) -> None:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the postman slipped")
        self.mails.append(mail)


@dataclass
class Nest:
    app: App
    passwords: PasswordPool
    callers: CallerCache
    postbox: Postbox

    async def joins(self, name: str, role: Role = Role.MEMBER, **choices) -> Member:
        form = SignUp(name, f"{name}@mail.example", PASSWORD)
        return await create_member(self.app, self.passwords, form, role=role, **choices)

    async def signs_in(self, name: str, password: str = PASSWORD) -> NewSession:
        return await sign_in(
            self.app, self.passwords, name, password, user_agent="Firefox on a train", address="192.0.2.7"
        )

    async def has_app(self, scopes: str = "read write follow push", uri: str = OUT_OF_BAND) -> NewApp:
        return await register_app(self.app, AppDraft("Ivory", (uri,), tuple(scopes.split())))

    async def grants(self, member: Member, app: NewApp, scopes: str = "read write", **proof) -> str:
        form = AuthorizationForm("code", app.app.client_id, app.app.redirect_uris[0], scopes, **proof)
        granted = await grant_authorization(self.app, await check_authorization(self.app, form), member.account_id)
        return granted.code

    async def uses_app(self, member: Member, app: NewApp | None = None, scopes: str = "read write") -> NewToken:
        app = app or await self.has_app()
        code = await self.grants(member, app, scopes)
        return await self.exchanges(app, code)

    async def exchanges(self, app: NewApp, code: str, verifier: str | None = None) -> NewToken:
        uri = app.app.redirect_uris[0]
        return await exchange_code(self.app, app.app, code=code, redirect_uri=uri, verifier=verifier)

    async def settles(self) -> list[Mail]:
        """Do the jobs; return the mails so far."""
        while await run_due_jobs(self.app, mail_handlers(self.app, self.postbox)):  # type: ignore[arg-type]
            pass
        return self.postbox.mails

    async def link(self) -> str:
        """The secret in the newest mail's link."""
        mails = await self.settles()
        return LINK.search(mails[-1].body)[1]

    async def events(self, kind: type) -> list:
        return [numbered.event for numbered in await read_events(self.app.db.reader, 0) if type(numbered.event) is kind]


def settings_for(data: Path, *, is_test: bool = False, **nest) -> Settings:
    nest = {"registrations": RegistrationMode.OPEN, **nest}
    server = ServerSettings(domain="nest.example", data=str(data))
    return replace(Settings(), server=server, nest=NestSettings(**nest), is_test=is_test)


@pytest.fixture
async def make_nest(db: Database, tmp_path: Path) -> AsyncIterator[Callable[..., Nest]]:
    """Make a nest with other settings: `make_nest(registrations=RegistrationMode.CLOSED)`."""
    pools = []

    def make(*, is_test: bool = False, **nest) -> Nest:
        app = App(db, settings_for(tmp_path, is_test=is_test, **nest), IdClock())
        passwords = PasswordPool(Limiter(is_off=is_test), cost=CHEAP, threads=1)
        pools.append(passwords)
        return Nest(app, passwords, CallerCache(app), Postbox())

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
async def nest(make_nest: Callable[..., Nest]) -> Nest:
    return make_nest()


@pytest.fixture
def mailer_for() -> Callable[[Settings], Mailer]:
    return Mailer
