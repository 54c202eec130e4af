"""`seed`: fill a server with a believable world.

Owns: its arguments and words. Never: invents anything (ops/seed).
"""

from __future__ import annotations

import argparse
import logging

from rookery.actions.app import App
from rookery.actions.tokens import give_member_token
from rookery.model.callers import parse_scopes
from rookery.model.errors import Invalid
from rookery.model.ids import AccountId
from rookery.ops.commands.accounts import new_password, password_pool
from rookery.ops.commands.apps import EVERYTHING, app_of
from rookery.ops.commands.options import Command, Commands, lines, on_app, opened_media
from rookery.ops.logs import begin_log
from rookery.ops.outcome import Outcome
from rookery.ops.progress import Progress
from rookery.ops.seed.people import Person
from rookery.ops.seed.world import Plan, seed_world
from rookery.storage.members import find_owner_id


class PlanRefused(Invalid):
    """A world of an impossible size."""


class ServerOwned(Invalid):
    """Somebody's server, which an invented world would fill with strangers who all have one password."""

    def __init__(self) -> None:
        super().__init__(
            "somebody owns this server, and a world cannot be taken out again; name an empty folder with --data, or add"
            " --anyway"
        )


def declare(commands: Commands) -> None:
    """Declare the command."""
    seed = Command(commands, "seed", on_app(seed_server, makes=True), "Fill the server with an invented world")
    seed.takes("--people", type=int, default=100, metavar="N", help="how many people (100)")
    seed.takes("--posts", type=int, default=2000, metavar="N", help="how many posts (2000)")
    seed.takes("--seed", type=int, default=1, metavar="N", help="another number makes another world (1)")
    seed.takes("--no-pictures", action="store_true", help="leave pictures away")
    seed.takes("--anyway", action="store_true", help="even on a server that has an owner")


async def seed_server(app: App, asked: argparse.Namespace) -> Outcome:
    """Make the world and a way in. Raises PlanRefused, ServerOwned."""
    if asked.people < 2 or asked.posts < 0:
        raise PlanRefused("a world has at least 2 people, and no fewer than 0 posts")
    if not asked.anyway and await find_owner_id(app.db.reader) is not None:
        raise ServerOwned
    begin_log(logging.WARNING, "%(message)s")
    password = new_password()
    with password_pool(app) as pool:
        password_hash = await pool.hash(password)
    plan = Plan(asked.people, asked.posts, asked.seed, not asked.no_pictures)
    async with opened_media(app) as room:
        report = await seed_world(app, room, plan, password_hash, Progress(is_quiet=asked.json))
    values = {
        "name": report.guest.username,
        "email": f"{report.guest.username}@seed.invalid",
        "password": password,
        "token": await token_of(app, report.guest),
        "star": report.star.username,
        "star_token": await token_of(app, report.star),
        "people": report.people,
        "posts": report.posts,
        "follows": report.follows,
        "seconds": report.seconds,
    }
    text = lines(**values) + "\nEverybody in this world has this password; never invite real people into it."
    return Outcome(text, values)


async def token_of(app: App, person: Person) -> str:
    """Give a token for scripts."""
    app_id, scopes = await app_of(app, None), parse_scopes(EVERYTHING)
    return (await give_member_token(app, AccountId(person.id), app_id=app_id, scopes=scopes)).secret
