"""Passkeys with a software authenticator: what is accepted, and every single thing that is not."""

import json

import pytest
from tests.actions.test_factors import HERE, turns_on
from tests.authenticator import BE, BS, UP, UV, Authenticator
from tests.measures import suspend_account

from rookery.actions.challenges import ChallengeStale
from rookery.actions.passkeys import (
    PROVE,
    SECOND,
    SIGN_IN,
    NoSuchPasskey,
    PasskeyRefused,
    add_passkey,
    finish_step_with_passkey,
    home_of_keys,
    list_own_passkeys,
    offer_assertion,
    offer_registration,
    remove_passkey,
    rename_passkey,
    renew_proof_with_passkey,
    session_binding,
    sign_in_with_passkey,
)
from rookery.actions.proofs import FRESH_US, ProofNeeded, is_fresh
from rookery.actions.sessions import StepOver
from rookery.model.audit import OPERATOR
from rookery.model.ids import now_us
from rookery.model.members import MemberHeldBack
from rookery.model.settings import ServerSettings, Settings

ORIGIN = "https://nest.example"


async def adds(nest, member, session, device=None, name="Telephone") -> Authenticator:
    device = device or Authenticator(ORIGIN)
    options = await offer_registration(nest.app, member.account_id, session_id=session.id)
    await add_passkey(nest.app, member.account_id, device.makes(options), name, session_id=session.id)
    return device


async def has_passkey(nest, device=None):
    ana = await nest.joins("ana")
    return ana, await adds(nest, ana, await nest.signs_in("ana"), device)


async def signs_in(nest, device, binding="this browser", **bent):
    options = await offer_assertion(nest.app, SIGN_IN, "this browser")
    return await sign_in_with_passkey(nest.app, device.signs(options, **bent), binding=binding, browser=HERE)


async def test_ana_signs_in_without_a_name(nest):
    ana, device = await has_passkey(nest)
    session = await signs_in(nest, device)
    assert (await nest.callers.identify_session(session.secret)).account_id == ana.account_id
    [passkey] = await list_own_passkeys(nest.app, ana.account_id)
    assert (passkey.name, passkey.sign_count, passkey.is_backed_up) == ("Telephone", 2, False)
    assert passkey.last_used_at_us >= passkey.created_at_us
    [mail] = await nest.settles()
    assert "“Telephone”" in mail.body


