# `make run` and `make test` need Python 3.11+, make and the package registries; everything else is set up here.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
READY  := $(VENV)/.ready
SDK    := sdk/dist/sillage.min.js
ARGS   ?=
WORKERS ?= 2
MINUTES ?= $(if $(filter faults-leader,$(MAKECMDGOALS)),10,$(if $(filter faults fuzz,$(MAKECMDGOALS)),30,60))

.PHONY: run test test-long explore bench bench-queries bench-peers soak faults faults-leader fuzz lint types audit format lock build reference sdk clean help
.DEFAULT_GOAL := help

help: ## say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY) $(SDK) ## start the whole stack here; Ctrl-C stops it (ARGS="--port-base 9000")
	@exec $(BIN)/sillage up $(ARGS)

test: $(READY) $(SDK) ## every test but the long ones, on real Kafka, ClickHouse's engine and Chromium (ARGS="-k name", WORKERS=0 for one process)
	@$(BIN)/python -m pytest -m "not long" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-long: $(READY) $(SDK) ## the long ones: browsers killed and offline, persons erased, days simulated
	@$(BIN)/python -m pytest -m long -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

explore: $(READY) $(SDK) ## the property-based tests with new examples, ten times as many (ARGS="-k name")
	@$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=explore $(ARGS)

bench: $(READY) $(SDK) ## measure against the bars, in some minutes; exit 1 when one falls short
	@$(BIN)/python -m bench

bench-queries: $(READY) ## questions beside the raw rows, at SPANS=50000000 ROWS=100000000; takes an hour
	@$(BIN)/python -m bench.usage_queries $(ROWS)
	@$(BIN)/python -m bench.span_queries $(SPANS)

bench-peers: $(READY) ## an OpenTelemetry Collector beside ours, built once by Go
	@$(BIN)/python -m bench.peers

soak: $(READY) $(SDK) ## memory at a steady load, MINUTES=60
	@MINUTES=$(MINUTES) $(BIN)/python -m bench.soak

faults: $(READY) $(SDK) ## kill and freeze everything, count every event or span; MINUTES=30 SEED=n BROKERS=1|3 TOPIC=usage|spans ERASURES=n CONTROL=no-check|token|no-suppression
	@MINUTES=$(MINUTES) SEED=$(SEED) BROKERS=$(BROKERS) ERASURES=$(ERASURES) CONTROL=$(CONTROL) TOPIC=$(TOPIC) LEADER=$(LEADER) RATE=$(RATE) $(BIN)/python -m tests.faults

faults-leader: $(READY) $(SDK) ## three brokers, a leader killed every LEADER=20 s at RATE=5000 events/s; MINUTES=10 SEED=n
	@MINUTES=$(MINUTES) SEED=$(SEED) BROKERS=3 TOPIC=$(TOPIC) LEADER=$(or $(LEADER),20) RATE=$(or $(RATE),5000) $(BIN)/python -m tests.faults

fuzz: $(READY) ## feed the collector's parsers, guided by coverage; MINUTES=30 CONTROL=name KEEP=1
	@MINUTES=$(MINUTES) CONTROL=$(CONTROL) KEEP=$(KEEP) $(BIN)/python -m tests.fuzz

lint: $(READY) ## style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY) ## mypy in strict mode
	@$(BIN)/mypy .
	@$(BIN)/mypy --python-version 3.10 sdk/python

audit: $(READY) ## known vulnerabilities of the locked packages, Python's and npm's; exit 2 when it cannot be told
	@$(BIN)/python -m deploy.audit

format: $(READY) ## rewrite the sources in the house format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

reference: $(READY) ## write what docs/ says of settings, commands, metrics, codes, tables and paths from the code
	@$(BIN)/python -m reference

lock: $(READY) ## resolve pyproject.toml anew into requirements.lock
	@$(UV) pip compile pyproject.toml --extra local --group dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --upgrade --quiet --output-file requirements.lock

build: $(READY) $(SDK) ## the wheel, with the browser SDK inside, and the Python emitter's
	@rm -rf ingest/assets && cp -r sdk/dist/served ingest/assets
	@$(UV) build --wheel --no-build-isolation --python $(BIN)/python
	@$(UV) build --wheel --no-build-isolation --python $(BIN)/python --out-dir dist sdk/python

sdk: $(SDK) ## the browser SDK, sdk/dist/sillage.min.js

clean: ## remove what the targets above made, but not .sillage/ (your data)
	rm -rf $(VENV) sdk/dist sdk/node_modules dist

$(SDK): $(READY) $(wildcard sdk/src/*) sdk/build.mjs sdk/build.py sdk/package-lock.json sdk/tsconfig.json
	@$(BIN)/python sdk/build.py

# The environment is rebuilt when the lock changes, and only then: a second run starts at once.
$(READY): requirements.lock pyproject.toml sdk/python/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Sillage needs Python 3.11 or newer; $(PYTHON) is older. Try: make run PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "Could not make $(VENV). On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) (about 500 MB, once)"
	@{ test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; } && \
		$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock && \
		$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . --editable sdk/python || \
		{ echo "Could not install the packages. The first run needs a package registry: check the network, or set" \
		       "PIP_INDEX_URL and UV_INDEX_URL to your mirror; then run the same command again." >&2; exit 1; }
	@touch $@
