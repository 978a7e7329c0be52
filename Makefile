# The front door. Needs make and Python 3.11 or newer; everything else goes into .venv.

PYTHON ?= python3
# Test processes: three for two processors, because they wait half of the time; or a number of your choice.
JOBS ?= $(shell $(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)) * 3 // 2)' 2>/dev/null || echo logical)
# Extra words for pytest, for example: make test ARGS="tests/api -k pools"
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt
# pip compiles what it copies, but no checkout; where Python must not write, each start would do it anew.
COMPILE := $(PY) -m compileall -q src
RUNTIME := $(VENV)/.installed-runtime
DEVELOPMENT := $(VENV)/.installed-development
# The client that the compatibility suite drives, in an environment of its own.
COMPAT := .cache/compat
PREFECT := 3.8.8
# The server that the benchmark measures beside ours, in an environment of its own.
BENCH_PEER := .cache/bench-peer
CODE := $(wildcard src tests examples benchmarks dashboard/build.py hatch_build.py)

BUILT := src/penstock/server/dashboard/built/index.html
DASHBOARD_SOURCES := $(wildcard dashboard/*.* $(addprefix dashboard/src/,* */* */*/* */*/*/*))
OPENAPI := .cache/dashboard-openapi.json

# An environment of another folder or of a Python that is gone is made anew.
USABLE := $(shell test -x $(PY) && test "$$(cat $(VENV)/.checkout 2>/dev/null)" = "$(CURDIR)" && echo yes)
ifneq ($(USABLE),yes)
.PHONY: $(VENV)/.checkout
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo dashboard dashboard-types test lint format coverage compat fuzz faults bench constraints clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)$(if $(wildcard benchmarks/__main__.py),, | grep -v 'make bench ')

setup: $(DEVELOPMENT) try-dashboard ## Make .venv with everything that development needs
	@echo "$(VENV) is ready."

demo: $(RUNTIME) $(if $(KEEP),try-dashboard) ## Show a server, a worker and their runs at work (KEEP=1 leaves the server up)
	@$(PY) examples/demo.py $(if $(KEEP),--keep)

dashboard: $(BUILT) ## Build the dashboard that the server shows at /

dashboard-types: $(DEVELOPMENT) ## Write the API's types for the dashboard anew
	@mkdir -p $(dir $(OPENAPI))
	@$(PY) tools/dashboard_api.py $(OPENAPI)
	@$(PY) dashboard/build.py api $(OPENAPI)

test: $(DEVELOPMENT) try-dashboard ## Run the tests on SQLite and PostgreSQL
	$(PY) -m pytest -n $(JOBS) --maxprocesses 16 --dist worksteal $(ARGS)

lint: $(DEVELOPMENT) ## Check style, types, layers and the house rules
	$(PY) -m ruff check $(CODE)
	$(PY) -m ruff format --check $(CODE)
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m pytest -q tests/house --ignore tests/house/test_conformance.py # which collects all tests anew
	$(PY) dashboard/build.py check

format: $(DEVELOPMENT) ## Format the code and apply the safe fixes
	$(PY) -m ruff check --fix --quiet --exit-zero $(CODE)
	$(PY) -m ruff format $(CODE)

coverage: $(DEVELOPMENT) ## Run the tests and show which branches none of them takes
	$(PY) -m pytest -n $(JOBS) --maxprocesses 16 --cov --cov-report=term $(ARGS)

compat: $(DEVELOPMENT) $(COMPAT)/.installed ## Drive unmodified Prefect clients (SHORT=1: the short form)
	PENSTOCK_COMPAT_PYTHON=$(COMPAT)/bin/python $(PY) -m pytest tests/compat --timeout 600 \
	  -m "compat$(if $(SHORT), and short)" $(if $(SHORT),--database sqlite) $(ARGS)

$(COMPAT)/.installed: Makefile
	@echo "Installing Prefect $(PREFECT) beside Penstock ..."
	@$(PYTHON) -m venv --clear $(COMPAT)
	@$(COMPAT)/bin/python -m pip install --quiet --disable-pip-version-check "prefect==$(PREFECT)"
	@touch $@

fuzz: $(DEVELOPMENT) ## Send the API far more made-up requests than the tests do; takes some minutes
	$(PY) -m pytest tests/fuzz -n $(JOBS) --maxprocesses 16 --dist worksteal --long-fuzz $(ARGS)

faults: $(DEVELOPMENT) ## Break things on purpose (SIZE=0.1: a tenth; SEED=2: another schedule)
	PENSTOCK_TEST_FAULTS=$(or $(SIZE),1) PENSTOCK_TEST_SEED=$(or $(SEED),1) $(PY) -m pytest tests/faults $(ARGS)

bench: $(DEVELOPMENT) $(BENCH_PEER)/.installed ## Measure beside a Prefect server (ARGS="--size 0.1": the short form)
	$(PY) -m benchmarks $(ARGS)

# Newer ones of these break its server. The two job queues are the floor that make bench compares with.
$(BENCH_PEER)/.installed: Makefile
	@echo "Installing Prefect $(PREFECT) and two job queues beside Penstock ..."
	@$(PYTHON) -m venv --clear $(BENCH_PEER)
	@$(BENCH_PEER)/bin/python -m pip install --quiet --disable-pip-version-check "prefect==$(PREFECT)" \
	  "fastapi==0.141.1" "sqlalchemy==2.0.45" asyncpg procrastinate pgqueuer
	@touch $@

constraints: ## Move constraints.txt to the newest versions that work together
	$(PYTHON) -m venv --clear .cache/constraints
	.cache/constraints/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	.cache/constraints/bin/python -m pip freeze --exclude-editable > constraints.txt
	rm -rf .cache/constraints

clean: ## Remove .venv and all that the tools have left
	rm -rf $(VENV) .cache .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf build dist htmlcov dashboard/node_modules src/penstock/server/dashboard/built
	find src tests examples $(wildcard benchmarks) -name __pycache__ -prune -exec rm -rf {} +

$(BUILT): $(DASHBOARD_SOURCES) | $(RUNTIME)
	@$(PY) dashboard/build.py

# Without the registry, or on a machine that no Node.js is for, all else still works.
.PHONY: try-dashboard
try-dashboard: $(RUNTIME)
	@$(MAKE) --no-print-directory dashboard || \
	  echo "The dashboard could not be built; the server works without it. Once it can: make dashboard" >&2

$(VENV)/.checkout:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Penstock needs Python 3.11 or newer, and '$(PYTHON)' is not. Name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
	  exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV) || { \
	  echo "Python could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  exit 1; }
	@printf '%s' "$(CURDIR)" > $@

$(RUNTIME): $(VENV)/.checkout pyproject.toml constraints.txt
	@echo "Installing Penstock and what it runs on ..."
	@$(PIP_INSTALL) -e .
	@$(COMPILE)
	@touch $@

$(DEVELOPMENT): $(VENV)/.checkout pyproject.toml constraints.txt
	@echo "Installing Penstock and what its development needs ..."
	@$(PIP_INSTALL) -e '.[dev]'
	@$(COMPILE)
	@touch $@ $(RUNTIME)
