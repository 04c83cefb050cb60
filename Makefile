# Everything a checkout needs, from Python, pip, venv and make alone; `make help` explains.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The machine's certificates and Python are used: a company's mirror is often signed by its own authority.
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Where bytecode is not kept, every start of a server compiles all that it imports, for seconds.
export PYTHONDONTWRITEBYTECODE :=
# pip's way to name a mirror is the one that people have set.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

# What is installed is marked by a file named for the contents it came from, so that going back to an older lock
# installs again, and a fresh clone's file times mean nothing.
stamp = $(VENV)/.installed/$(1)-$(shell cat $(2) | cksum | tr ' ' -)
TOOLS := $(call stamp,tools,requirements/uv.lock requirements/build.lock)
RUN := $(call stamp,run,requirements/build.lock requirements/run.lock pyproject.toml)
TEST := $(call stamp,test,requirements/run.lock requirements/test.lock)
LINT := $(call stamp,lint,requirements/run.lock requirements/lint.lock)
BROWSER := $(call stamp,browser,requirements/test.lock requirements/browser.lock)
AUDIT := $(call stamp,audit,requirements/run.lock requirements/audit.lock)
PEERS := build/peers/.installed/peers-$(shell cat requirements/peers.lock | cksum | tr ' ' -)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help install run test lint types contracts check format lock wheel clean docs race kill tamper histories clock lost fuzz slow hostile webhooks
.PHONY: browser console swagger audit sbom alerts blackout reads heal

help:  ## show this
	@echo "make ..."
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | awk -F '\t' '{ printf "  %-11s %s\n", $$1, $$2 }'
	@echo "PYTHON=python3.12 chooses the interpreter of a new environment; ARGS=... goes to the program that is run."

install: $(RUN)  ## make the environment in .venv: then .venv/bin/varve works

run: $(RUN)  ## serve on 127.0.0.1:8000, with the store in ./varve.db
	@$(BIN)/varve serve --host 127.0.0.1 --port 8000 --store sqlite:///varve.db $(ARGS)

test: $(TEST)  ## run every test, on SQLite and on a PostgreSQL of its own (or VARVE_TEST_POSTGRES=URL)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

lint: $(LINT)  ## look for mistakes and for formatting
	@$(BIN)/ruff check $(ARGS)
	@$(BIN)/ruff format --check $(ARGS)

types: $(LINT)  ## check the types
	@$(BIN)/mypy $(ARGS)

contracts: $(LINT)  ## check which room imports which
	@$(BIN)/lint-imports --no-logo $(ARGS)

check: test lint types contracts  ## all four of these

docs: $(RUN)  ## write the pages of docs/ that follow from the code
	@$(BIN)/python -m docs.generate

race: $(TEST)  ## callers that collide on every store, every commit checked: 2 minutes (ARGS=--short: 10 s)
	@$(BIN)/python -m tests.faults.race $(ARGS)

kill: $(TEST)  ## kill servers amid commands 100 times, count what became of each: 15 minutes (ARGS=--short: 1 minute)
	@$(BIN)/python -m tests.faults.kill $(ARGS)

tamper: $(TEST)  ## change every row of a log of 500 events behind its back, on each store: 5 minutes (ARGS=--short)
	@$(BIN)/python -m tests.faults.tampering $(ARGS)

histories: $(TEST)  ## ask 2,000 random histories on each store again and again: 2 hours (ARGS=--short: 20 s)
	@$(BIN)/python -m tests.faults.histories $(ARGS)

webhooks: $(TEST)  ## 10,000 deliveries to a receiver that fails and hangs, the server killed 20 times, on each store (ARGS=--short)
	@$(BIN)/python -m tests.faults.webhooks $(ARGS)

lost: $(TEST)  ## cut the wire to PostgreSQL at every point of a command: 2 minutes
	@$(BIN)/python -m tests.faults.lost_answers $(ARGS)

fuzz: $(TEST)  ## 20,000 requests made up from the OpenAPI document: 8 minutes (ARGS="--examples 4")
	@$(BIN)/python -m tests.faults.fuzz $(ARGS)

clock: $(TEST)  ## step the clock of real servers by ten days and a year: 3 minutes (ARGS=--short)
	@$(BIN)/python -m tests.faults.clock $(ARGS)

heal: $(TEST)  ## 1,000 calls with a misspelled model in force, before a real service: who was answered, and what it recorded: 20 s
	@PYTHONPATH=client $(BIN)/python -m client.tests.heal $(ARGS)

