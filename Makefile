# Everything a contributor needs. Each target makes its own virtual environment in .venv, from the
# first Python 3.11 or later on the PATH, and is quick the second time.

.POSIX:
.PHONY: help demo test lint format bench clean

BIN = .venv/bin
READY = .venv/.ready
FLIGHTS = $(BIN)/freshline -p projects/flights
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/make \1|\2/p' Makefile | awk -F'|' '{printf "  %-12s %s\n", $$1, $$2}'

demo: $(READY)  ## build the flights project and ask it a question
	@$(FLIGHTS) apply --yes
	@echo
	@echo "Which airlines kept people in New York waiting in 2013?"
	@$(FLIGHTS) query "SELECT airline, flights, on_time_percent, bad_day_delay FROM marts.carriers \
	    WHERE rank IS NOT NULL ORDER BY rank DESC LIMIT 5"
	@echo
	@echo "And what were their worst days like?"
	@$(FLIGHTS) query "FROM marts.worst_days LIMIT 5"
	@echo
	@echo "Could one have known? What a model expected of flights that it had not seen, and what came:"
	@$(FLIGHTS) query "FROM models.calibration WHERE band IN (1, 4, 7, 10)"
	@echo
	@echo "Next:"
	@echo "  open projects/flights/README.md: a dozen more questions, each with its answer, and what to try"
	@echo "  edit projects/flights/assets/staging/flights.sql, then look before you leap:"
	@echo "      $(FLIGHTS) plan"
	@echo "  why an asset is as it is:"
	@echo "      $(FLIGHTS) explain marts.carriers"
	@echo "  all of it in the browser:"
	@echo "      $(FLIGHTS) up --open"
	@echo "  a project of your own:"
	@echo "      $(BIN)/freshline init my-project"

test: $(READY)  ## run the whole suite
	@for name in chromium-headless-shell chrome-headless-shell \
	    chromium chromium-browser google-chrome google-chrome-stable none; do \
	    if command -v $$name >/dev/null; then break; fi; \
	done; \
	if [ $$name = none ]; then \
	    echo "There is no Chromium on the PATH: the tests in a browser are skipped."; \
	fi
	@$(BIN)/pytest -q --numprocesses auto --dist loadfile --no-loadscope-reorder

lint: $(READY)  ## check format, style, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports

format: $(READY)  ## put the code into its format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY)  ## measure against the targets (BENCH="--assets 100" for a smaller one)
	@missed=0; \
	for each in '-m tests.bench.run $(BENCH)' '-m tests.bench.steps' '-m tests.bench.table'; do \
	    $(BIN)/python $$each || missed=1; \
	done; \
	exit $$missed

clean:  ## remove all that these targets and the example projects left behind
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -rf projects/*/.freshline projects/*/views.duckdb
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A name on the PATH may be a shim without a Python behind it, so each candidate is asked. pip knows
# dependency groups since 25.1.
$(READY): pyproject.toml .ci/constraints.txt
	@set -e; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	    for python in python3.13 python3.12 python3.11 python3 none; do \
	        if $$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	            >/dev/null 2>&1; then break; fi; \
	    done; \
	    if [ $$python = none ]; then \
	        echo "Freshline needs Python 3.11 or later, with venv, on the PATH." >&2; exit 1; \
	    fi; \
	    echo "Making .venv with $$($$python --version)."; \
	    $$python -m venv --clear .venv; \
	fi
	@$(PIP) install 'pip>=25.1'
	@$(PIP) install --constraint .ci/constraints.txt --editable . --group dev
	@touch $(READY)
