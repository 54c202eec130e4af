"""With which servers this one deals: blocks, a list of welcome ones, nobody at all."""

import pytest

from rookery.model.blocks import DomainAllow, DomainBlock, FederationMode, Severity
from rookery.storage.domainblocks import insert_allow, insert_domain_block
from rookery.storage.peering import find_peering, is_shut_out, list_shut_out, set_mode


@pytest.fixture
async def lists(db):
    async with db.transaction() as tx:
        for number, (domain, severity) in enumerate(
            [("bad.example", "suspend"), ("mild.bad.example", "silence"), ("quiet.example", "silence")], 1
        ):
            block = DomainBlock(number, domain, Severity(severity), False, False, "", "", False, 1)
            await insert_domain_block(tx, block)
        for number, domain in enumerate(["friends.example", "quiet.example", "bad.example"], 1):
            await insert_allow(tx, DomainAllow(number, domain, 1))
    return db


async def in_mode(db, mode):
    async with db.transaction() as tx:
        await set_mode(tx, mode)


OUT = {
    "bad.example": "open allowlist closed",
    "social.bad.example": "open allowlist closed",
    "BAD.example.": "open allowlist closed",
    "bad.example:8443": "open allowlist closed",
    "mild.bad.example": "allowlist closed",
    "notbad.example": "allowlist closed",
    "quiet.example": "closed",
    "friends.example": "closed",
    "Friends.Example:443": "closed",
    "rented.friends.example": "allowlist closed",
    "example": "allowlist closed",
    "": "allowlist closed",
}


@pytest.mark.parametrize("mode", list(FederationMode))
async def test_each_mode_deals_with_its_own(lists, mode):
    await in_mode(lists, mode)
    out = {host for host in OUT if await is_shut_out(lists.reader, host)}
    assert out == await list_shut_out(lists.reader, OUT), "asked at once or one by one"
    assert out == {host for host, modes in OUT.items() if mode.value in modes.split()}


async def test_a_server_that_was_told_no_mode_is_open(lists):
    assert not await is_shut_out(lists.reader, "anybody.example")


async def test_a_limit_comes_with_the_answer(lists):
    peering = await find_peering(lists.reader, "sub.quiet.example")
    assert peering.block is not None and peering.block.severity is Severity.SILENCE and not peering.is_shut_out
    assert (await find_peering(lists.reader, "anybody.example")).block is None
