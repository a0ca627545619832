# The front door. `make up` and `make test` need only Python (3.11 or newer) and make.
PYTHON ?= python3
STAGE ?= local

# Values reach the commands as environment variables and exactly as typed: quotes, spaces and $ included.
INPUTS := STAGE PORT HTTP_PORT HTTPS_PORT SMTP_PORT TO FROM SUBJECT BODY QUEUE DELAY WAIT CMD EMAIL URL \
  ADD REMOVE REASON FILE ID BASE OUT TODAY GATE LOGS DAYS MOST_LOST MOST_STALER ACCEPT EDITS PROBE \
  DRY COUNT MINUTES
$(foreach name,$(INPUTS),$(eval override $(name) := $$(value $(name))))
export $(INPUTS)

export UV_CACHE_DIR := $(CURDIR)/.local/uv-cache
export JSII_NODE := $(CURDIR)/.venv/bin/node
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

RUN := .venv/bin/python -m
LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
INSTALLED := .venv/installed
FUNCTION_LOCKS := $(wildcard lambda/*/requirements.txt)

.DEFAULT_GOAL := help
.PHONY: help install up down test pytest lint synth diff deploy drift env snapshots schema settings costs mail mails pause resume suppressed receive inbox redis author review ttl-review ttl-check follow redrive warm invalidate failover restore rotate sandbox destroy soak screenshots bench lock clean

help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  STAGE is local (the embedded cloud, default), dev or prod (the usual AWS profile)."
	@echo "  make mail also takes FROM SUBJECT BODY, QUEUE=standard|fifo|delay, DELAY=seconds, WAIT=seconds (60); it ends with"
	@echo "  0 sent or suppressed, 1 rejected, 2 wrong input, 3 still waiting (make says Error 1, 2 or 3 and itself ends with 2)."

install: $(INSTALLED) ## Make .venv and install everything that is pinned (PYTHON=python3.12 chooses the Python)

$(INSTALLED): requirements.lock package-lock.json $(FUNCTION_LOCKS)
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("install: %s is Python %s, needs 3.11 or newer; name one: make PYTHON=python3.11" % (sys.executable, sys.version.split()[0]))'
	@$(PYTHON) operate/install.py
	@touch $@

up: install ## Start the embedded cloud, deploy to it, send and take mails, visit the site (PORT HTTP_PORT HTTPS_PORT SMTP_PORT)
	@$(RUN) operate.up

down: ## Stop what `make up` started
	@test ! -x .venv/bin/python || $(RUN) operate.down

test: install ## Every test, lint and types too
	@$(MAKE) --no-print-directory -j2 lint pytest

pytest: install ## The tests alone
	@$(RUN) pytest

lint: install ## Lint and types
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/pyright --level error

synth: install ## Write the templates of STAGE to cdk.out/
	@$(RUN) operate.cdk synth

diff: install ## Show what a deploy would change in STAGE
	@$(RUN) operate.cdk diff

deploy: install ## Deploy every stack to STAGE
	@$(RUN) operate.cdk deploy

drift: install ## Show what has been changed by hand in STAGE; any drift fails
	@$(RUN) operate.cdk drift

env: install ## Print what points the AWS tools and SDKs at the embedded cloud: eval "`make -s env`"
	@$(RUN) operate.env

mail: install ## Put a mail request on a queue and follow it to its end (TO=you@example.com)
	@$(RUN) operate.mail

mails: install ## List what the local SES has taken
	@$(RUN) operate.mails

pause: install ## Stop the consumer, so that people can receive by hand
	@$(RUN) operate.pause

resume: install ## Let the consumer take messages again
	@$(RUN) operate.resume

suppressed: install ## List who gets no more mails; ADD=them@example.com or REMOVE=them@example.com, with REASON='…'
	@$(RUN) operate.suppressed

receive: install ## Send a mail in to the local SES, as from outside (FILE=mail.eml, TO=hello@in.edgepost.test)
	@$(RUN) operate.receive

inbox: install ## List the mails that were received (ID=… shows one whole)
	@$(RUN) operate.inbox

redis: install ## Run one command on the deployed Redis (CMD="get key")
	@$(RUN) operate.redis

author: install ## Let somebody write on the site: mail a one-time sign-in link (EMAIL=you@example.com)
	@$(RUN) operate.author

review: install ## Review what the templates of dev and prod would change against BASE (a git ref; OUT=review-out)
	@$(RUN) review

ttl-review: install ## Review the TTLs by the logs of STAGE, or of a folder (LOGS=folder DAYS=7 OUT=… EDITS=edits.csv PROBE=yes)
	@$(RUN) operate.ttl_review

ttl-check: install ## Fail where stacks/ttl.py does worse on the log sample than agreed (ACCEPT=yes agrees to it)
	@$(RUN) operate.ttl_check

follow: install ## Show a request's way from the edge to the mail (ID=message id, correlation id or SES message id)
	@$(RUN) operate.follow

redrive: install ## Send dead letters in again (QUEUE=standard|fifo|delay|feedback|inbox, REASON=…, DRY=yes only shows)
	@$(RUN) operate.redrive

warm: install ## Fetch the site's pages through the edge, so that readers find them there (URL=/posts/…, all if left out)
	@$(RUN) operate.warm

invalidate: install ## Take paths off the edge (URL='/posts/* /')
	@$(RUN) operate.invalidate

failover: install ## Let the cache's replica take over, and measure what readers notice (ID=group)
	@$(RUN) operate.failover

restore: install ## Restore the database's last backup beside it, look into it, and delete it: a drill
	@$(RUN) operate.restore

rotate: install ## Make a new origin secret and let the old one run out (origin="public"; REASON=leaked, DRY=yes)
	@$(RUN) operate.rotate

sandbox: install ## Tell whether SES still keeps STAGE in its sandbox, and what to fill in to leave it (ACCEPT=yes sends it; URL, EMAIL)
	@$(RUN) operate.sandbox

destroy: install ## Delete the stacks of STAGE, saying first what stays and why (DRY=yes only says it)
	@$(RUN) operate.destroy

soak: install ## Prove the mail path and the site under faults (COUNT=100000 mails, MINUTES=10 of readers; up to an hour)
	@PYTHONPATH=lambda:. $(RUN) tests.soak

screenshots: install ## Take the pictures in docs/pictures/ anew of what `make up` runs, with Chromium
	@$(RUN) operate.screenshots
	@PYTHONPATH=lambda:. $(RUN) tests.ttl_review_screenshot
	@$(RUN) tests.review_screenshot

snapshots: install ## Write the templates of dev and prod anew to tests/snapshots/, to be reviewed and committed
	@$(RUN) tests.stacks.snapshots

settings: install ## Write docs/settings.md anew from what stacks/config*.py declares
	@$(RUN) operate.settings

costs: install ## Write the tables of docs/cost.md anew from review/prices.json, settings and snapshots
	@$(RUN) operate.costs

schema: install ## Write docs/*.schema.json anew from the code: mail requests, reviews
	@cd lambda && ../.venv/bin/python -m mail_consumer.request > ../docs/mail-request.schema.json
	@$(RUN) review.model > docs/review.schema.json
	@cd lambda && ../.venv/bin/python -m ttl_review.model > ../docs/ttl-review.schema.json

bench: install ## Measure mail path, cache, edge and review beside other ways and goals
	@PYTHONPATH=$(CURDIR)/lambda $(RUN) tests.bench
	@PYTHONPATH=$(CURDIR)/lambda $(RUN) tests.bench.incoming
	@PYTHONPATH=$(CURDIR)/lambda $(RUN) tests.bench.web
	@PYTHONPATH=$(CURDIR)/lambda $(RUN) tests.bench.edge
	@PYTHONPATH=$(CURDIR)/lambda $(RUN) tests.bench.ttl_review
	@PYTHONPATH=$(CURDIR)/lambda $(RUN) tests.bench.review

clean: down ## Remove everything that can be made again, the embedded cloud's state included
	@rm -rf .venv node_modules .local cdk.out .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock: install ## Pin anew: requirements.lock and every lambda/*/requirements.txt, with hashes
	@$(LOCK) requirements-dev.txt --output-file requirements.lock
	@for lock in $(FUNCTION_LOCKS); do $(LOCK) $${lock%.txt}.in --output-file $$lock || exit; done
