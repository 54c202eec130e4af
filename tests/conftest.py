"""The ground under every test: the event loop, the optional engines, and what a skip means.

Owns: finding PostgreSQL, Chromium and axe-core, databases for single tests, the rule that nothing is skipped when
CI=true. Never: knows Rookery itself. People, posts and servers for tests live in files of their own.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

# One that imports another comes after it: a module that is loaded already cannot be rewritten.
pytest_plugins = [
    "pytester",
    "tests.engines",
    "tests.world",
    "tests.listening",
    "tests.nest",
    "tests.evilhost",
    "tests.posting",
    "tests.journeys.server",
    "tests.journeys.windows",
    "tests.objectstore",
]

# Servers and commands that tests start read compiled modules, also where somebody's shell forbids to write them:
# without, each start compiles six hundred files.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "postgres"
AXE = Path(__file__).parent / "journeys" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
NO_SKIPS = os.environ.get("CI") == "true"
NOT_HERE = "not_here(reason): this test may skip even when CI=true, for the reason written here"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", NOT_HERE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("not_here"):
            if not (len(mark.args) == 1 and isinstance(mark.args[0], str) and mark.args[0].strip()):
                raise pytest.UsageError(f"{item.nodeid}: write the reason: @pytest.mark.not_here('why')")


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure. An expected failure (xfail) is not a skip."""
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = (
            f"{reason}\nCI=true skips nothing: install what is missing, or mark the test not_here(reason)."
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.get_closest_marker("not_here") is None:
        refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_skip(report)
    return report


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Every `async def test_…` runs on asyncio, in one event loop for the whole session."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_dsn() -> Iterator[str]:
    """DSN of a PostgreSQL on which tests may create databases: ROOKERY_TEST_POSTGRES, or a throw-away cluster."""
    given = os.environ.get("ROOKERY_TEST_POSTGRES")
    if given:
        yield given
        return
    with subprocess.Popen(
        [SCRIPT, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        dsn = server.stdout.readline().strip()
        if dsn:
            yield dsn
            server.stdin.close()  # the script stops the cluster and removes it
            return
        complaint = server.stderr.read().strip()
    if server.returncode == 3:
        pytest.skip(complaint)
    pytest.fail(complaint)


async def run_sql(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextlib.contextmanager
def new_database(postgres_dsn: str) -> Iterator[str]:
    """Make a database; drop it at the end, with whatever is still connected to it."""
    name = f"rookery_test_{uuid4().hex[:12]}"
    asyncio.run(run_sql(postgres_dsn, f"CREATE DATABASE {name}"))
    yield urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))
    asyncio.run(run_sql(postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def fresh_postgres_database(postgres_dsn: str) -> Iterator[str]:
    """DSN of a new, empty database for one test."""
    with new_database(postgres_dsn) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def journey_database(postgres_dsn: str) -> Iterator[str]:
    """DSN of a new, empty database for the journeys of one module."""
    with new_database(postgres_dsn) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of a Chromium for tests that use the pages as a person does."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("Chromium was not found; on Debian: apt-get install chromium")
    return found


@pytest.fixture(scope="session")
def nginx_path() -> str:
    """Path of nginx for tests of what stands behind a proxy; Debian keeps it where only root looks for commands."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("nginx was not found; run scripts/install-optional, or apt-get install nginx")
    return found


@pytest.fixture(scope="session")
def axe_source() -> str:
    """The script of axe-core, which holds a page against the rules for accessible content."""
    if not AXE.is_file():
        pytest.skip("axe-core was not found; run scripts/install-optional")
    return AXE.read_text()
