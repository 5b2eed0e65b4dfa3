# One machine, two commands: `make run` serves the app with its samples, `make test` checks everything.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := bash

PYTHON := .venv/bin/python
# Each stamp lies in the folder it vouches for and is written last: a set-up that was interrupted is done again.
VENV_STAMP := .venv/.stamp
NODE_STAMP := node_modules/.stamp
BENCH_STAMP := .devstack/bench/packages/.stamp
CHECKOV_STAMP := .devstack/checkov/.stamp
GET_NODE := Node.js 20 or newer is needed (with npm) and was not found: get it from https://nodejs.org or your system

.PHONY: help setup run start test lint unit e2e fuzz fuzz-api chaos bench-ingest bench-refresh bench-api bench-telemetry bench-coldstart clean

help: # lists the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV_STAMP) $(NODE_STAMP) ## .venv and node_modules, made again only when a requirements file has changed
	@:

run: setup ## everything on this machine, with the samples; serves until Ctrl-C
	@$(PYTHON) -m devstack up --samples

start: setup ## the same without samples
	@$(PYTHON) -m devstack up

test: lint $(BENCH_STAMP) $(CHECKOV_STAMP) ## lint, types and all tests
	@$(PYTHON) -m pytest

lint: setup ## ruff and mypy
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --check --quiet .
	@$(PYTHON) -m mypy

unit: setup $(BENCH_STAMP) $(CHECKOV_STAMP) ## the tests that need no emulators: seconds
	@$(PYTHON) -m pytest tests/unit

e2e: setup ## the tests against the whole stack
	@$(PYTHON) -m pytest tests/e2e

fuzz: setup ## the properties of ingest and stories of the protocol, random: FUZZ_EXAMPLES=5000 of each take about an hour
	@HYPOTHESIS_PROFILE=fuzz $(PYTHON) -m pytest tests/unit/ingest/properties tests/unit/protocol/test_state_machine.py

fuzz-api: setup ## the running API with random requests: FUZZ_API_EXAMPLES=500 of each operation take about ten minutes
	@FUZZ_API_EXAMPLES=$${FUZZ_API_EXAMPLES:-500} $(PYTHON) -m pytest tests/api

chaos: setup ## files come and go while hosts are killed 200 times (CHAOS_KILLS); every result against an oracle
	@$(PYTHON) -m tests.chaos

bench-ingest: setup $(BENCH_STAMP) ## the figures of ingest, into benchmarks/results; ARGS=--quick tries it, ARGS=--help says more
	@$(PYTHON) -m benchmarks.ingest $(ARGS)

bench-refresh: setup ## the figures of refresh and of many files at once, likewise
	@$(PYTHON) -m benchmarks.refresh $(ARGS)

bench-api: setup ## the figures of the reports API, in this process and through the host, likewise
	@$(PYTHON) -m benchmarks.api $(ARGS)

bench-telemetry: setup ## what telemetry costs an ingest and a call, likewise
	@$(PYTHON) -m benchmarks.telemetry $(ARGS)

bench-coldstart: setup ## from process start to the first answer of the published package; what it imports, how large it is
	@$(PYTHON) -m benchmarks.coldstart $(ARGS)

clean: ## removes the local stack's state: uploads, results, logs
	@rm -rf .devstack

# A virtual environment that works stays and is brought up to date; any other is made anew.
$(VENV_STAMP): requirements.txt requirements-dev.txt
	@rm -f $@
	@$(PYTHON) -c 'import pip, sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null || { \
		python=$$(bash devstack/find-python.sh) && echo "making .venv with $$python" && "$$python" -m venv --clear .venv; }
	@echo "installing requirements-dev.txt"
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

$(NODE_STAMP): package.json package-lock.json
	@rm -f $@
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null || { \
		echo "$(GET_NODE)" >&2; exit 1; }
	@echo "installing package-lock.json"
	@npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null
	@touch $@

$(BENCH_STAMP): benchmarks/requirements.txt | $(VENV_STAMP)
	@rm -rf $(@D)
	@echo "installing $<"
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --target $(@D) --requirement $<
	@touch $@

# All of it is listed, so nothing is resolved: what it wants besides cannot come in.
$(CHECKOV_STAMP): tests/unit/infra/checkov-requirements.txt | $(VENV_STAMP)
	@rm -rf $(@D)
	@echo "installing $<"
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --no-deps --target $(@D) --requirement $<
	@touch $@
