# Set-up and the jobs that need it. Everything below works from a clean clone with python3, make and a package index.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast lint lock calendar clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 14

setup: $(READY) ## install into .venv, from the lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "Python 3.11, 3.12 or 3.13 is needed, this is %d.%d: make PYTHON=python3.12 ..." % v)'
	@echo "Installing into $(VENV) (a minute or two) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q orchestration expectations
	@$(BIN)/python -c 'from orchestration.settings import Settings; from orchestration.transform import prepare; prepare(Settings())'
	@touch $@

demo: $(READY) ## deliver the demo region and run its morning
	@$(BIN)/nettoeffekt demo

test: $(READY) ## all tests: the fast tier, then the whole graph
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m pytest tests/unit tests/contract
	@$(BIN)/python -m pytest tests/pipeline

test-fast: $(READY) ## the fast tier alone
	@$(BIN)/python -m pytest tests/unit tests/contract

lint: $(READY) ## format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: ## resolve requirements.in anew into requirements.lock
	@$(PYTHON) -m venv --clear .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	@.venv-lock/bin/uv pip compile requirements.in --output-file requirements.lock --upgrade --quiet \
	    --universal --python-version 3.11 --no-strip-extras --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
	@rm -rf .venv-lock

calendar: $(READY) ## write seeds/reference/reporting_calendar.csv from the due rules of the contracts
	@$(BIN)/python -m orchestration.intake.calendar

clean: ## remove what set-up and runs have made (the data directory too)
	rm -rf $(VENV) .venv-lock data dbt_project/target .pytest_cache .ruff_cache .hypothesis
