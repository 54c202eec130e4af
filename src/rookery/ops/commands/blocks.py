"""`block domain|email|ip add|list|remove`, `block domain import|export`: what the server keeps away.

Owns: their arguments and words. Never: a rule (actions/domainblocks.py, actions/doorblocks.py).
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from rookery.actions.app import App
from rookery.actions.domainblocks import DomainWishes, apply_listed, block_domain, unblock_domain
from rookery.actions.doorblocks import (
    block_mail_domain,
    block_mailbox,
    block_network,
    unblock_mail_domain,
    unblock_mailbox,
    unblock_network,
)
from rookery.actions.severing import Difference, differences, totals_of
from rookery.archives.domainblocks import blocks_from_csv, csv_from_blocks
from rookery.model.audit import OPERATOR
from rookery.model.blocks import BlockNotFound, IpSeverity, Severity, canonical_digest, parse_domain, parse_network
from rookery.model.errors import Invalid
from rookery.model.ids import now_us
from rookery.model.paging import Window
from rookery.ops.commands.options import Command, Commands, on_app
from rookery.ops.outcome import Outcome
from rookery.storage.domainblocks import find_domain_block, list_every_domain_block
from rookery.storage.doorblocks import find_email_block, list_ip_blocks, list_mail_blocks, list_mail_blocks_among

LISTED = 10_000
LIST_BYTES = 4 * 1024 * 1024
HOUR_US = 3600 * 1_000_000


class ListUnread(Invalid):
    """The list that was named is no file, or not ours to read."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is no file that this user may read; name a list of blocks (CSV)")


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    kinds = commands.add_parser("block", help="Blocks").add_subparsers(required=True, metavar="WHAT")
    declare_domain(kinds.add_parser("domain", help="Other servers").add_subparsers(required=True, metavar="WHAT"))
    declare_email(kinds.add_parser("email", help="Mail").add_subparsers(required=True, metavar="WHAT"))
    declare_ip(kinds.add_parser("ip", help="Networks").add_subparsers(required=True, metavar="WHAT"))


def declare_domain(group: Commands) -> None:
    """`block domain …`."""
    add = Command(group, "add", on_app(add_domain), "Block a server and everything below its name")
    add.takes("name", metavar="DOMAIN", help="the server")
    severities = [one.value for one in Severity]
    add.takes("--severity", choices=severities, default="suspend", help="how much of it (suspend)")
    add.takes("--comment", default="", help="why, for everybody to read")
    Command(group, "list", on_app(list_domains), "List the blocked servers")
    Command(group, "remove", on_app(remove_domain), "Let a server back").takes("name", metavar="DOMAIN", help="it")
    Command(group, "export", on_app(export_domains), "Print the blocks as the CSV that servers exchange")
    load = Command(group, "import", on_app(import_domains), "Show what a list of others (CSV) would change, or do it")
    load.takes("file", metavar="FILE", help="the list, as Mastodon and its kin export it")
    load.takes("--apply", action="store_true", help="do it; without this nothing changes")


def declare_email(group: Commands) -> None:
    """`block email …`."""
    add = Command(group, "add", on_app(add_email), "Take no sign-ups from a mail domain, or from one mailbox")
    add.takes("name", metavar="DOMAIN|ADDRESS", help="with an @ it is one mailbox, however it is written")
    add.takes("--approval", action="store_true", help="of a domain: let people ask, and read each request")
    Command(group, "list", on_app(list_emails), "List the blocked mail domains; mailboxes are known by hash alone")
    remove = Command(group, "remove", on_app(remove_email), "Take sign-ups from there again")
    remove.takes("name", metavar="DOMAIN|ADDRESS", help="as it was added")


def declare_ip(group: Commands) -> None:
    """`block ip …`."""
    add = Command(group, "add", on_app(add_ip), "Block an address or a network")
    add.takes("name", metavar="NETWORK", help="192.0.2.0/24, 2001:db8::/32 or one address")
    severities = [one.value for one in IpSeverity]
    add.takes("--severity", choices=severities, default="sign_up_block", help="what its people may not do")
    add.takes("--hours", type=int, default=0, help="until it ends by itself; 0 for good")
    add.takes("--comment", default="", help="why, for staff alone")
    Command(group, "list", on_app(list_ips), "List the blocked networks")
    remove = Command(group, "remove", on_app(remove_ip), "Let a network back")
    remove.takes("name", metavar="NETWORK", help="as it was added")


async def add_domain(app: App, asked: argparse.Namespace) -> Outcome:
    """Block a server."""
    wishes = DomainWishes(Severity(asked.severity), public_comment=asked.comment)
    block = await block_domain(app, asked.name, wishes, by=OPERATOR)
    return Outcome(f"Blocked {block.domain} ({block.severity}).", {"domain": block.domain, "severity": block.severity})


async def list_domains(app: App, asked: argparse.Namespace) -> Outcome:
    """List blocked servers."""
    blocks = await list_every_domain_block(app.db.reader)
    text = "\n".join(f"{one.domain}  {one.severity}  {one.public_comment}".rstrip() for one in blocks)
    return Outcome(text or "No server is blocked.", {"blocks": [[one.domain, one.severity] for one in blocks]})


