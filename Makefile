# Rookery's one task runner. `make` lists the targets.
# A fresh machine needs git, make and Python 3.11 or newer; everything else is fetched, locked by hash, into .venv.

.DEFAULT_GOAL := help
.PHONY: help install run test check format bench faults fuzz lock clean

BIN := .venv/bin
# The first of these that starts and is new enough; set PYTHON=/path/to/python to choose yourself.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate $(if $(UPGRADE),--upgrade)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.dev ## make .venv with the package and everything its developers use

run: .venv/.runtime ## start a server on http://localhost:3000 (ARGS="--port 3001" and the like)
	$(BIN)/rookery up $(ARGS)

test: install ## run the tests; PostgreSQL and Chromium are used when found (ARGS="-k words")
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(ARGS)

check: install ## formatter, linter, strict types, architecture and documentation tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/architecture tests/docs

format: install ## format the code and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install ## measure a server on a seeded world (ARGS are passed on)
	$(BIN)/python -m bench $(ARGS)

faults: install ## break servers under load and see that nothing acknowledged is lost, ten minutes (ARGS="--rounds 5")
	$(BIN)/python -m faults $(ARGS)

fuzz: .venv/.fuzz ## strange bytes for what reads strangers' messages, a minute for each reader (ARGS="content --seconds 600")
	$(BIN)/python -m fuzz $(ARGS)

lock: ## write the lock files after pyproject.toml; UPGRADE=1 takes the newest releases
	@test -x $(BIN)/uv || $(MAKE) install
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(COMPILE) --group fuzz --output-file requirements-fuzz.lock
	$(COMPILE) --group build --constraint requirements-dev.lock --output-file requirements-build.lock

clean: ## remove .venv, caches and build output; a server's data folder stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@test -n "$(PYTHON)" || { \
		echo "Rookery needs Python 3.11 or newer, and none was found on PATH. Install one, or: make PYTHON=/path/to/python" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is not Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "$(PYTHON) could not make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; }

# Two stamps, so that a person who only runs a server does not fetch the developers' tools.
# What builds comes first, from a lock of its own: without build isolation nothing is fetched that has no hash.
.venv/.runtime: pyproject.toml requirements-build.lock requirements.lock | .venv/bin/python
	$(PIP) install --require-hashes -r requirements-build.lock
	$(PIP) install --require-hashes --no-build-isolation -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	$(PIP) install --require-hashes --no-build-isolation -r requirements-dev.lock
	@touch $@

.venv/.fuzz: .venv/.dev requirements-fuzz.lock
	$(PIP) install --require-hashes --no-build-isolation -r requirements-fuzz.lock
	@touch $@
