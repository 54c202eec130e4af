"""`python -m fuzz`: give every target strange bytes for a while, steered by coverage; say what broke.

Each target runs in a process of its own, for so many seconds. A finding is written beside the seeds and ends the run
with code 1; the same target with `--file` repeats it.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="all if none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--kept", type=Path, help="a folder for what was interesting, to go on from another day")
    parser.add_argument("--file", type=Path, help="one input, for one target")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def run_alone(name: str, folder: Path, seconds: int) -> None:
    """Steer one target; atheris ends the process."""
    import atheris  # before what it watches

    with atheris.instrument_imports(include=["rookery.activitypub", "rookery.network.destinations"]):
        from fuzz.targets import TARGETS
    target = TARGETS[name]
    for number, seed in enumerate(target.seeds):
        (folder / f"seed-{number}").write_bytes(seed)
    limits = [
        f"-max_total_time={seconds}",
        "-max_len=65536",
        "-timeout=5",
        "-rss_limit_mb=1024",
        "-print_final_stats=1",
    ]
    atheris.Setup([name, f"-artifact_prefix={folder}/found-", *limits, str(folder)], target.run)
    atheris.Fuzz()


def main() -> int:
    asked = read_arguments()
    if asked.alone:
        run_alone(asked.targets[0], asked.kept, asked.seconds)
        return 0
    from fuzz.targets import TARGETS

    names = asked.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        print(f"There is no target {', '.join(sorted(unknown))}. There are: {', '.join(TARGETS)}.", file=sys.stderr)
        return 2
    if asked.file:
        TARGETS[names[0]].run(asked.file.read_bytes())
        print("Nothing broke.")
        return 0
    with tempfile.TemporaryDirectory(prefix="rookery-fuzz-") as passing:
        root = asked.kept or Path(passing)
        return max([fuzz(name, root / name, asked.seconds) for name in names])


def fuzz(name: str, folder: Path, seconds: int) -> int:
    """Run one target in its own process; print how it went."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "fuzz", name, "--alone", "--kept", str(folder), "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stderr.splitlines()
    runs = next((line.split()[-1] for line in lines if "number_of_executed_units" in line), "?")
    if done.returncode == 0:
        print(f"{name:12} {seconds} s, {runs} inputs, nothing broke", flush=True)
        return 0
    print("\n".join(line for line in lines if not line.startswith("#")))
    for found in sorted(folder.glob("found-*")):
        place = Path(shutil.copy(found, Path(tempfile.gettempdir()) / f"rookery-{name}-{found.name}"))
        print(f"{name:12} broke; again with: python -m fuzz {name} --file {place}", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
