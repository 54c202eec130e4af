"""The ground keeps its word: the engines are real, and CI=true skips nothing."""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

CONFTEST = Path(__file__).with_name("conftest.py")


async def test_an_async_test_runs_on_asyncio_without_a_marker():
    assert asyncio.get_running_loop().is_running()


async def test_a_fresh_database_is_empty_and_speaks_utf8(fresh_postgres_database):
    connection = await asyncpg.connect(fresh_postgres_database)
    try:
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
        assert await connection.fetchval("SELECT lower('ÉTÉ 鳥')") == "été 鳥"
        assert int(await connection.fetchval("SHOW server_version_num")) >= 150000
    finally:
        await connection.close()


def test_two_tests_do_not_share_a_database(fresh_postgres_database, postgres_dsn):
    assert fresh_postgres_database != postgres_dsn


def test_the_script_hands_its_database_to_a_command_and_returns_its_exit_code():
    script = CONFTEST.parent.parent / "scripts" / "postgres"
    if subprocess.run([script, "find"], capture_output=True, check=False).returncode != 0:
        pytest.skip("PostgreSQL 15 or newer was not found; on Debian: apt-get install postgresql")
    code = "import os, sys; print(os.environ['ROOKERY_TEST_POSTGRES']); sys.exit(7)"
    done = subprocess.run(
        [script, "run", "--", sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 7, done.stderr
    folder = Path(done.stdout.strip().partition("host=")[2])
    assert folder.name.startswith("rookery-pg-")
    assert not folder.exists()


def test_chromium_starts(chromium_path):
    version = subprocess.run([chromium_path, "--version"], capture_output=True, text=True, check=True).stdout
    assert "Chrom" in version


SKIPPERS = """
    import pytest

    def test_skips():
        pytest.skip("no engine")

    @pytest.mark.not_here("needs a machine with two clocks")
    def test_may_skip():
        pytest.skip("one clock")

    @pytest.mark.xfail(reason="known")
    def test_known():
        raise AssertionError
"""


def bare_conftest() -> str:
    """The ground alone: a run of its own knows neither this folder nor Rookery."""
    before, _, after = CONFTEST.read_text().partition("pytest_plugins = [")
    return before + after.partition("]")[2]


def outcomes_of_a_run(pytester: pytest.Pytester, source: str) -> dict[str, int]:
    pytester.makeconftest(bare_conftest())
    pytester.makepyfile(source)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider").parseoutcomes()


@pytest.mark.parametrize(
    ("ci", "expected"),
    [("true", {"failed": 1, "skipped": 1, "xfailed": 1}), ("", {"skipped": 2, "xfailed": 1})],
)
def test_a_skip_fails_only_in_ci(pytester, monkeypatch, ci, expected):
    monkeypatch.setenv("CI", ci)
    assert outcomes_of_a_run(pytester, SKIPPERS) == expected


def test_a_skipped_module_fails_in_ci(pytester, monkeypatch):
    monkeypatch.setenv("CI", "true")
    source = "import pytest\npytest.importorskip('no_such_module_at_all')"
    assert "errors" in outcomes_of_a_run(pytester, source)


def test_not_here_without_a_reason_is_refused(pytester):
    pytester.makeconftest(bare_conftest())
    pytester.makepyfile("import pytest\n@pytest.mark.not_here\ndef test_x(): pass")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