blackout: $(TEST)  ## kill the service for a minute under 8 threads and 100 tasks that read with the client: 2 minutes (ARGS=--short)
	@PYTHONPATH=client $(BIN)/python -m client.tests.blackout $(ARGS)

reads: $(PEERS)  ## measure a read with the client beside other clients, in an environment of their own: 1 minute
	@PYTHONPATH=client build/peers/bin/python -m benchmarks.client_read $(ARGS)

hostile: $(TEST)  ## 180 requests made to cost much: what each costs a server, in processor time and memory: 30 s
	@$(BIN)/python -m tests.faults.hostile $(ARGS)

slow: $(TEST)  ## 1,000 slow connections of each kind against a server, with Debian's slowhttptest: 4 minutes
	@$(BIN)/python -m tests.faults.slow_clients $(ARGS)

# Where there is none, Chromium is fetched with npm: its libraries and a font are in the package.
CHROMIUM := 147.0.0
CHROMIUM_SUM := 18fe5404ce845594cd7d592fc07f37a19514079ba4d9c27192ad8b908743f16b
OWN_CHROMIUM := $(if $(VARVE_TEST_CHROMIUM)$(shell command -v chromium),,build/chromium/chromium)

browser: $(BROWSER) $(OWN_CHROMIUM)  ## use /docs and the console in a real Chromium (VARVE_TEST_CHROMIUM, Debian's, or one that npm fetches): 6 minutes
	@$(BIN)/python -m pytest -o python_files="check_*.py" tests/browser $(ARGS)

UNBROTLI = node -e 'fs.writeFileSync(process.argv[2], zlib.brotliDecompressSync(fs.readFileSync(process.argv[1])))'

build/chromium/chromium:
	@rm -rf build/chromium && mkdir -p build/chromium
	@npm pack --silent --pack-destination build @sparticuz/chromium@$(CHROMIUM) > build/packed
	@echo "$(CHROMIUM_SUM)  build/sparticuz-chromium-$(CHROMIUM).tgz" | sha256sum --check --quiet
	@tar -xzf build/sparticuz-chromium-$(CHROMIUM).tgz -C build/chromium --strip-components=2 package/bin
	@cd build/chromium && for one in fonts al2023 swiftshader; do $(UNBROTLI) $$one.tar.br $$one.tar && tar -xf $$one.tar || exit 1; done
	@sed -i 's|/opt/fonts|$(CURDIR)/build/chromium/fonts|; s|/tmp/fonts-cache/|$(CURDIR)/build/chromium/cache|' build/chromium/fonts.conf
	@cd build/chromium && $(UNBROTLI) chromium.br started && rm *.br *.tar && chmod +x started && mv started chromium

format: $(LINT)  ## put the code into form
	@$(BIN)/ruff check --fix $(ARGS)
	@$(BIN)/ruff format $(ARGS)

# What /docs is shown with, as it was published; SHA256SUMS beside it holds what came out.
SWAGGER := 5.35.0
SWAGGER_SUM := 1b8e891893404ea4c3558b6a87e2a3e494e7eedba41168c2ece5800a391a6ea6
SWAGGER_FILES := LICENSE NOTICE swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui.css

swagger:  ## fetch what /docs is shown with once more, with npm
	@mkdir -p build && npm pack --silent --pack-destination build swagger-ui-dist@$(SWAGGER)
	@echo "$(SWAGGER_SUM)  build/swagger-ui-dist-$(SWAGGER).tgz" | sha256sum --check --quiet
	@tar -xzf build/swagger-ui-dist-$(SWAGGER).tgz -C api/static/docs --strip-components=1 --touch \
		$(addprefix package/,$(SWAGGER_FILES))
	@cd api/static/docs && sha256sum $(SWAGGER_FILES) > SHA256SUMS && git diff --stat .

# What the console is made with, as it was published but for the names that modules import each other by.
PREACT := 11.2.0
HTM := 3.1.1

console:  ## fetch what the console is made with once more, with npm
	@mkdir -p build && npm pack --silent --pack-destination build preact@$(PREACT) htm@$(HTM) > build/packed
	@cd api/static/console/vendor && \
		tar -xzOf $(CURDIR)/build/preact-$(PREACT).tgz package/dist/preact.mjs | sed '/^\/\/# source/d' > preact.js && \
		tar -xzOf $(CURDIR)/build/preact-$(PREACT).tgz package/hooks/dist/hooks.mjs \
			| sed '/^\/\/# source/d; s/from"preact"/from".\/preact.js"/' > hooks.js && \
		tar -xzOf $(CURDIR)/build/htm-$(HTM).tgz package/dist/htm.mjs > htm.js && \
		tar -xzOf $(CURDIR)/build/preact-$(PREACT).tgz package/LICENSE > LICENSE.preact && \
		tar -xzOf $(CURDIR)/build/htm-$(HTM).tgz package/LICENSE > LICENSE.htm && \
		sha256sum LICENSE.htm LICENSE.preact hooks.js htm.js preact.js > SHA256SUMS && git diff --stat .

