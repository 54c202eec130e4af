"""Relays: asked, answered, left.

Owns: those steps, each with the event that a wire turns into what it sends. Never: touches the network; of a relay that
is named by its account, a job of the wire finds the inbox first (MEET_RELAY).
Spec: https://w3id.org/fep/ae0c
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.audit import record_act
from rookery.actions.repeating import repeatable
from rookery.model.audit import Act, Governor
from rookery.model.events import RelayChanged
from rookery.model.ids import now_us
from rookery.model.permissions import Permission, check_permission
from rookery.model.relays import (
    MOST_RELAYS,
    RELAY_STEPS,
    Relay,
    RelayKnown,
    RelayRefused,
    RelayState,
    RelayStyle,
    parse_relay_address,
)
from rookery.storage import relays
from rookery.storage.database import Transaction
from rookery.storage.jobs import insert_job

MEET_RELAY = "MeetRelay"


@repeatable
async def add_relay(app: App, raw: str, style: RelayStyle, *, by: Governor) -> Relay:
    """Ask a relay to take and pass on our public posts. Raises RelayRefused, RelayKnown, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_FEDERATION)
    address, number = parse_relay_address(raw, is_test=app.settings.is_test), app.ids.next_id()
    follow_uri = f"{app.settings.base_url}/actor#relays/{number}"
    relay = Relay(number, address, style, RelayState.PENDING, address, "", follow_uri, now_us())
    if style is RelayStyle.LITEPUB:
        relay = replace(relay, state=RelayState.MEETING, inbox_url="", account_uri=address)
    async with app.db.transaction() as tx:
        if len(await relays.list_relays(tx)) >= MOST_RELAYS:
            raise RelayRefused(f"there are {MOST_RELAYS} relays already; remove one first")
        if not await relays.insert_relay(tx, relay):
            raise RelayKnown
        if relay.state is RelayState.MEETING:
            await insert_job(tx, app.ids.next_id(), MEET_RELAY, {"relay_id": relay.id})
        else:
            await record_event(app, tx, change_of(relay, "follow"))
        await record_act(app, tx, by, Act.RELAY_ADDED, subject=address)
    return relay


def change_of(relay: Relay, act: str, follow_uri: str = "") -> RelayChanged:
    """Return the event that tells the wire what to send."""
    target = relay.account_uri if relay.style is RelayStyle.LITEPUB else ""
    return RelayChanged(relay.id, act, relay.inbox_url, target, follow_uri or relay.follow_uri)


@repeatable
async def note_inbox(app: App, relay_id: int, account_uri: str, inbox_url: str) -> None:
    """Ask a relay whose inbox is known now. Harmless the second time. Raises RelayNotFound."""
    async with app.db.transaction() as tx:
        relay = await relays.get_relay(tx, relay_id)
        if relay.state is not RelayState.MEETING:
            return
        relay = replace(relay, state=RelayState.PENDING, inbox_url=inbox_url, account_uri=account_uri)
        await relays.update_relay(tx, relay)
        await record_event(app, tx, change_of(relay, "follow"))


@repeatable
async def give_up_relay(app: App, relay_id: int) -> None:
    """Note that there is no relay at an address. Harmless the second time. Raises RelayNotFound."""
    async with app.db.transaction() as tx:
        relay = await relays.get_relay(tx, relay_id)
        if relay.state is RelayState.MEETING:
            await relays.update_relay(tx, replace(relay, state=RelayState.REJECTED))


@repeatable
async def remove_relay(app: App, relay_id: int, *, by: Governor) -> Relay:
    """Leave a relay. Raises RelayNotFound, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_FEDERATION)
    async with app.db.transaction() as tx:
        relay = await relays.get_relay(tx, relay_id)
        await relays.delete_relay(tx, relay_id)
        if relay.inbox_url:
            await record_event(app, tx, change_of(relay, "undo"))
        await record_act(app, tx, by, Act.RELAY_REMOVED, subject=relay.address)
    return relay


@repeatable
async def receive_relay_answer(app: App, follow_uri: str, answer: str, *, by_uri: str) -> bool:
    """Take a relay's accept or reject; False when it answers nothing that we asked, or not any more.

    The wire has checked that whoever answers speaks for the inbox that was asked.
    """
    async with app.db.transaction() as tx:
        relay = await relays.find_by_follow(tx, follow_uri)
        step = RELAY_STEPS.get((relay.state, answer)) if relay else None
        if relay is None or step is None or relay.account_uri not in ("", by_uri):
            return False
        await relays.update_relay(tx, replace(relay, state=step, account_uri=by_uri))
    return True


@repeatable
async def receive_relay_follow(app: App, follow_uri: str, *, by_uri: str) -> bool:
    """Say yes to a relay that follows back, as LitePub relays do; False for anybody else."""
    async with app.db.transaction() as tx:
        relay = await find_asked(tx, by_uri)
        if relay is None:
            return False
        await record_event(app, tx, replace(change_of(relay, "accept", follow_uri), target_uri=by_uri))
    return True


async def find_asked(tx: Transaction, account_uri: str) -> Relay | None:
    """Return the relay that speaks as an account, unless it refused us."""
    relay = await relays.find_by_account(tx, account_uri)
    return relay if relay is not None and relay.state is not RelayState.REJECTED else None
