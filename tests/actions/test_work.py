"""A little work for a sign-up: who did it comes in, who did not waits, and nobody uses it twice."""

from dataclasses import replace

import pytest
from tests.nest import PASSWORD

from rookery.actions.credentials import confirm_email
from rookery.actions.members import sign_up
from rookery.actions.passwords import MAX_SIGN_UPS_WAITING
from rookery.actions.registrations import list_warnings
from rookery.actions.work import Work, make_task, weight, zero_bits
from rookery.model.errors import Unavailable
from rookery.model.members import RegistrationMode, SignUp, SignUpRefused
from rookery.model.settings import SigningSettings
from rookery.storage.accounts import find_account_by_name

LIGHT = SigningSettings(work_bits=6, calm_per_hour=3)


@pytest.fixture
async def busy(make_nest):
    nest = make_nest(confirms_email=False, registrations=RegistrationMode.OPEN)
    nest.app.settings = replace(nest.app.settings, signing=LIGHT)
    return nest


def form(name: str) -> SignUp:
    return SignUp(name, f"{name}@mail.example", PASSWORD)


async def works(nest, binding: str = "browser") -> Work:
    task = await make_task(nest.app, binding)
    answer = next(n for n in range(1 << 20) if zero_bits(task.text, str(n)) >= task.bits)
    return Work(task.text, task.bits, str(answer), binding)


async def joins(nest, name: str, work: Work | None = None, *, is_browser: bool = True) -> str:
    member = await sign_up(nest.app, nest.passwords, form(name), work=work, is_browser=is_browser)
    return member.state


async def test_who_worked_comes_in_and_who_did_not_waits(busy):
    assert await joins(busy, "ana", await works(busy)) == "active"
    assert await joins(busy, "ben") == "pending"
    assert await joins(busy, "cleo", Work()) == "pending"


async def test_who_waits_still_waits_after_confirming_an_address(make_nest):
    nest = make_nest()
    assert await joins(nest, "ana") == "unconfirmed"
    assert (await confirm_email(nest.app, await nest.link())).state == "pending"


async def test_an_app_comes_in_in_calm_times_and_waits_in_a_surge(busy):
    for name in ("ana", "ben", "cleo"):
        assert await joins(busy, name, is_browser=False) == "active"
    assert await joins(busy, "dora", is_browser=False) == "pending"
    assert await joins(busy, "eli", await works(busy)) == "active"


async def test_work_is_good_once(busy):
    work = await works(busy)
    await joins(busy, "ana", work)
    with pytest.raises(SignUpRefused, match="used already"):
        await joins(busy, "ben", work)
    assert await find_account_by_name(busy.app.db.reader, "ben") is None


async def test_work_of_another_browser_a_lighter_task_or_a_guess_is_refused(busy):
    work = await works(busy)
    wrong = [
        replace(work, binding="another browser"),
        replace(work, bits=1),
        replace(work, bits=7),
        replace(work, text=work.text[:-2] + "AA"),
        replace(work, text="é"),
        replace(work, answer=next(str(n) for n in range(99) if zero_bits(work.text, str(n)) < 6)),
        replace(work, answer="9" * 30),
        replace(work, answer="x"),
    ]
    for one in wrong:
        with pytest.raises(SignUpRefused) as refused:
            await joins(busy, "ana", one)
        assert refused.value.field == "work"
    assert await joins(busy, "ana", work) == "active"


async def test_the_task_grows_with_the_sign_ups_of_an_hour(busy):
    bits = [(await make_task(busy.app, "x")).bits]
    for name in ("ana", "ben", "cleo"):
        await joins(busy, name, is_browser=False)
    bits.append((await make_task(busy.app, "x")).bits)
    assert bits == [6, 7]
    assert [weight(lately, calm=20, bits=18) for lately in (0, 19, 20, 40, 80, 160, 9999)] == [
        18,
        18,
        19,
        20,
        21,
        22,
        22,
    ]


async def test_a_test_server_and_an_owner_who_does_not_want_it_ask_for_nothing(make_nest):
    nest = make_nest(is_test=True)
    assert await make_task(nest.app, "x") is None
    assert await joins(nest, "ana") == "active"
    nest = make_nest(confirms_email=False)
    nest.app.settings = replace(nest.app.settings, signing=replace(LIGHT, asks_for_work=False))
    assert await joins(nest, "ben") == "active"


async def test_a_surge_is_told_to_come_back_and_leaves_nothing_half_made(busy):
    busy.passwords.waiting = MAX_SIGN_UPS_WAITING
    work = await works(busy)
    with pytest.raises(Unavailable) as refused:
        await joins(busy, "ana", work)
    assert refused.value.retry_after_s > 0
    assert await find_account_by_name(busy.app.db.reader, "ana") is None
    busy.passwords.waiting = MAX_SIGN_UPS_WAITING - 1
    assert await joins(busy, "ana", work) == "active"


async def test_an_owner_is_told_of_a_surge_as_long_as_the_door_is_open(busy):
    async def is_told() -> bool:
        return any("signed up within the last hour" in one for one in await list_warnings(busy.app))

    for name in ("ana", "bea"):
        await joins(busy, name, await works(busy))
    assert not await is_told()
    await joins(busy, "cleo", await works(busy))
    assert await is_told()
    nest = replace(busy.app.settings.nest, registrations=RegistrationMode.APPROVAL)
    busy.app.settings = replace(busy.app.settings, nest=nest)
    assert not await is_told()
