"""A walled process reaches nobody and nothing; each wall is tried alone, and a missing one is said so."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.media.drawn_pictures import photo

import rookery
from rookery.media.box import MediaBox
from rookery.media.confinement import WALLS, Confinement
from rookery.media.pictures import PictureLimits

# Runs behind the walls named in argv and tells what it could still do.
PRISONER = """
import ctypes, json, os, pwd, socket, subprocess, sys, threading
sys.path.insert(0, sys.argv[1])
from rookery.media import confinement as c
port, wanted, user = int(sys.argv[2]), sys.argv[3].split(","), sys.argv[4]
if user:
    os.setgroups([])
    os.setuid(pwd.getpwnam(user).pw_uid)
    ctypes.CDLL(None).prctl(c.PR_SET_DUMPABLE, 1, 0, 0, 0)  # as if started by that user
outer = {"first to go": c.go_first, "user namespace": c.enter_user_namespace,
         "network namespace": c.enter_network_namespace, "no new privileges": c.refuse_new_privileges,
         "no capabilities": c.drop_capabilities, "landlock": c.refuse_files, "syscall filter": c.refuse_system_calls}
if wanted == ["all"]:
    walls = c.leave_world(memory_bytes=2**30, cpu_s=60, output_bytes=2**20) | c.close_door()
else:
    walls = c.put_up({name: outer[name] for name in wanted})
def connects():
    socket.create_connection(("127.0.0.1", port), timeout=2).close()
def reads():
    open("/etc/passwd").close()
def writes():
    open("/tmp/rookery-escape", "w").close()
def runs():
    subprocess.run(["/bin/true"], check=True)
def forks():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
def signals():
    os.kill(os.getppid(), 0)
def threads():
    one = threading.Thread(target=lambda: None); one.start(); one.join()
did = {}
for act in (connects, reads, writes, runs, forks, signals, threads):
    try:
        act(); did[act.__name__] = True
    except Exception:
        did[act.__name__] = False
print(json.dumps([walls, did]))
"""
ROOT = str(Path(rookery.__file__).parents[1])


def behind(*walls, user=""):
    """Run the prisoner with a listener waiting; returns (walls that stand, what it could do)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-I", "-c", PRISONER, ROOT, str(listener.getsockname()[1]), ",".join(walls), user]
        done = subprocess.run(command, capture_output=True, check=True, cwd="/")
    return json.loads(done.stdout)


def test_behind_all_walls_nothing_works_but_threads():
    walls, did = behind("all")
    assert set(walls) == set(WALLS)
    if not walls["syscall filter"]:
        assert did == dict.fromkeys(did, False) | {"threads": True}


@pytest.mark.parametrize(
    ("chosen", "denied"),
    [
        (["user namespace"], {"connects"}),
        (["no new privileges", "landlock"], {"connects", "reads", "writes"}),
        (["no new privileges", "syscall filter"], {"connects", "reads", "writes", "runs", "forks", "signals"}),
    ],
    ids=lambda value: " ".join(sorted(value)),
)
def test_each_wall_keeps_what_it_says_it_keeps(chosen, denied):
    walls, did = behind(*chosen)
    if any(walls.values()):
        pytest.skip(f"this machine lacks a wall: {walls}")
    assert not any(did[act] for act in denied)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_an_ordinary_user_gets_the_same_walls():
    walls, did = behind("all", user="nobody")
    assert Confinement(walls).has_no_network
    assert not did["connects"]
    assert not walls["first to go"]
    assert not walls["landlock"] or not walls["syscall filter"]


async def test_the_box_says_which_walls_stand(box):
    confinement = await box.describe_confinement()
    sentences = confinement.sentences()
    assert len(sentences) == len(WALLS)
    assert confinement.has_no_network
    assert confinement.has_no_files
    assert all(": holds: " in one or ": does not hold: " in one for one in sentences)


def test_a_missing_wall_is_named_with_its_reason():
    confinement = Confinement({"landlock": "Operation not supported"})
    assert "landlock: does not hold: Operation not supported" in confinement.sentences()
    assert "limits: does not hold: never tried" in confinement.sentences()
    assert not confinement.has_no_network


async def test_the_child_knows_nothing_of_its_servers_environment(box, monkeypatch):
    monkeypatch.setenv("ROOKERY_SECRET", "hunter2")
    await box.describe_confinement()
    (pid,) = box.child_pids
    assert b"hunter2" not in Path(f"/proc/{pid}/environ").read_bytes()


async def test_the_child_runs_under_bounds_and_goes_first(box):
    await box.describe_confinement()
    (pid,) = box.child_pids
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert str(box.limits.memory_bytes) in limits
    assert Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "1000"


@pytest.mark.parametrize("format_name", ["jpeg", "png", "gif", "webp"])
async def test_a_child_opens_no_file_at_work(upload, out, format_name):
    """CVE-2023-36460: TootRoot wrote files by name. Here the child holds its socket, /dev/null and nothing else."""
    async with MediaBox(PictureLimits()) as box:
        source = upload(getattr(photo(), f"{format_name}save_buffer")())
        await box.make_picture(source, out, purpose="attachment")
        (pid,) = box.child_pids
        held = [str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()]
        assert not [one for one in held if one.startswith("/") and one != "/dev/null"]
    assert {path.suffix for path in out.iterdir()} <= {".jpg", ".png", ".webp"}
    assert len(list(out.iterdir())) == 2
