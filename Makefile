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

# uv installs in a tenth of pip's time. It does not read pip's own settings, such as another package index: where it fails,
# pip does the same. --no-cache: wheels are linked into .venv, and no second copy stays. --compile-bytecode: as pip does;
# else every process compiles what it imports where PYTHONDONTWRITEBYTECODE is set, JAX alone in a second.
UV_INSTALL = $(BIN)/uv pip install --quiet --no-cache --compile-bytecode --python $(BIN)/python --no-deps --require-hashes -r envs/cpu.txt
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

.venv/installed: envs/cpu.txt envs/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "setup: needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP_INSTALL) --require-hashes -r envs/uv.txt
	$(UV_INSTALL) || $(PIP_INSTALL) --require-hashes -r envs/cpu.txt
	$(PIP_INSTALL) --no-build-isolation --editable .
	@touch $@

# Renew the locks after a change of envs/*.in; no index address is written into them.
lock: setup
	for lock in uv cpu cuda; do $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-annotate \
	  --no-header --python-version 3.11 envs/$$lock.in -o envs/$$lock.txt > /dev/null || exit 1; done
