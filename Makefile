# The commands of the project. Each needs only Python 3.11+ and a package index.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
REPORTS ?= reports

APPS_SEEDS ?= 3
FUZZ ?= 10000
PRECISION ?= 200000
FUZZ_SEED ?= $(shell date +%s)

.PHONY: help smoke test test-all apps flask sensitivity sensitivity-full sensitivity-golden fuzz mutants lint format bench images lock clean venv

help:
	@printf "%-23s %s\n" "make smoke" "hammer the reference target under threads, greenlets and processes; leaves an HTML report"
	@printf "%-23s %s\n" "make test" "run the tests"
	@printf "%-23s %s\n" "make test-all" "run the tests on every installed interpreter of 3.11-3.13"
	@printf "%-23s %s\n" "make apps" "thirty small apps of every framework by the command and the plugin: each leak found, no false alarm"
	@printf "%-23s %s\n" "make flask" "run the tests of Flask applications with Flask 2.3, 3.0 and 3.1, an environment each"
	@printf "%-23s %s\n" "make sensitivity" "every seeded fault under every worker model: found where it must, silent elsewhere"
	@printf "%-23s %s\n" "make sensitivity-full" "the same with five seeds, and 200,000 operations of each model where nothing may be found"
	@printf "%-23s %s\n" "make sensitivity-golden" "renew the golden copy of the matrix, and the page made of it"
	@printf "%-23s %s\n" "make fuzz" "10,000 generated apps under Flask and here: nothing differs outside the table"
	@printf "%-23s %s\n" "make mutants" "mutate the checkers: what survives is listed, with the reason"
	@printf "%-23s %s\n" "make lint" "ruff, mypy --strict, import-linter"
	@printf "%-23s %s\n" "make bench" "what recording, checking, load, a page and the live view cost, measured side by side"
	@printf "%-23s %s\n" "make images" "take the screenshots of the docs anew, from real runs"
	@printf "%-23s %s\n" "make lock" "resolve the dependencies again"

venv: $(STAMP)

# pip reads the hashes: what is installed is what was locked. The stamp makes a second call free.
$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "crosstalk needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12 smoke"; exit 3; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

smoke: $(STAMP)
	$(BIN)/crosstalk run --operations 3000 --seed 7 --reports $(REPORTS)

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist loadfile

test-all:
	@ran=; for v in 3.11 3.12 3.13; do \
	  if command -v python$$v >/dev/null && python$$v -V >/dev/null 2>&1; then \
	    echo "== Python $$v"; $(MAKE) --no-print-directory test PYTHON=python$$v VENV=.venv-$$v || exit 1; ran="$$ran $$v"; \
	  else echo "== Python $$v is not installed: skipped"; fi; done; \
	if test -z "$$ran"; then echo "nothing was tested: put python3.11, 3.12 or 3.13 on the PATH"; exit 3; fi; \
	echo "== tested under Python$$ran"

apps: $(STAMP)
	CROSSTALK_APPS=$(APPS_SEEDS) $(BIN)/python -m pytest -n auto \
	  tests/integration/apps/test_*apps_by_the_*.py

# Each supported Flask in an environment of its own; that of the tests themselves has the latest.
FLASKS := 2.3 3.0

.venv-flask-%/.installed: requirements/flask-%.txt
	test -x .venv-flask-$*/bin/python || $(PYTHON) -m venv .venv-flask-$*
	.venv-flask-$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

flask: $(STAMP) $(FLASKS:%=.venv-flask-%/.installed)
	CROSSTALK_REQUIRE_FLASKS=1 $(BIN)/python -m pytest tests/integration/flask

sensitivity: $(STAMP)
	$(BIN)/crosstalk sensitivity --out $(REPORTS)/sensitivity

# What is not right leaves its evidence under --out; the second command runs whatever the first one said.
sensitivity-full: $(STAMP)
	@said=0; \
	$(BIN)/crosstalk sensitivity --seeds 5 --out $(REPORTS)/sensitivity || said=$$?; \
	$(BIN)/crosstalk precision --operations $(PRECISION) --out $(REPORTS)/precision || said=$$?; \
	exit $$said

sensitivity-golden: $(STAMP)
	$(BIN)/crosstalk sensitivity --seeds 3 --update-golden --out $(REPORTS)/sensitivity

fuzz: $(STAMP)
	@echo "FUZZ_SEED=$(FUZZ_SEED)"
	CROSSTALK_FUZZ=$(FUZZ) CROSSTALK_FUZZ_SEED=$(FUZZ_SEED) \
	  $(BIN)/python -m pytest -n auto tests/differential/test_same_as_flask.py

# mutmut has an environment of its own: nothing else needs what it brings.
mutants: $(STAMP)
	test -x .venv-mutation/bin/mutmut || $(PYTHON) -m venv .venv-mutation
	.venv-mutation/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements/dev.txt -r requirements/mutation.txt
	.venv-mutation/bin/python tests/mutation/mutants.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy docs/images/retake.py
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python -m harness.bench

images: $(STAMP)
	$(BIN)/python docs/images/retake.py

lock:
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv
	.venv-lock/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --output-file requirements/dev.txt
	.venv-lock/bin/uv pip compile --group pyproject.toml:mutation --constraint requirements/dev.txt --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --output-file requirements/mutation.txt
	for v in $(FLASKS); do printf 'flask~=%s.0\ngunicorn>=27.0\n' $$v | .venv-lock/bin/uv pip compile - --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --output-file requirements/flask-$$v.txt || exit 1; done
	rm -rf .venv-lock

clean:
	rm -rf .venv .venv-3.1[123] .venv-mutation .venv-flask-* build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
