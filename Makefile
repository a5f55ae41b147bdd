# Two commands: `make run` makes every table and figure, `make test` runs every check. Both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin
# Snakemake keeps a cache in the home folder by default, which some machines do not let one write.
export XDG_CACHE_HOME ?= $(CURDIR)/.cache

.PHONY: run test setup lock

run: setup
	$(BIN)/snakemake --cores all

test: setup
	$(BIN)/python -m pytest

setup: .venv/installed

.venv/installed: envs/cpu.txt pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "setup: needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r envs/cpu.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Renew the locks after a change of envs/*.in; no index address is written into them.
lock:
	uv pip compile --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 envs/cpu.in -o envs/cpu.txt
	uv pip compile --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 envs/cuda.in -o envs/cuda.txt
