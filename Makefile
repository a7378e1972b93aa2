# make demo: install and run the whole idea. make test: install and pass the tests.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
# make test EXTRAS=dev,lab also installs torch and tests training.
EXTRAS ?= dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test lint bench vendor clean

demo: $(VENV)/installed
	$(BIN)/moviemotion demo --out demo

test: $(VENV)/installed-$(EXTRAS)
	$(BIN)/python -m pytest

lint: $(VENV)/installed-$(EXTRAS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# make bench RIVALS_PYTHON=… also measures fer and deepface, which want a Python of their own.
bench: $(VENV)/installed-$(EXTRAS)
	$(BIN)/python benchmarks/bars.py --data ../shared/data $(if $(RIVALS_PYTHON),--rivals-python $(RIVALS_PYTHON))

# Updates the JavaScript libraries of the reports and the studio from npm; the copies are committed.
vendor:
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund && node vendor.mjs

$(VENV)/installed: pyproject.toml hatch_build.py
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)/installed-$(EXTRAS): $(VENV)/installed
	$(PIP) --editable '.[$(EXTRAS)]'
	touch $@

clean:
	rm -rf $(VENV) demo
