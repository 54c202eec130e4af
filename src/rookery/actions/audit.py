"""Writing down what those who look after the server do, in the transaction in which they do it.

Owns: record_act. Never: an act of its own.
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.model.audit import Act, AuditEntry, Governor
from rookery.model.ids import now_us
from rookery.storage import accounts
from rookery.storage.audit import insert_entry
from rookery.storage.database import Transaction


async def record_act(
    app: App,
    tx: Transaction,
    by: Governor,
    act: Act,
    *,
    account_id: int | None = None,
    subject: str = "",
    detail: str = "",
) -> None:
    """Note who did what. account_id: to whom; subject: to what, where it is no account."""
    names = await accounts.list_accounts(tx, [one for one in (by.account_id, account_id) if one is not None])
    governor = names[by.account_id].username if by.account_id in names else ""
    about = names[account_id].handle if account_id in names else subject
    entry = AuditEntry(app.ids.next_id(), governor, act.value, about, detail, now_us())
    await insert_entry(tx, entry, governor_id=by.account_id, subject_id=account_id)
