"""Which addresses a server may reach: a table of them, and every other address."""

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.network.ranges import MAPPED, NAT64, may_reach, special_kind

TABLE = Path(__file__).parent.parent / "vectors" / "addresses.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text().splitlines() if not line.startswith("#")]
V4 = st.ip_addresses(v=4)
V6 = st.ip_addresses(v=6)


@pytest.mark.parametrize(("raw", "verdict", "why"), ROWS, ids=[f"{row[0]} {row[2]}" for row in ROWS])
def test_every_address_of_the_table_is_judged_right(raw, verdict, why):
    assert may_reach(ipaddress.ip_address(raw), allows_loopback=False) is (verdict == "yes")


@given(V4 | V6)
def test_nobody_reaches_what_python_knows_to_be_special(address):
    if may_reach(address, allows_loopback=False) and not (
        address.version == 6 and (address in MAPPED or address in NAT64)
    ):
        assert address.is_global
        assert not (address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local)


@given(V4)
def test_an_ipv4_address_is_judged_alike_in_every_wrapping(address):
    inner = may_reach(address, allows_loopback=False)
    for network in (MAPPED, NAT64):
        wrapped = ipaddress.IPv6Address(int(network.network_address) | int(address))
        assert may_reach(wrapped, allows_loopback=False) is inner
    tunnel = ipaddress.IPv6Address((0x2002 << 112) | (int(address) << 80))
    assert not may_reach(tunnel, allows_loopback=True)
    assert not may_reach(ipaddress.IPv6Address(int(address)), allows_loopback=False)


@given(V4.filter(lambda one: one.is_global and not one.is_multicast))
def test_a_public_ipv4_address_is_reached_unless_the_table_names_it(address):
    named = {"a cloud's metadata", "AS112", "AMT", "6to4 relay", "protocol assignments"}
    assert special_kind(address) in named | {""}


def test_in_test_mode_this_machine_is_reached_and_nothing_else_inside():
    for raw in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert may_reach(ipaddress.ip_address(raw), allows_loopback=True)
    for raw in ("10.0.0.1", "169.254.169.254", "0.0.0.0", "::", "::ffff:192.168.0.1", "fe80::1"):
        assert not may_reach(ipaddress.ip_address(raw), allows_loopback=True)
