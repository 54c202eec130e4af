"""Moving: here with the followers of an old account, away to a new one, and back.

Owns: `/settings/moving` and what lies below. Never: a rule (actions/moves.py, actions/aliases.py). Moving away asks
once more who somebody is, says in plain words what happens, and only then does it.
"""

from __future__ import annotations

from rookery.actions.aliases import add_alias, list_own_aliases, remove_alias
from rookery.actions.moves import come_back, find_new_account, move_away
from rookery.model.errors import Invalid, NotAllowed, NotFound, Refusal, TooMany, Unavailable
from rookery.model.ids import AccountId, now_us
from rookery.model.moves import MAX_ALIASES, REST_DAYS
from rookery.network.codes import code_of
from rookery.network.limits import FOLLOWING, SIGN_IN
from rookery.network.responses import Answer
from rookery.storage.imports import list_imports
from rookery.storage.moves import find_last_move, find_new_home
from rookery.web.fields import Fields
from rookery.web.people import Person
from rookery.web.proving import detour
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
HERE, AWAY = "/settings/moving", "/settings/moving/away"
REFUSALS = (Invalid, NotAllowed, NotFound, TooMany, Unavailable)
SHOWN_IMPORTS = 10


@routes.page(HERE, who="member")
async def show_moving_here(visit: Visit) -> Answer:
    """Three steps: name the old account, press move there, bring lists along."""
    return await answer_here(visit)


async def answer_here(visit: Visit, code: int = 200, *, error: str = "", typed: str = "") -> Answer:
    """Render the steps, with what is done of them."""
    app = visit.face.app
    aliases = await list_own_aliases(app, visit.account_id)
    brought = await list_imports(app.db.reader, visit.account_id, SHOWN_IMPORTS)
    return visit.page(
        "settings_moving.html",
        code,
        section="moving",
        saved="",
        shown="here",
        aliases=[(one, Person.of(one.account) if one.account else None) for one in aliases],
        has_room=len(aliases) < MAX_ALIASES,
        brought=brought,
        own_handle=f"{visit.person.handle if visit.person else ''}@{app.settings.server.domain}",
        error=error,
        typed=typed,
    )


@routes.form(f"{HERE}/aliases", limit=FOLLOWING)
async def add(visit: Visit, fields: Fields) -> Answer:
    """Name an old account; it is looked for at its own server."""
    typed = fields.line("handle")
    try:
        await add_alias(visit.face.app, visit.account_id, typed)
    except REFUSALS as refusal:
        return await answer_here(visit, code_for(refusal), error=visit.say(str(refusal)), typed=typed[:200])
    return visit.go(HERE)


@routes.form(f"{HERE}/aliases/remove")
async def remove(visit: Visit, fields: Fields) -> Answer:
    """Take an alias away."""
    await remove_alias(visit.face.app, visit.account_id, fields.line("uri"))
    return visit.go(HERE)


def code_for(refusal: Refusal) -> int:
    """Return the code of a form that is shown again: what is not found is a mistake in what was typed."""
    return code_of(refusal) if isinstance(refusal, TooMany | Unavailable) else 422


@routes.page(AWAY, who="member")
async def show_moving_away(visit: Visit) -> Answer:
    """Where to, or the way back."""
    return await detour(visit, AWAY) or await answer_away(visit)


async def answer_away(visit: Visit, code: int = 200, *, error: str = "", typed: str = "") -> Answer:
    """Render the form, or where the person lives now."""
    reader = visit.face.app.db.reader
    home = await find_new_home(reader, visit.account_id)
    last = await find_last_move(reader, visit.account_id)
    return visit.page(
        "settings_moving_away.html",
        code,
        section="moving",
        saved="",
        shown="away",
        new_home=Person.of(home) if home else None,
        last=last,
        waits=last is not None and last.again_at_us > now_us(),
        rest_days=REST_DAYS,
        error=error,
        typed=typed,
    )


@routes.form(AWAY, limit=SIGN_IN)
async def look(visit: Visit, fields: Fields) -> Answer:
    """Find the new account and say what will happen; nothing has, yet."""
    if away := await detour(visit, AWAY):
        return away
    typed = fields.line("handle")
    try:
        target = await find_new_account(visit.face.app, visit.account_id, typed)
    except REFUSALS as refusal:
        return await answer_away(visit, code_for(refusal), error=visit.say(str(refusal)), typed=typed[:200])
    return visit.page(
        "settings_moving_confirm.html",
        section="moving",
        saved="",
        shown="away",
        target=Person.of(target),
        follower_count=visit.account.follower_count if visit.account else 0,
        rest_days=REST_DAYS,
    )


@routes.form(f"{AWAY}/go", limit=SIGN_IN)
async def go(visit: Visit, fields: Fields) -> Answer:
    """Move."""
    if away := await detour(visit, AWAY):
        return away
    target_id, session_id = AccountId(fields.number("target", 0)), visit.request.caller.session_id
    try:
        await move_away(visit.face.app, visit.account_id, target_id, session_id=session_id)
    except REFUSALS as refusal:
        return await answer_away(visit, code_for(refusal), error=visit.say(str(refusal)))
    return visit.go(AWAY)


@routes.form(f"{HERE}/back")
async def return_home(visit: Visit, fields: Fields) -> Answer:
    """Live here again."""
    await come_back(visit.face.app, visit.account_id)
    return visit.go(AWAY)