wheel: $(RUN)  ## build the distribution into dist/
	@$(BIN)/python -m hatchling build -t wheel

alerts:  ## check docs/operations/alerts.yml with promtool (Debian: prometheus)
	@cd docs/operations && promtool check rules alerts.yml && promtool test rules alerts.test.yml

audit: $(AUDIT)  ## ask whether anything that is pinned has a known hole (needs a network)
	@for lock in requirements/*.lock; do echo "$$lock"; \
		$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement $$lock $(ARGS) || exit 1; done

sbom: $(AUDIT)  ## write what the running service is made of to dist/sbom.json (CycloneDX)
	@mkdir -p dist && PYTHONWARNINGS=ignore $(BIN)/cyclonedx-py requirements requirements/run.lock --pyproject pyproject.toml \
		--output-reproducible -o dist/sbom.json && echo dist/sbom.json

clean:  ## remove the environment, caches and what was built; a store stays
	rm -rf $(VENV) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find domain application infrastructure api varve_server client tests -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------------------------------------------- the environment

# Only adds and moves packages, never removes: a server and tests may be running from this environment.
# $(call install,ARGUMENTS): with uv where it is to be had, otherwise with pip; both refuse what the lock does not know.
install = { $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) \
	|| { echo "uv did not manage, trying pip" >&2; $(BIN)/python -m pip install --quiet $(1); }; }
locked = --require-hashes --only-binary :all:
mark = @mkdir -p $(@D) && rm -f $(@D)/$(firstword $(subst -, ,$(@F)))-* && touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else 1)' || { \
		echo "Varve needs Python 3.11 or newer, and $(PYTHON) is not: try make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(TOOLS): $(BIN)/python
	@$(BIN)/python -m pip install --quiet $(locked) -r requirements/uv.lock \
		|| echo "uv cannot be installed here, pip goes on without it" >&2
	@$(call install,$(locked) -r requirements/build.lock)
	$(mark)

$(RUN): $(TOOLS)
	@$(call install,$(locked) -r requirements/run.lock)
	@$(call install,--no-deps --no-build-isolation --editable .)
	$(mark)

$(TEST): $(RUN)
	@$(call install,$(locked) -r requirements/test.lock)
	$(mark)

$(LINT): $(RUN)
	@$(call install,$(locked) -r requirements/lint.lock)
	$(mark)

$(BROWSER): $(TEST)
	@$(call install,$(locked) -r requirements/browser.lock)
	$(mark)

$(PEERS): $(TOOLS)
	@$(PYTHON) -m venv --clear build/peers
	@build/peers/bin/python -m pip install --quiet $(locked) -r requirements/peers.lock
	$(mark)

$(AUDIT): $(RUN)
	@$(call install,$(locked) -r requirements/audit.lock)
	$(mark)

# -------------------------------------------------------------------------------------------------------------- locks

# No address is written into a lock, so it serves behind any mirror. UPGRADE=1 takes the newest versions.
compile = $(BIN)/uv pip compile --quiet --python $(BIN)/python --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --only-binary :all: $(if $(UPGRADE),--upgrade)

lock: $(BIN)/python  ## pin all dependencies again from pyproject.toml (UPGRADE=1: to the newest)
	@$(BIN)/uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet $(locked) -r requirements/uv.lock
	@$(compile) --group uv -o requirements/uv.lock
	@$(compile) --group build -o requirements/build.lock
	@$(compile) pyproject.toml -c requirements/build.lock -o requirements/run.lock
	@$(compile) --group test -c requirements/build.lock -c requirements/run.lock -o requirements/test.lock
	@$(compile) --group lint -c requirements/build.lock -c requirements/run.lock -c requirements/test.lock \
		-o requirements/lint.lock
	@$(compile) --group browser -c requirements/run.lock -c requirements/test.lock -c requirements/lint.lock \
		-o requirements/browser.lock
	@$(compile) --group audit -c requirements/run.lock -c requirements/test.lock -c requirements/lint.lock \
		-c requirements/browser.lock -o requirements/audit.lock
	@$(compile) --group peers -c requirements/run.lock -c requirements/test.lock -o requirements/peers.lock