async def test_what_is_offered_asks_for_a_verified_person_and_a_key_that_knows_its_name(nest):
    ana = await nest.joins("ana")
    session = await nest.signs_in("ana")
    await adds(nest, ana, session)
    asked = json.loads(json.dumps(await offer_registration(nest.app, ana.account_id, session_id=session.id)))
    assert asked["publicKey"]["rp"] == {"id": "nest.example", "name": "Rookery"}
    chosen = asked["publicKey"]["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert len(asked["publicKey"]["excludeCredentials"]) == 1
    assert "allowCredentials" not in (await offer_assertion(nest.app, SIGN_IN, "x"))["publicKey"]


@pytest.mark.parametrize(
    "bent",
    [
        {"rp_id": "evil.example"},
        {"signature": b"0" * 70},
        {"user": b"somebody"},
    ],
    ids=lambda bent: next(iter(bent)),
)
async def test_an_answer_with_one_wrong_field_signs_nobody_in(nest, bent):
    _, device = await has_passkey(nest)
    with pytest.raises(PasskeyRefused):
        await signs_in(nest, device, **bent)
    await signs_in(nest, device)


@pytest.mark.parametrize("origin", ["https://evil.example", "http://nest.example", "https://ana.nest.example"])
async def test_a_page_elsewhere_even_below_our_domain_is_refused(nest, origin):
    _, device = await has_passkey(nest)
    device.origin = origin
    with pytest.raises(PasskeyRefused):
        await signs_in(nest, device)


@pytest.mark.parametrize("flags", [UP, UV, UP | UV | BS], ids=["not verified", "not present", "backed up by magic"])
async def test_a_device_that_did_not_look_is_refused(nest, flags):
    _, device = await has_passkey(nest)
    device.flags = flags
    with pytest.raises(PasskeyRefused):
        await signs_in(nest, device)


async def test_a_device_that_did_not_look_is_not_added(nest):
    ana = await nest.joins("ana")
    session = await nest.signs_in("ana")
    with pytest.raises(PasskeyRefused):
        await adds(nest, ana, session, Authenticator(ORIGIN, flags=UP))
    assert await list_own_passkeys(nest.app, ana.account_id) == []


async def test_a_challenge_is_good_once_for_one_browser_and_one_purpose(nest):
    ana, device = await has_passkey(nest)
    options = await offer_assertion(nest.app, SIGN_IN, "this browser")
    answer = device.signs(options)
    with pytest.raises(ChallengeStale):
        await sign_in_with_passkey(nest.app, answer, binding="another browser", browser=HERE)
    session = await sign_in_with_passkey(nest.app, answer, binding="this browser", browser=HERE)
    with pytest.raises(ChallengeStale):
        await sign_in_with_passkey(nest.app, answer, binding="this browser", browser=HERE)
    with pytest.raises(ChallengeStale):
        await renew_proof_with_passkey(nest.app, ana.account_id, session.id, device.signs(options))
    with pytest.raises(ChallengeStale):
        await signs_in(nest, device, challenge="AAAA")


async def test_the_counter_of_a_copied_key_gives_it_away(nest):
    _, device = await has_passkey(nest)
    await signs_in(nest, device)
    device.count -= 1
    with pytest.raises(PasskeyRefused):
        await signs_in(nest, device)


async def test_a_key_that_never_counts_and_lives_on_many_devices_is_fine(nest):
    ana, device = await has_passkey(nest, Authenticator(ORIGIN, counts=False, flags=UP | UV | BE | BS))
    for _ in range(2):
        await signs_in(nest, device)
    [passkey] = await list_own_passkeys(nest.app, ana.account_id)
    assert (passkey.sign_count, passkey.is_backed_up) == (0, True)


async def test_a_passkey_is_the_second_step_of_its_person_alone(nest):
    ana, _, _ = await turns_on(nest)
    ben, _, _ = await turns_on(nest, "ben")
    async with nest.app.db.transaction() as tx:
        sessions = {row[0]: row[1] for row in await tx.all("SELECT account_id, id FROM sessions")}

    class Session:
        def __init__(self, member):
            self.id = sessions[member.account_id]

    device, bens = await adds(nest, ana, Session(ana)), await adds(nest, ben, Session(ben))
    step = await nest.signs_in("ana")
    for wrong in (bens, Authenticator(ORIGIN)):
        options = await offer_assertion(nest.app, SECOND, step.secret, ana.account_id)
        with pytest.raises(PasskeyRefused):
            await finish_step_with_passkey(nest.app, step.secret, wrong.signs(options), HERE)
    options = await offer_assertion(nest.app, SECOND, step.secret, ana.account_id)
    session = await finish_step_with_passkey(nest.app, step.secret, device.signs(options), HERE)
    assert (await nest.callers.identify_session(session.secret)).account_id == ana.account_id
    with pytest.raises(StepOver):
        await finish_step_with_passkey(nest.app, step.secret, device.signs(options), HERE)


async def test_a_passkey_renews_the_proof_of_its_own_session(nest):
    ana, device = await has_passkey(nest)
    session = await signs_in(nest, device)
    async with nest.app.db.transaction() as tx:
        await tx.run("UPDATE sessions SET created_at = :then", then=now_us() - FRESH_US)
    with pytest.raises(ProofNeeded):
        await remove_passkey(nest.app, ana.account_id, 1, session_id=session.id)
    options = await offer_assertion(nest.app, PROVE, session_binding(session.id), ana.account_id)
    await renew_proof_with_passkey(nest.app, ana.account_id, session.id, device.signs(options))
    assert await is_fresh(nest.app, ana.account_id, session.id)


async def test_who_is_suspended_is_not_let_in_by_a_passkey(nest):
    ana, device = await has_passkey(nest)
    await suspend_account(nest.app, ana.account_id, by=OPERATOR)
    with pytest.raises(MemberHeldBack):
        await signs_in(nest, device)


async def test_a_passkey_is_named_and_removed_by_its_person_alone(nest):
    ana, device = await has_passkey(nest)
    ben = await nest.joins("ben")
    hers, his = await nest.signs_in("ana"), await nest.signs_in("ben")
    [passkey] = await list_own_passkeys(nest.app, ana.account_id)
    with pytest.raises(NoSuchPasskey):
        await remove_passkey(nest.app, ben.account_id, passkey.id, session_id=his.id)
    with pytest.raises(NoSuchPasskey):
        await rename_passkey(nest.app, ben.account_id, passkey.id, "mine", session_id=his.id)
    await rename_passkey(nest.app, ana.account_id, passkey.id, "  Blue \n key ", session_id=hers.id)
    assert [one.name for one in await list_own_passkeys(nest.app, ana.account_id)] == ["Blue key"]
    await remove_passkey(nest.app, ana.account_id, passkey.id, session_id=hers.id)
    with pytest.raises(PasskeyRefused):
        await signs_in(nest, device)


@pytest.mark.parametrize("raw", ["", "[]", "{}", "null", "{" * 5000, '{"rawId": 5}', '{"rawId":"é","response":{}}'])
async def test_nonsense_is_refused_with_a_sentence(nest, raw):
    ana = await nest.joins("ana")
    session = await nest.signs_in("ana")
    with pytest.raises(PasskeyRefused):
        await sign_in_with_passkey(nest.app, raw, binding="x", browser=HERE)
    with pytest.raises(PasskeyRefused):
        await add_passkey(nest.app, ana.account_id, raw, "x", session_id=session.id)


@pytest.mark.parametrize(
    ("domain", "base_url", "home"),
    [
        ("example.org", "", "example.org"),
        ("example.org", "https://social.example.org", "example.org"),
        ("example.org", "https://elsewhere.net", "elsewhere.net"),
        ("localhost", "", "localhost"),
    ],
)
def test_a_key_is_at_home_at_the_servers_domain(domain, base_url, home):
    assert home_of_keys(Settings(server=ServerSettings(domain=domain, base_url=base_url))) == home
