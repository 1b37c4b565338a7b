# Every target makes the virtual environment it needs; PYTHON chooses the interpreter.
PYTHON ?= $(if $(filter Windows_NT,$(OS)),py,python3)
VENV ?= .venv

# Windows' virtual environments keep their programs in another folder.
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
READY := $(VENV)/.ready

.PHONY: help demo demo-page pictures test test-fast lint format bench bench-large package lock soak clean

help:
	@echo "make demo       run the plugin against a simulated Stash and Plex and show the result"
	@echo "make demo-page  serve the page in Stash against the simulated servers; needs Node and npm"
	@echo "make test       run all tests; those in a browser need Node, npm and Chromium"
	@echo "make test-fast  run the tests that take no more than seconds"
	@echo "make lint       check style, types, and the docs against the code"
	@echo "make format     format the code"
	@echo "make bench      measure the budgets, in minutes; BENCH=\"--rows hooks\" passes options"
	@echo "make bench-large  the same with 100,000 scenes; about an hour"
	@echo "make soak       thousands of kills, a week of events, random histories; SOAK_KILLS, SOAK_EVENTS,"
	@echo "                SOAK_SCENES, SOAK_STEPS, SOAK_SEED; random servers, SOAK_SERVERS"
	@echo "make package    build what Stash installs the plugin from: dist/plex_sync.zip, dist/index.yml"
	@echo "make pictures   take the pictures of the page in docs/pictures; needs Node, npm and Chromium"
	@echo "make lock       choose the newest packages that are allowed, for new installations"
	@echo "make clean      remove what the other targets made"

$(READY): requirements.txt requirements-pillow.txt requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(READY)

demo: $(READY)
	@$(BIN)/python -m simulators.demo

demo-page: $(READY)
	@$(BIN)/python -m tools.demo_page

pictures: $(READY)
	@$(BIN)/python -m tools.pictures

# Most of their time the tests wait for each other's processes, so four at once suit two cores.
TESTERS ?= 4

test: $(READY)
	@$(BIN)/python -m tools.host_page
	$(BIN)/python -m pytest -n $(TESTERS) --dist loadfile --no-loadscope-reorder

test-fast: $(READY)
	$(BIN)/python -m pytest -n $(TESTERS) --dist loadfile --no-loadscope-reorder -m "not slow"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_docs.py tests/test_docs_claims.py tests/test_tree.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Options for the benchmarks, such as --rows hooks; see `python -m benchmarks --help`.
BENCH ?=

bench: $(READY)
	@$(BIN)/python -m benchmarks --json build/benchmarks/bench.json $(BENCH)

bench-large: $(READY)
	@$(BIN)/python -m benchmarks --scenes 100000 --picture-scenes 2000 --first-scenes 20000 \
		--identified-scenes 5000 --merged-scenes 30000 \
		--json build/benchmarks/bench-large.json $(BENCH)

SOAK_KILLS ?= 3000
SOAK_EVENTS ?= 100000
SOAK_SCENES ?= 20000
SOAK_STEPS ?= 100000
SOAK_SEED ?= 1
SOAK_SERVERS ?= 200

soak: $(READY)
	$(BIN)/python -m tests.crash.soak --kills $(SOAK_KILLS)
	$(BIN)/python -m benchmarks.soak --events $(SOAK_EVENTS) --scenes $(SOAK_SCENES)
	$(BIN)/python -m tests.checker --steps $(SOAK_STEPS) --seed $(SOAK_SEED)
	$(BIN)/python -m tests.trial.soak --combinations $(SOAK_SERVERS) --seed $(SOAK_SEED)

package: $(READY)
	@$(BIN)/python -m tools.package

# The same for all systems and Pythons that are supported, with the checksums of all files.
lock: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	for name in requirements requirements-pillow; do \
		$(BIN)/uv pip compile $$name.txt --universal --python-version 3.10 --generate-hashes \
			--upgrade --no-annotate --fork-strategy fewest --custom-compile-command "make lock" \
			--output-file $$name-locked.txt || exit 1; \
	done

clean:
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
