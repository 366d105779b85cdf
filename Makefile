# `make demo` and `make test` do all their own set-up. ASSIGNMENT=NAME limits a command to one assignment,
# HEADLINES=FILE takes headlines of your own for `make data`, and for the tests that need some.
PYTHON ?= python3
PY := .venv/bin/python
KIT := $(PY) -m autograder
TORCH_INDEX ?=
PYTEST ?=
OPTIONS ?=
HEADLINES ?=
COLUMN ?=

.PHONY: setup data demo release grade feedback export report mistake doctor test lint bench prove clean

setup: .venv/.ready .term_key

.venv/.ready: requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("error: Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@scripts/install-bubblewrap
	$(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),$(PY) -m pip install -q --no-deps --index-url $(TORCH_INDEX) $$(grep -o '^torch==[^ ]*' requirements.txt))
	$(PY) -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

.term_key: .venv/.ready
	@$(KIT) key
	@touch $@

data: setup
	$(PY) -m data $(if $(HEADLINES),--headlines "$(HEADLINES)") $(if $(COLUMN),--column "$(COLUMN)")

data/corpus.json: | setup
	$(PY) -m data

demo: setup data/corpus.json
	$(KIT) demo

release: setup data/corpus.json
	$(KIT) release $(ASSIGNMENT)

grade: setup data/corpus.json
	$(KIT) grade $(ASSIGNMENT) $(OPTIONS)

feedback: setup
	$(KIT) feedback $(ASSIGNMENT) $(OPTIONS)

export: setup
	$(KIT) export $(ASSIGNMENT) $(OPTIONS)

report: setup
	$(KIT) report $(ASSIGNMENT)

mistake: setup
	$(KIT) mistake $(ASSIGNMENT) $(GROUP)

doctor: setup
	$(KIT) doctor

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

test: lint data/corpus.json
	$(if $(HEADLINES),HEADLINES="$(abspath $(HEADLINES))") .venv/bin/pytest $(if $(HEADLINES),-m "") $(PYTEST)

bench: setup
	$(PY) -m bench.class_of_fifty

prove: setup
	$(PY) -m bench.prove $(ASSIGNMENT) $(OPTIONS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache demo
