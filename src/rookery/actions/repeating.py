"""An action that met another one on the same rows is done again, so that nobody hears of it.

Owns: how often and after which pause. Never: decides what collides; the database undoes one of two transactions that
wait for each other, and says so (StorageConflict). Everything of it is undone then, which is why an action with one
transaction may simply begin anew, with its reads: tests/actions/test_repeating.py names the few that are not repeated.
Spec: https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
"""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from rookery.storage.database import StorageConflict

Given = ParamSpec("Given")
Result = TypeVar("Result")
MOST_TRIES = 5
FIRST_PAUSE_S = 0.01


def repeatable(
    action: Callable[Given, Coroutine[Any, Any, Result]],
) -> Callable[Given, Coroutine[Any, Any, Result]]:
    """Try an action up to MOST_TRIES times when another one stood in its way. Raises StorageConflict after the last."""

    @functools.wraps(action)
    async def repeat(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        for tried in range(MOST_TRIES - 1):
            try:
                return await action(*args, **kwargs)
            except StorageConflict:
                await asyncio.sleep(pause_s(tried))
        return await action(*args, **kwargs)

    return repeat


def pause_s(tried: int) -> float:
    """Seconds before the next try: up to 10 ms, doubling; those who met once shall not meet again."""
    return FIRST_PAUSE_S * (1 << tried) * random.random()  # noqa: S311 - spreads, hides nothing