async def remove_domain(app: App, asked: argparse.Namespace) -> Outcome:
    """Unblock a server. Raises BlockNotFound."""
    block = await find_domain_block(app.db.reader, parse_domain(asked.name))
    if block is None:
        raise BlockNotFound
    await unblock_domain(app, block.id, by=OPERATOR)
    return Outcome(f"{block.domain} is not blocked any more.", {"domain": block.domain})


async def export_domains(app: App, asked: argparse.Namespace) -> Outcome:
    """Print the file."""
    text = csv_from_blocks(await list_every_domain_block(app.db.reader))
    return Outcome(text.rstrip().replace("\r\n", "\n"), {"csv": text})


async def import_domains(app: App, asked: argparse.Namespace) -> Outcome:
    """Show what a file would change, or change it. Raises ListUnread, BlockRefused."""
    wanted, wrong = blocks_from_csv(await asyncio.to_thread(read_list, Path(asked.file)))
    changes = await differences(app, wanted)
    rows = [row_of(one) for one in changes]
    if asked.apply:
        for one in changes:
            await apply_listed(app, one.wanted, by=OPERATOR)
    follows, people = totals_of(changes)
    end = "Done." if asked.apply else "Nothing was changed; add --apply to do it."
    said = [*rows, *(f"left out, makes no sense: {one}" for one in wrong)]
    said.append(f"{len(changes)} changes, which end {follows} follows of {people} people. {end}")
    values = {"changes": len(changes), "follows": follows, "people": people, "wrong": wrong, "applied": asked.apply}
    return Outcome("\n".join(said), values)


def row_of(one: Difference) -> str:
    """Return a difference in one line."""
    before = f"{one.before.severity} -> " if one.before and one.before.severity != one.wanted.severity else ""
    ends = f"  ends {one.follow_count} follows of {one.people_count} people" if one.follow_count else ""
    return f"{'changed' if one.before else 'new':<8} {one.wanted.domain}  {before}{one.wanted.severity}{ends}"


def read_list(path: Path) -> str:
    """Read a file. Raises ListUnread."""
    try:
        with path.open("rb") as file:
            return file.read(LIST_BYTES).decode("utf-8", "replace")
    except OSError:
        raise ListUnread(path) from None


async def add_email(app: App, asked: argparse.Namespace) -> Outcome:
    """Block a mail domain or a mailbox."""
    if "@" in asked.name:
        box = await block_mailbox(app, by=OPERATOR, email=asked.name)
        return Outcome(f"Blocked the mailbox {asked.name}.", {"digest": box.digest})
    block = await block_mail_domain(app, asked.name, by=OPERATOR, asks_approval=asked.approval)
    return Outcome(f"Blocked the mail domain {block.domain}.", {"domain": block.domain})


async def list_emails(app: App, asked: argparse.Namespace) -> Outcome:
    """List blocked mail domains."""
    blocks = await list_mail_blocks(app.db.reader, Window(limit=LISTED))
    text = "\n".join(f"{one.domain}{'  by approval' if one.asks_approval else ''}" for one in blocks)
    return Outcome(text or "No mail domain is blocked.", {"domains": [one.domain for one in blocks]})


async def remove_email(app: App, asked: argparse.Namespace) -> Outcome:
    """Unblock a mail domain or a mailbox. Raises BlockNotFound."""
    if "@" in asked.name:
        box = await find_email_block(app.db.reader, canonical_digest(asked.name))
        if box is None:
            raise BlockNotFound
        await unblock_mailbox(app, box.id, by=OPERATOR)
    else:
        found = await list_mail_blocks_among(app.db.reader, [parse_domain(asked.name)])
        if not found:
            raise BlockNotFound
        await unblock_mail_domain(app, found[0].id, by=OPERATOR)
    return Outcome(f"{asked.name} is not blocked any more.", {"name": asked.name})


async def add_ip(app: App, asked: argparse.Namespace) -> Outcome:
    """Block a network."""
    expires_at = now_us() + asked.hours * HOUR_US if asked.hours > 0 else None
    network, severity = parse_network(asked.name), IpSeverity(asked.severity)
    await block_network(app, network, severity, by=OPERATOR, comment=asked.comment, expires_at_us=expires_at)
    return Outcome(f"Blocked {network} ({severity}).", {"network": str(network), "severity": severity})


async def list_ips(app: App, asked: argparse.Namespace) -> Outcome:
    """List blocked networks."""
    blocks = await list_ip_blocks(app.db.reader, Window(limit=LISTED))
    text = "\n".join(f"{one.network}  {one.severity}  {one.comment}".rstrip() for one in blocks)
    return Outcome(text or "No network is blocked.", {"blocks": [[str(one.network), one.severity] for one in blocks]})


async def remove_ip(app: App, asked: argparse.Namespace) -> Outcome:
    """Unblock a network. Raises BlockNotFound."""
    network = parse_network(asked.name)
    blocks = await list_ip_blocks(app.db.reader, Window(limit=LISTED))
    found = [one for one in blocks if one.network == network]
    if not found:
        raise BlockNotFound
    await unblock_network(app, found[0].id, by=OPERATOR)
    return Outcome(f"{network} is not blocked any more.", {"network": str(network)})
