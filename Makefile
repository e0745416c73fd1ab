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
# A refresh alone does not run the program, which knows the way to a server in Kubernetes.
RUN_PROGRAM := $(shell grep -qs 'creativeflow:server: *kubernetes' Pulumi.$(STACK).yaml && echo --run-program)
# What logs in to the stack's server may need a tunnel to it.
REACHING = PYTHONPATH=. $(PYTHON_) tools/tunnel.py $(STACK)
OF_STACK := $(if $(filter-out dev,$(STACK)), STACK=$(STACK))
YES_TO_DESTROY := $(if $(filter dev,$(STACK)),$(shell [ -t 0 ] || echo --yes))

.DEFAULT_GOAL := help
.PHONY: help up preview down refresh recover info outputs dsn psql setup test test-kubernetes review adopt migration erd lint bench lock audit sbom clean

help:  ## This list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 17

up: .local/stack-$(STACK)  ## Bring the stack up: server, roles, database, migrations, seeds
	@$(PULUMI) up --stack $(STACK) $(YES) $(FLAGS)
	@echo 'Connect with `make psql$(OF_STACK)`, or take the URI from `make dsn$(OF_STACK)` (ROLE=app, readonly, migrator or upkeep).'

preview: .local/stack-$(STACK)  ## Show what `make up` would change
	@$(PULUMI) preview --stack $(STACK) --diff $(FLAGS)

down: .local/stack-$(STACK)  ## Destroy the stack, its data too
	@$(REACHING) $(PULUMI) destroy --stack $(STACK) $(YES_TO_DESTROY) $(FLAGS)

refresh: .local/stack-$(STACK)  ## Compare Pulumi's state with what is really there
	@PYTHONPATH=. $(PYTHON_) tools/start.py $(STACK)
	@$(PULUMI) refresh --stack $(STACK) $(RUN_PROGRAM) $(YES) $(FLAGS)

recover: .local/stack-$(STACK)  ## Make the state whole after an `up` that was killed
	@PYTHONPATH=. $(PYTHON_) tools/start.py $(STACK)
	@$(REACHING) $(PYTHON_) tools/recover.py $(STACK)

outputs: .local/stack-$(STACK)  ## What the stack tells (FLAGS=--show-secrets for all of it)
	@$(PULUMI) stack output --stack $(STACK) $(FLAGS)

info: .local/stack-$(STACK)  ## The schema's version, and the state of each migration
	@PYTHONPATH=. $(PYTHON_) tools/start.py $(STACK)
	@$(REACHING) $(PYTHON_) -m infra.flyway info --stack $(STACK)

dsn: .local/stack-$(STACK)  ## The administrator's connection URI alone; ROLE=app for another role's
	@$(PULUMI) stack output --stack $(STACK) --show-secrets $(ROLE)Dsn

psql: .local/stack-$(STACK)  ## Open psql as the administrator; ROLE=app for another role
	@$(REACHING) $(PYTHON_) tools/psql.py $(STACK) $(ROLE)

setup: .venv/.ready $(ENGINE)  ## Make .venv and, where there is no Pulumi, build its engine

test: setup  ## Run every test; POSTGRES=16 or 17 for those of the database on an older server
	@$(PYTHON_) -m $(if $(POSTGRES),tests.older $(POSTGRES),pytest --numprocesses 2 --dist loadgroup) $(FLAGS)

test-kubernetes: setup  ## Run the tests of the kubernetes server on the cluster of KUBECONFIG
	@$(PYTHON_) -m pytest tests/kubernetes $(FLAGS)

review: setup  ## Rehearse what `make up` would do to the data, and report it; ROWS=1000000 to fill tables
	@$(REACHING) $(PYTHON_) -m infra.review --stack $(STACK) $(if $(ROWS),--rows $(ROWS)) $(FLAGS)

adopt: .venv/.ready  ## Write the migration that makes the drift of a stack's database official: NAME=Adopt_x
	@PYTHONPATH=. $(PYTHON_) tools/start.py $(STACK)
	@$(REACHING) $(PYTHON_) tools/adopt.py $(STACK) '$(NAME)'

migration: .venv/.ready  ## Draft the next migration from sql/schema: NAME=Add_nickname
	@PYTHONPATH=. $(PYTHON_) tools/migration.py '$(NAME)'

erd: .venv/.ready  ## Draw the schema: write docs/schema.md
	@PYTHONPATH=. $(PYTHON_) tools/erd.py

lint: .venv/.ready  ## Check style, types, the direction of imports, and the migrations
	@$(PYTHON_) -m ruff check
	@$(PYTHON_) -m ruff format --check
	@$(PYTHON_) -m mypy
	@.venv/bin/lint-imports --cache-dir .local/cache/imports
	@.venv/bin/squawk --config sql/.squawk.toml sql/migrations/*.sql

bench: setup  ## Measure; ONLY=queries, scripts, stack, previews, load or setup for a part
	@$(PYTHON_) -m tools.bench $(ONLY)

lock: .venv/.ready  ## Write requirements.txt from requirements.in
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		requirements.in --output-file requirements.txt

audit: .venv/.ready  ## Ask PyPI what is known to be vulnerable among the Python packages
	@PYTHONPATH=. $(PYTHON_) tools/audit.py

sbom: .venv/.ready  ## Write .local/sbom.json, the Python packages as CycloneDX
	@mkdir -p .local
	@.venv/bin/cyclonedx-py requirements requirements.txt --output-reproducible --of JSON -o .local/sbom.json

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
