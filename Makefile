# The database of CreativeFlow AI. `make up` on a fresh machine is all that it takes; STACK=prod picks another stack.

STACK ?= dev
ROLE ?= admin
# More options for pulumi, such as FLAGS=--yes
FLAGS ?=

PULUMI = .venv/bin/pulumi
PYTHON_ = .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# An engine is built only where there is no official one, or where AIRGAP=1 asks for it (tools/pulumi.sh runs it).
OFFICIAL := $(shell which -a pulumi 2>/dev/null | grep -v '/\.venv/bin/pulumi$$' | head -n 1)
ENGINE := $(if $(AIRGAP)$(if $(OFFICIAL),,none),.local/engine/.ready)
# dev asks no questions where nobody is there to answer; every other stack asks, or wants FLAGS=--yes.
YES := $(if $(filter dev,$(STACK)),--yes)
YES_TO_DESTROY := $(if $(filter dev,$(STACK)),$(shell [ -t 0 ] || echo --yes))

.DEFAULT_GOAL := help
.PHONY: help up preview down refresh outputs dsn psql setup test lint bench lock clean

help:  ## This list
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

up: .local/stack-$(STACK)  ## Bring the stack up: server, roles, database, migrations, seeds
	@$(PULUMI) up --stack $(STACK) $(YES) $(FLAGS)
	@echo 'Connect with `make psql`, or take the URI from `make dsn` (ROLE=app, migrator or readonly for another role).'

preview: .local/stack-$(STACK)  ## Show what `make up` would change
	@$(PULUMI) preview --stack $(STACK) --diff $(FLAGS)

down: .local/stack-$(STACK)  ## Destroy the stack, its data too
	@$(PULUMI) destroy --stack $(STACK) $(YES_TO_DESTROY) $(FLAGS)

refresh: .local/stack-$(STACK)  ## Compare Pulumi's state with what is really there
	@PYTHONPATH=. $(PYTHON_) tools/start.py $(STACK)
	@$(PULUMI) refresh --stack $(STACK) $(YES) $(FLAGS)

outputs: .local/stack-$(STACK)  ## What the stack tells (FLAGS=--show-secrets for all of it)
	@$(PULUMI) stack output --stack $(STACK) $(FLAGS)

dsn: .local/stack-$(STACK)  ## The administrator's connection URI alone; ROLE=app for another role's
	@$(PULUMI) stack output --stack $(STACK) --show-secrets $(ROLE)Dsn

psql: .local/stack-$(STACK)  ## Open psql as the administrator; ROLE=app for another role
	@PYTHONPATH=. $(PYTHON_) tools/psql.py $(STACK) $(ROLE)

setup: .venv/.ready $(ENGINE)  ## Make .venv and, where there is no Pulumi, build its engine

test: setup  ## Run every test
	@$(PYTHON_) -m pytest --numprocesses 2 --dist loadgroup $(FLAGS)

lint: .venv/.ready  ## Check style, types, the direction of imports, and the migrations
	@$(PYTHON_) -m ruff check
	@$(PYTHON_) -m ruff format --check
	@$(PYTHON_) -m mypy
	@.venv/bin/lint-imports --cache-dir .local/cache/imports
	@.venv/bin/squawk --config sql/.squawk.toml sql/migrations/*.sql

bench: setup  ## Measure a no-op `up`, the first `up` and the set-up
	@$(PYTHON_) tools/bench.py

lock: .venv/.ready  ## Write requirements.txt from requirements.in
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		requirements.in --output-file requirements.txt

clean:  ## Remove all that was made on this machine: .venv and .local
	@CONFIRM=$(CONFIRM) sh tools/clean.sh

.venv/.ready: requirements.txt tools/venv.sh tools/pulumi.sh
	@sh tools/venv.sh
	@touch $@

.local/engine/.ready: .venv/.ready airgap/go.mod airgap/go.sum airgap/setup.py
	@$(PYTHON_) -m airgap.setup
	@touch $@

.local/stack-$(STACK): .venv/.ready $(ENGINE)
	@mkdir -p .local
	@$(PULUMI) stack select --create --stack $(STACK) >/dev/null
	@touch $@
