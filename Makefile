# Everything a person or CI needs: `make run`, `make test`, `make check`.
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: setup run test live check format lint types imports train lock clean bench

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python --editable .
	@touch $(STAMP)

run: setup
	@$(BIN)/python tui.py

test: setup
	$(BIN)/python -m pytest

# What needs a real server or more than ten seconds; `.ci/run` runs it after the check.
live: setup
	@$(BIN)/python -m tests.minio_server
	$(BIN)/python -m pytest -m "live or slow"

check: setup lint types imports test

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

train: setup
	$(BIN)/python -m pipelines.compile
	$(BIN)/python -m backends.chat_builtin.train agents/tools/examples backends/chat_builtin/intents.npz
	$(BIN)/python -m recommender.train

bench: setup
	$(BIN)/python -m bench.pipeline_wall_time
	$(BIN)/python -m bench.run_history
	$(BIN)/python -m bench.run_crashes
	$(BIN)/python -m bench.first_paint
	$(BIN)/python -m bench.retrieval
	$(BIN)/python -m bench.retrieval_scale
	$(BIN)/python -m bench.recommender
	$(BIN)/python -m bench.recommender_inspection
	$(BIN)/python -m bench.understanding
	$(BIN)/python -m bench.swarm
	$(BIN)/python -m bench.model_faults
	$(BIN)/python -m bench.prediction
	$(BIN)/python -m bench.scoring
	$(BIN)/python -m bench.drift
	$(BIN)/python -m bench.serving
	$(BIN)/python -m bench.diagnosis
	$(BIN)/python -m bench.transfers
	$(BIN)/python -m bench.preview
	$(BIN)/python -m bench.listing
	$(BIN)/python -m bench.store_crashes
	$(BIN)/python -m bench.kubeflow

lock:
	uv pip compile --quiet --no-header --generate-hashes --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
