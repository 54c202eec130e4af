"""One revocation for every cause (K7): whatever ends access, no secret that ended opens anything again."""

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from tests.engines import open_engine
from tests.measures import disable_member, enable_member, suspend_account, unsuspend_account
from tests.nest import PASSWORD, Nest, Postbox, settings_for

from rookery.actions.app import App
from rookery.actions.callers import CallerCache
from rookery.actions.credentials import change_password, request_password_reset, reset_password
from rookery.actions.governing import change_role, set_password
from rookery.actions.passwords import CHEAP, PasswordPool
from rookery.actions.revocation import Cause, access_change, revoke_access
from rookery.actions.sessions import sign_out, sign_out_everywhere
from rookery.actions.tokens import remove_app, revoke_token
from rookery.model.audit import OPERATOR
from rookery.model.callers import Caller
from rookery.model.errors import NotSignedIn
from rookery.model.events import AccessRevoked, AccountChanged, MemberChanged
from rookery.model.ids import IdClock
from rookery.model.members import MemberHeldBack, Role
from rookery.network.limits import Limiter
from rookery.storage.log import read_events


class AccessMachine(RuleBasedStateMachine):
    """Two people, browsers and apps; the model knows which secrets are good, the nest must agree at every step."""

    sessions = Bundle("sessions")
    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        self.good: set[str] = set()
        self.all: dict[str, str] = {}
        self.owner: dict[str, str] = {}
        self.password = {"ana": PASSWORD, "ben": PASSWORD}
        self.locked: set[str] = set()
        self.does(self.begin())

    def does(self, work):
        return self.loop.run_until_complete(work)

    async def begin(self) -> None:
        place = Path(self.folder.name)
        self.db = await open_engine(place / "rookery.sqlite3")
        app = App(self.db, settings_for(place), IdClock())
        pool = PasswordPool(Limiter(is_off=True), cost=CHEAP, threads=1)
        self.nest = Nest(app, pool, CallerCache(app), Postbox())
        self.elsewhere = CallerCache(App(self.db, app.settings, app.ids))  # another process: hears the log alone
        self.heard = 0
        self.people = {name: await self.nest.joins(name) for name in ("ana", "ben")}
        self.ivory = await self.nest.has_app()

    def teardown(self) -> None:
        self.nest.passwords.close()
        self.does(self.db.close())
        self.loop.close()
        self.folder.cleanup()

    def ends(self, name: str, kind: str | None = None, but: str | None = None) -> None:
        self.good -= {
            secret
            for secret in self.good
            if self.owner[secret] == name and secret != but and kind in (None, self.all[secret])
        }

    def begins(self, name: str, kind: str, secret: str) -> None:
        self.good.add(secret)
        self.all[secret], self.owner[secret] = kind, name

    @rule(target=sessions, name=st.sampled_from(["ana", "ben"]))
    def signs_in(self, name):
        try:
            session = self.does(self.nest.signs_in(name, self.password[name]))
        except MemberHeldBack:
            assert name in self.locked
            return multiple()
        assert name not in self.locked
        self.begins(name, "session", session.secret)
        return name, session

    @rule(target=tokens, name=st.sampled_from(["ana", "ben"]))
    def lets_an_app_in(self, name):
        try:
            token = self.does(self.nest.uses_app(self.people[name], self.ivory))
        except MemberHeldBack:
            assert name in self.locked
            return multiple()
        self.begins(name, "token", token.secret)
        return name, token

    @rule(session=consumes(sessions))
    def signs_out(self, session):
        name, opened = session
        self.does(sign_out(self.nest.app, self.people[name].account_id, opened.id))
        self.good.discard(opened.secret)

    @rule(session=sessions)
    def somebody_else_tries_to_end_it(self, session):
        name, opened = session
        other = "ben" if name == "ana" else "ana"
        self.does(sign_out(self.nest.app, self.people[other].account_id, opened.id))

    @rule(token=consumes(tokens))
    def the_app_signs_out(self, token):
        self.does(revoke_token(self.nest.app, self.ivory.app, token[1].secret))
        self.good.discard(token[1].secret)

    @rule(name=st.sampled_from(["ana", "ben"]))
    def removes_the_app(self, name):
        self.does(remove_app(self.nest.app, self.people[name].account_id, self.ivory.app.id))
        self.ends(name, "token")

    @rule(session=sessions, new=st.sampled_from(["first new one", "second new one"]))
    def changes_the_password(self, session, new):
        name, opened = session
        self.does(
            change_password(
                self.nest.app,
                self.nest.passwords,
                self.people[name].account_id,
                current=self.password[name],
                new=new,
                keep_session=opened.id,
            )
        )
        self.password[name] = new
        self.ends(name, but=opened.secret)

    @rule(name=st.sampled_from(["ana", "ben"]), by_mail=st.booleans())
    def resets_the_password(self, name, by_mail):
        self.password[name] = "a reset one"
        if by_mail:
            limiter, email = self.nest.passwords.limiter, f"{name}@mail.example"
            self.does(request_password_reset(self.nest.app, limiter, email))
            link = self.does(self.nest.link())
            self.does(reset_password(self.nest.app, self.nest.passwords, link, self.password[name]))
        else:
            account_id = self.people[name].account_id
            self.does(set_password(self.nest.app, self.nest.passwords, account_id, self.password[name]))
        self.ends(name)

    @rule(name=st.sampled_from(["ana", "ben"]), how=st.sampled_from([disable_member, suspend_account]))
    def is_locked_out(self, name, how):
        self.does(how(self.nest.app, self.people[name].account_id, by=OPERATOR))
        self.locked.add(name)
        self.ends(name)

    @rule(name=st.sampled_from(["ana", "ben"]))
    def is_let_back(self, name):
        account_id = self.people[name].account_id
        if name in self.locked:
            self.does(enable_member(self.nest.app, account_id, by=OPERATOR))
            self.does(unsuspend_account(self.nest.app, account_id, by=OPERATOR))
            self.locked.discard(name)

    @rule(name=st.sampled_from(["ana", "ben"]))
    def signs_out_everywhere(self, name):
        self.does(sign_out_everywhere(self.nest.app, self.people[name].account_id))
        self.ends(name)

    @invariant()
    def only_good_secrets_open(self):
        for numbered in self.does(read_events(self.db.reader, self.heard)):
            self.heard = numbered.seq
            self.elsewhere.on_event(numbered.event)
        for secret, kind in self.all.items():
            for callers in (self.nest.callers, self.elsewhere):
                identify = callers.identify_session if kind == "session" else callers.identify_token
                try:
                    caller = self.does(identify(secret))
                except NotSignedIn:
                    assert secret not in self.good
                else:
                    assert secret in self.good
                    assert caller.account_id == self.people[self.owner[secret]].account_id


AccessMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAccess = AccessMachine.TestCase


async def test_a_revocation_that_fails_ends_nothing(nest):
    ana = await nest.joins("ana")
    session = await nest.signs_in("ana")
    caller = await nest.callers.identify_session(session.secret)
    with pytest.raises(ZeroDivisionError):
        async with access_change(nest.app) as change:
            await change.revoke(ana.account_id, reason=Cause.OPERATOR)
            raise ZeroDivisionError
    assert await nest.callers.identify_session(session.secret) is caller
    nest.callers.sessions.clear()
    await nest.callers.identify_session(session.secret)
    assert await nest.events(AccessRevoked) == []


async def test_a_caller_read_before_a_revocation_is_not_remembered_after_it(nest):
    caller = Caller(account_id=1)
    generation = nest.callers.generation
    nest.callers.forget(AccessRevoked(2))
    nest.callers.remember("token", b"key", caller, generation)
    assert nest.callers.tokens == {}


async def test_a_new_role_shows_at_once(nest):
    ana = await nest.joins("ana")
    session = await nest.signs_in("ana")
    assert (await nest.callers.identify_session(session.secret)).role == "member"
    await change_role(nest.app, ana.account_id, Role.MODERATOR, by=OPERATOR)
    assert (await nest.callers.identify_session(session.secret)).role == "moderator"
    assert await nest.events(MemberChanged) == [MemberChanged(ana.account_id)]


async def test_streams_hear_of_it_before_the_answer(nest):
    ana = await nest.joins("ana")
    token = await nest.uses_app(ana)
    heard = []
    nest.app.access_listeners.append(heard.append)
    await revoke_access(nest.app, ana.account_id, reason=Cause.OPERATOR, token_ids=[token.id])
    assert heard == [AccessRevoked(ana.account_id, (token.id,))]
    assert await revoke_access(nest.app, ana.account_id, reason=Cause.OPERATOR, token_ids=[token.id]) == 0
    assert len(heard) == 1


def test_the_memory_of_callers_is_bounded(tmp_path):
    app = App(None, settings_for(tmp_path), IdClock())  # type: ignore[arg-type]
    callers = CallerCache(app, size=3)
    for number in range(10):
        callers.remember("token", bytes([number]), Caller(account_id=number % 2), 0)
    callers.forget(AccountChanged(1))
    assert len(callers.tokens) == 3
    assert sum(map(len, callers.by_account.values())) == 3
    callers.forget(AccessRevoked(1))
    assert [caller.account_id for caller, _ in callers.tokens.values()] == [0]


async def test_a_known_token_costs_microseconds(nest):
    ana = await nest.joins("ana")
    token = await nest.uses_app(ana)
    caller = await nest.callers.identify_token(token.secret)
    began = time.perf_counter()
    for _ in range(2000):
        assert await nest.callers.identify_token(token.secret) is caller
    assert (time.perf_counter() - began) / 2000 < 20e-6  # 1.2 µs on a quiet machine
