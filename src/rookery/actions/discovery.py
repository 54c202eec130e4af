"""Recommending people on the own profile, and turning suggestions down.

Owns: who may be recommended: whom one follows, until the follow ends.
"""

from __future__ import annotations

from rookery.actions.app import App, record_event
from rookery.actions.repeating import repeatable
from rookery.model.errors import Invalid
from rookery.model.events import AccountChanged
from rookery.model.ids import AccountId
from rookery.storage import accounts, discovery, relations
from rookery.storage.database import Transaction


class EndorsementRefused(Invalid):
    """Only people whom one follows can be recommended."""

    def __init__(self) -> None:
        super().__init__("you must be already following the person you want to endorse")


@repeatable
async def endorse_account(app: App, account_id: AccountId, other_id: AccountId) -> None:
    """Recommend somebody on the own profile. Raises AccountNotFound, EndorsementRefused."""
    async with app.db.transaction() as tx:
        await accounts.get_account(tx, other_id)
        follow = await relations.find_follow(tx, account_id, other_id)
        if follow is None or follow.state != "active":
            raise EndorsementRefused
        if await discovery.put_endorsement(tx, account_id, other_id, app.ids.next_id()):
            await record_event(app, tx, AccountChanged(account_id))


@repeatable
async def unendorse_account(app: App, account_id: AccountId, other_id: AccountId) -> None:
    """Stop recommending somebody. Raises AccountNotFound."""
    async with app.db.transaction() as tx:
        await accounts.get_account(tx, other_id)
        await end_endorsement(app, tx, account_id, other_id)


async def end_endorsement(app: App, tx: Transaction, account_id: AccountId, other_id: AccountId) -> None:
    """Take somebody off the recommended, when there."""
    if await discovery.delete_endorsement(tx, account_id, other_id):
        await record_event(app, tx, AccountChanged(account_id))


@repeatable
async def turn_down_suggestion(app: App, account_id: AccountId, other_id: AccountId) -> None:
    """Never be suggested an account again. Raises AccountNotFound."""
    async with app.db.transaction() as tx:
        await accounts.get_account(tx, other_id)
        await discovery.dismiss_suggestion(tx, account_id, other_id)
