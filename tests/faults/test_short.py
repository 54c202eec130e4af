"""The short form of `make faults`: one of each, as often as every change can afford."""

import asyncio
import random
import sys

import pytest
from faults.crashing import crash_everywhere, interrupt_migrations
from faults.disks import fail_to_sync
from faults.overload import crowded, surge
from faults.scenarios import cut_connections, kill, lose_database, short_files


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_server_killed_under_load_keeps_what_it_acknowledged(engine, tmp_path, request):
    database = request.getfixturevalue("fresh_postgres_database") if engine == "postgres" else ""
    kill(tmp_path, database, rounds=2, chance=random.Random(1))


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_whatever_was_under_way_at_a_kill_has_happened_once_in_the_end(engine, tmp_path, request):
    database = request.getfixturevalue("fresh_postgres_database") if engine == "postgres" else ""
    crash_everywhere(tmp_path, database, stride=67 if database else 41)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_change_of_the_schema_that_is_interrupted_can_be_repeated_and_loses_nothing(engine, tmp_path, request):
    database = request.getfixturevalue("fresh_postgres_database") if engine == "postgres" else ""
    interrupt_migrations(tmp_path, database, stride=90 if database else 60)


@pytest.mark.not_here("strace may be forbidden to look into processes")
def test_a_server_whose_disk_keeps_nothing_acknowledges_nothing_and_recovers(tmp_path):
    said = fail_to_sync(tmp_path, upto=1)
    if said.startswith("left out"):
        pytest.skip(said)


@pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")
def test_a_server_that_has_no_room_says_so_reads_on_and_recovers(tmp_path):
    short_files(tmp_path)


def test_a_server_that_loses_its_database_connections_finds_them_again(tmp_path, fresh_postgres_database):
    def cut():
        asyncio.run(cut_connections(fresh_postgres_database))

    lose_database(tmp_path, fresh_postgres_database, cut, rounds=2, chance=random.Random(1))


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_crowd_of_strangers_keeps_nobody_from_reading_who_is_here_already(tmp_path):
    crowded(tmp_path, connections=300, seconds=2)


def test_a_surge_of_sign_ups_loses_nobody_who_was_taken(tmp_path):
    surge(tmp_path, per_s=40, seconds=2)
