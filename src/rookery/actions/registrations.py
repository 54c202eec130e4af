"""Who may sign up now: the choice made on the owner's page, else what the settings say.

Owns: that choice, and what an owner should be warned of. Never: the sign-up itself (actions/members.py).
A stored choice wins over the settings, so that nobody needs a file to open or close the door; a test server is always
open. It is read where it is needed, one row by its key, so that every process obeys from the commit on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rookery.actions.app import App
from rookery.actions.audit import record_act
from rookery.actions.repeating import repeatable
from rookery.actions.work import count_lately
from rookery.model.audit import Act, Governor
from rookery.model.members import RegistrationMode
from rookery.model.settings import Settings, is_local_domain
from rookery.storage import values
from rookery.storage.database import Reader

REGISTRATIONS = "registrations"
NO_MAIL = (
    "people may join, and no mail server is set: mails lie in the folder mail of the data, so nobody can confirm an"
    " address or choose a new password; set mail.host, or close the registrations"
)
SURGE = (
    "{0} people signed up within the last hour, and up to {1} are usual: browsers work longer for it now, and who comes"
    " without work waits; to see everybody before they come in, let people join on approval"
)
LOCAL_NAME = (
    "the server is still called '{name}': nobody elsewhere can reach it, and every handle keeps this name for good;"
    " before people join, begin anew with --domain and your own name, on an empty data folder"
)
CLOCK_BEHIND = (
    "the clock of this machine is {0} seconds behind what was written here before: it was set back, or was wrong once."
    " New posts go on above the old ones; what was planned then waits until its hour comes again. Look at the time"
    " service"
)
WRONG_BY_S = 60


@dataclass(frozen=True, slots=True)
class Registrations:
    """Who may sign up. chosen: what somebody decided while the server ran, or None; default: what the settings say."""

    mode: RegistrationMode
    chosen: RegistrationMode | None
    default: RegistrationMode
    is_test: bool


async def find_registrations(app: App, reader: Reader | None = None) -> Registrations:
    """Return the mode, and where it comes from."""
    default, is_test = app.settings.nest.registrations, app.settings.is_test
    stored = await values.find_value(reader or app.db.reader, REGISTRATIONS)
    chosen = RegistrationMode(stored) if stored in list(RegistrationMode) else None
    return Registrations(RegistrationMode.OPEN if is_test else chosen or default, chosen, default, is_test)


async def registration_mode(app: App, reader: Reader | None = None) -> RegistrationMode:
    """Return who may sign up now."""
    return RegistrationMode.OPEN if app.settings.is_test else (await find_registrations(app, reader)).mode


async def settings_now(app: App) -> Settings:
    """Return the settings as they hold now, for who tells others about the server."""
    nest = replace(app.settings.nest, registrations=await registration_mode(app))
    return replace(app.settings, nest=nest)


@repeatable
async def choose_registrations(app: App, mode: RegistrationMode | None, *, by: Governor) -> Registrations:
    """Decide who may sign up from now on; None: what the settings say, again."""
    async with app.db.transaction() as tx:
        if mode is None:
            await values.take_value(tx, REGISTRATIONS)
        else:
            await values.set_value(tx, REGISTRATIONS, mode.value)
        await record_act(app, tx, by, Act.REGISTRATIONS, detail=mode.value if mode else "")
    return await find_registrations(app)


async def list_warnings(app: App) -> list[str]:
    """Return what an owner should mend before people suffer from it, a sentence each; a test server has no people."""
    settings, behind_s = app.settings, app.ids.ahead_s()
    warnings = [CLOCK_BEHIND.format(behind_s)] if behind_s > WRONG_BY_S else []
    if settings.is_test:
        return warnings
    if not settings.mail.host and await registration_mode(app) is not RegistrationMode.CLOSED:
        warnings.append(NO_MAIL)
    lately, calm = await count_lately(app), settings.signing.calm_per_hour
    if lately >= calm and await registration_mode(app) is RegistrationMode.OPEN:
        warnings.append(SURGE.format(lately, calm))
    if is_local_domain(settings.server.domain):
        warnings.append(LOCAL_NAME.format(name=settings.server.domain))
    return warnings
