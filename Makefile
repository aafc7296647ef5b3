# Everything that people and CI run. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
IMAGE ?=
QUESTION ?=
# make run LLM=vllm MODEL=folder-or-hub-name: a language model plans and composes, on vLLM
LLM ?= rules
MODEL ?=
# Which benches: make bench BENCH="reuse promises"; all of them when empty
BENCH ?=
# Which tests: make test T=tests/unit K=lettering
T ?= tests
K ?=
# How long make fuzz searches each target
FUZZ_S ?= 60

VENV := .venv
BIN := $(VENV)/bin
TRITON_VENV := .venv-triton
MODELS_VENV := .venv-models
VLLM_VENV := .venv-vllm
LOCK := $(BIN)/uv pip compile --quiet --no-header --no-annotate --python-version 3.11
PROTOS := $(wildcard protos/groundwire/v1/*.proto)
SERVICE_PROTOS := $(wildcard protos/groundwire/v1/*_service.proto)

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F':.*?## ' '{printf "  make %-12s %s\n", $$1, $$2}'

## Setting up

$(VENV)/mesh.stamp: requirements/mesh.txt requirements/example.txt pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; v == (3, 11) or sys.exit(f"groundwire needs Python 3.11, and $(PYTHON) is {v[0]}.{v[1]}: set PYTHON")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements/mesh.txt --requirement requirements/example.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/dev.stamp: $(VENV)/mesh.stamp requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements/dev.txt
	touch $@

$(TRITON_VENV)/triton.stamp: requirements/triton.txt
	$(PYTHON) -m venv $(TRITON_VENV)
	$(TRITON_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements/triton.txt
	touch $@

$(MODELS_VENV)/models.stamp: requirements/models.txt
	$(PYTHON) -m venv $(MODELS_VENV)
	$(MODELS_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements/models.txt
	touch $@

$(VLLM_VENV)/vllm.stamp: requirements/vllm.txt
	$(PYTHON) -m venv $(VLLM_VENV)
	$(VLLM_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements/vllm.txt
	touch $@

.PHONY: setup
setup: $(VENV)/mesh.stamp $(TRITON_VENV)/triton.stamp ## Create the environments: the mesh's, and Triton's own

.PHONY: triton
triton: $(TRITON_VENV)/triton.stamp ## Create Triton's environment alone

.PHONY: models
models: $(MODELS_VENV)/models.stamp ## Create the environment in which Triton runs models by transformers (1.3 GB)

.PHONY: vllm
vllm: $(VLLM_VENV)/vllm.stamp ## Create the environment of vLLM, built for CPUs (2.5 GB)

## Running

.PHONY: run
run: setup $(if $(filter vllm,$(LLM)),vllm) ## Answer one question with a mesh of its own: make run IMAGE=photo.jpg QUESTION="What does it say?"
	@$(if $(filter vllm,$(LLM)),GROUNDWIRE_VLLM_MODEL="$(MODEL)") $(BIN)/groundwire run "$(IMAGE)" "$(QUESTION)"

.PHONY: up
up: setup ## Start the mesh and keep it running
	@$(BIN)/groundwire up

.PHONY: down
down: setup ## Stop the mesh that `make up` started
	@$(BIN)/groundwire down

## Checking

.PHONY: test
test: check setup models vllm ## Run every check and every test, on the real parts
	scripts/install-debian chromium=chromium redis-server=redis-server
	scripts/install-prometheus $(VENV)/prometheus
	$(BIN)/python scripts/install-helm $(VENV)/kube
	GROUNDWIRE_REQUIRE_HELM=1 GROUNDWIRE_REQUIRE_MODELS=1 GROUNDWIRE_REQUIRE_VLLM=1 \
		$(BIN)/python -m pytest $(T) $(if $(K),-k "$(K)")

.PHONY: test-vllm
test-vllm: $(VENV)/dev.stamp vllm ## Run the tests that need a real vLLM
	GROUNDWIRE_REQUIRE_VLLM=1 $(BIN)/python -m pytest tests/mesh/test_vllm.py tests/mesh/test_vllm_judge.py

.PHONY: test-models
test-models: $(VENV)/dev.stamp $(TRITON_VENV)/triton.stamp models ## Run every architecture of vision model through Triton
	GROUNDWIRE_REQUIRE_MODELS=1 $(BIN)/python -m pytest tests/mesh/test_triton_models.py tests/mesh/test_models_architectures.py

.PHONY: fuzz
fuzz: $(VENV)/dev.stamp ## Search each target for hostile input, FUZZ_S seconds each, and close with a table
	$(BIN)/python -m fuzz.campaign $(FUZZ_S)

.PHONY: bench
bench: $(VENV)/dev.stamp setup ## Measure what decides something, and write docs/performance.md: make bench BENCH="reuse promises"
	$(BIN)/python -m bench $(BENCH)

.PHONY: test-helm
test-helm: $(VENV)/dev.stamp ## Check the chart with the real helm, and its alerts with promtool
	scripts/install-prometheus $(VENV)/prometheus
	$(BIN)/python scripts/install-helm $(VENV)/kube
	GROUNDWIRE_REQUIRE_HELM=1 $(BIN)/python -m pytest tests/helm

.PHONY: check
check: lint types imports proto-check ## Lint, types, import rules, contract

.PHONY: lint
lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

.PHONY: types
types: $(VENV)/dev.stamp
	$(BIN)/mypy groundwire services tests fuzz bench

.PHONY: imports
imports: $(VENV)/dev.stamp
	$(BIN)/lint-imports

.PHONY: fmt
fmt: $(VENV)/dev.stamp ## Format the code and the contract
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/buf format --write

.PHONY: proto
proto: $(VENV)/dev.stamp ## Generate the stubs
	PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/python -m grpc_tools.protoc -Iprotos --python_out=. --mypy_out=quiet:. $(PROTOS)
	PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/python -m grpc_tools.protoc -Iprotos --grpc_python_out=. --mypy_grpc_out=quiet:. $(SERVICE_PROTOS)

.PHONY: proto-check
proto-check: $(VENV)/dev.stamp
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	PATH=$(CURDIR)/$(BIN):$$PATH scripts/check-breaking
	PATH=$(CURDIR)/$(BIN):$$PATH scripts/check-stubs
	$(BIN)/python scripts/render-mesh --check

## Locking

.PHONY: lock
lock: $(VENV)/dev.stamp ## Renew the pinned requirements from pyproject.toml
	$(LOCK) --extra mesh --output-file requirements/mesh.txt pyproject.toml
	$(LOCK) --extra mesh --extra eval --extra export --extra dev --output-file requirements/dev.txt pyproject.toml
	for name in bench/servers/requirements/*.in; do $(LOCK) --output-file $${name%.in}.txt $$name || exit 1; done
