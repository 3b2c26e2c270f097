# One command, one truth: CI, the README and people run these targets.
PYTHON ?= python3
VENV := .venv
OLDEST := .venv-oldest
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Neighbours share fitted networks and compiled programs: a process takes them in order.
PARALLEL := -n logical --maxprocesses 4 --dist worksteal
# Programs that TensorFlow has compiled serve all processes of a run; those of the fast
# tests are kept for the next run. Its flags are parted by spaces, and a path must not be.
CACHE := $(abspath $(VENV))/compiled
cached = $(if $(word 2,$(1)),,TF_XLA_FLAGS=--tf_xla_persistent_cache_directory=$(1))
# On a terminal pip shows what it fetches; logs stay short.
QUIET := $(if $(MAKE_TERMOUT),,--quiet)

.PHONY: demo test test-fast test-oldest coverage docs lint types check format release-check clean

demo: $(STAMP)  ## train, score and show uncertain rows on real or generated traffic
	@echo "Reading traffic, training and scoring: one to two minutes on two cores."
	@TF_CPP_MIN_LOG_LEVEL=2 $(BIN)/python examples/plot_quickstart.py

test: $(STAMP)  ## the whole suite, a process for each of up to four cores
	@rm -rf "$(CACHE)-anew"
	$(call cached,$(CACHE)-anew) $(BIN)/python -m pytest $(PARALLEL)

test-fast: $(STAMP)  ## tests of every module but the slow ones, for each change
	$(call cached,$(CACHE)) $(BIN)/python -m pytest $(PARALLEL) -m "not slow"

coverage: $(STAMP)  ## the whole suite again, with the branches that it does not take
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term

# Old releases beside new ones of what they build on deprecate much that is not ours.
test-oldest: $(STAMP)  ## the fast tests on the oldest supported releases
	@test -x $(OLDEST)/bin/python || $(PYTHON) -m venv $(OLDEST)
	@$(BIN)/python .ci/oldest.py > $(OLDEST)/constraints.txt
	@$(OLDEST)/bin/python -m pip install $(QUIET) --constraint $(OLDEST)/constraints.txt --editable '.[dev]'
	$(OLDEST)/bin/python -m pytest $(PARALLEL) -m "not slow" \
		-W ignore::DeprecationWarning -W ignore::PendingDeprecationWarning

docs: $(STAMP)  ## the pages, with examples and blocks run, in docs/_build/html
	$(BIN)/sphinx-build -W --keep-going -j auto docs docs/_build/html
	$(BIN)/python .ci/check_html.py docs/_build/html

release-check: $(STAMP)  ## builds what would be uploaded, and tries it in a new environment
	$(BIN)/python .ci/release_check.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

check: lint types test

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "skmirai needs Python >= 3.11; run: make PYTHON=python3.11"; exit 1; }
	@echo "Installing skmirai, TensorFlow and the tools into $(VENV): some minutes, once."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install $(QUIET) --editable '.[dev]'
	@rm -rf "$(CACHE)"
	@echo "Installed."
	@touch $@

clean:
	rm -rf $(VENV) $(OLDEST) build dist docs/_build docs/api docs/auto_examples .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
