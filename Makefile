# Every target makes what it needs: a virtual environment in .venv, filled from the lock files.
# A second call finds the stamp files in it and starts at once, also without a network.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OLDEST_PREFECT := $(shell sed -n 's/.*"prefect>=\([0-9.]*\),.*/\1/p' pyproject.toml)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# uv takes a tenth of pip's time, but does not read pip's settings, which may name the index.
install = $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) || $(PIP) install $(1)
# The tests of a file, and those that share a server, run in one of these processes, of which some
# wait for servers.
PYTEST := $(BIN)/python -m pytest --numprocesses=3 --dist=loadgroup
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header --no-emit-package lume-services

export DO_NOT_TRACK := 1

.PHONY: help demo test test-oldest check bench lock clean

help:
	@echo "make demo   run the example in examples/beamline"
	@echo "make test   run the tests, with PYTEST_ARGUMENTS='-m \"not containers\"' some of them"
	@echo "make test-oldest   run the conformance tests on the oldest Prefect that is supported"
	@echo "make check  locks, lint, types, import contracts, the examples in the documentation"
	@echo "make bench  time the main paths"
	@echo "make lock   bring the lock files in step with pyproject.toml"
	@echo "make clean  remove what the other targets made"

$(VENV)/base: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock > $(VENV)/uv.txt
	$(PIP) install -r $(VENV)/uv.txt
	$(call install,-r requirements.lock)
	$(call install,--no-deps --editable .)
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/base
	$(call install,-r requirements-dev.lock)
	@touch $@

$(VENV)/beamline: examples/beamline/requirements.lock examples/beamline/pyproject.toml $(VENV)/base
	$(call install,-r examples/beamline/requirements.lock)
	$(call install,--no-deps --editable examples/beamline)
	@touch $@

demo: $(VENV)/beamline
	LUME_HOME=$(CURDIR)/build/demo/home $(BIN)/lume-services run \
		examples/beamline/flow_of_flows.yaml -p generate_beam-directory=build/demo

test: $(VENV)/dev $(VENV)/beamline
	$(PYTEST) $(PYTEST_ARGUMENTS)

$(VENV)/oldest: $(VENV)/dev
	$(call install,--no-deps --upgrade --target $@ "prefect==$(OLDEST_PREFECT)")
	@touch $@

# Hooks of a crashed flow run in the process of the oldest Prefect's worker, where no case notes them.
test-oldest: $(VENV)/oldest
	PYTHONPATH=$(CURDIR)/$(VENV)/oldest $(PYTEST) tests/conformance \
		-k "not server- and not process-crashes" -m "not containers"

check: $(VENV)/dev $(VENV)/beamline
	$(BIN)/uv pip check --quiet --python $(BIN)/python
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd examples/beamline && $(CURDIR)/$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) README.md docs

$(VENV)/bench: benchmarks/requirements.txt $(VENV)/dev
	-$(call install,-r benchmarks/requirements.txt)
	@touch $@

bench: $(VENV)/bench
	$(BIN)/python -m benchmarks

lock:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install uv
	$(UV_COMPILE) pyproject.toml --output-file requirements.lock
	$(UV_COMPILE) pyproject.toml --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock
	$(UV_COMPILE) pyproject.toml --extra container --constraint requirements.lock \
		--output-file prefect-agent-docker/requirements.lock
	echo "hatchling>=1.26" | $(UV_COMPILE) - --output-file prefect-agent-docker/build.lock
	echo "--editable ." | $(UV_COMPILE) - examples/beamline/pyproject.toml \
		--constraint requirements-dev.lock \
		--output-file examples/beamline/requirements.lock

clean:
	rm -rf $(VENV) build dist .coverage .hypothesis .*_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
