# Every target installs what it needs into .venv; nothing else has to be set up.
#
#   make demo         screen a synthetic audience and compare the results with the truth
#   make test         run the tests; EXTRAS=dev,lab also installs torch and tests training
#   make test-lowest  run a part of the tests with the oldest supported versions of all dependencies
#   make lint         check style, types, layers and dead code
#   make docs         build the documentation site into build/site and check its links
#   make mutation     plant faults in a random sample of places and count those that the tests notice
#   make fuzz         feed random files to every parser, MINUTES (15) per format; findings are saved in build/fuzz
#   make dist         build the wheel and the source distribution and install the wheel in a clean environment
#   make bench        measure the targets and write them to docs/benchmarks.md
#   make vendor       update the studio's JavaScript libraries (needs Node)
VENV := .venv
BIN := $(VENV)/bin
LOWEST := .venv-lowest
PYTHON ?= python3
EXTRAS ?= dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOWEST_TESTS ?= tests/audience/test_decode.py tests/audience/test_detect.py tests/audience/test_samples.py \
	tests/cli tests/privacy tests/reports tests/roi tests/screenplay/test_align.py tests/screenplay/test_pdf.py \
	tests/studio/test_studio_access.py tests/studio/test_studio_app.py tests/study tests/workflows

.PHONY: demo test test-lowest lint docs mutation fuzz dist bench vendor clean

demo: $(VENV)/installed
	$(BIN)/moviemotion demo --out demo

test: $(VENV)/installed-$(EXTRAS)
	$(BIN)/python -m pytest

test-lowest: $(LOWEST)/installed
	$(LOWEST)/bin/python -m pytest $(LOWEST_TESTS)

lint: $(VENV)/installed-$(EXTRAS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/template_names.py > $(VENV)/template_names.py
	$(BIN)/vulture

# The variable silences advertisements that the theme prints about mkdocs' successors.
docs: $(VENV)/installed-$(EXTRAS)
	DISABLE_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict --quiet

mutation: $(VENV)/installed-$(EXTRAS)
	$(BIN)/python benchmarks/mutation.py

fuzz: $(VENV)/installed-$(EXTRAS)
	$(BIN)/python -W ignore benchmarks/fuzz.py --minutes $(or $(MINUTES),15)

dist: $(VENV)/installed-$(EXTRAS)
	rm -rf dist
	$(BIN)/python -m build --outdir dist
	$(BIN)/twine check --strict dist/*
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/wheel
	$(BIN)/uv pip install --quiet --python build/wheel/bin/python dist/*.whl
	build/wheel/bin/moviemotion --version

# RIVALS_PYTHON=… also measures fer and deepface, which need a Python environment of their own.
bench: $(VENV)/installed-$(EXTRAS)
	$(BIN)/python benchmarks/bars.py --data ../shared/data --page docs/benchmarks.md $(if $(RIVALS_PYTHON),--rivals-python $(RIVALS_PYTHON))

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

$(LOWEST)/installed: $(VENV)/installed-$(EXTRAS)
	$(PYTHON) -m venv $(LOWEST)
	$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) $(LOWEST) build demo dist
