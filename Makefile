# Two commands: `make demo` and `make test`. Both install what they need into .venv, once.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
# What decides whether an installation is still the right one: its content, not its age.
SOURCES = requirements.lock setup.cfg setup.py pyproject.toml platform/build_assets.py \
	$$(find platform/portal/assets platform/portal/translations -type f -not -path '*/node_modules/*' -not -name '*.mo' | LC_ALL=C sort)
INSTALL_KEY = $(shell cat $(SOURCES) | cksum | tr ' ' '-')
KERNEL_KEY = $(shell cat routing/sisr/*.py maps/*kernels.py maps/*/*kernels.py rfid_ingest/*/*kernels.py | cksum | tr ' ' '-')
TEST_KEY = $(shell cat requirements-test.lock 2>/dev/null | cksum | tr ' ' '-')
PIP = $(BIN)/python -m pip --disable-pip-version-check
ARGS ?=
PYTEST_ARGS ?=
# Files of tests run side by side; each makes its own databases, brokers and ports.
PYTEST_WORKERS ?= auto

.PHONY: help demo test install install-test assets lint types lock migration bench clean
.NOTPARALLEL:

help:
	@echo "make demo       run the whole platform with simulated devices (ARGS='--port 8080 --trucks 80 --fresh')"
	@echo "make test       run the whole test suite (PYTEST_ARGS='-k word', PYTEST_WORKERS=0 for one process)"
	@echo "make install    set up .venv only"
	@echo "make lint types check style and types"
	@echo "make lock       write the lock files anew from setup.cfg"
	@echo "make migration m='what changes'   write the next schema version"

demo: install
	@exec $(BIN)/haoyun demo $(ARGS)

test: install-test
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

install: $(VENV)/.python
	@if [ "$$(cat $(VENV)/.installed 2>/dev/null)" != "$(INSTALL_KEY)" ]; then \
		set -e; \
		echo "installing Haoyun into $(VENV) (a minute or two, once)"; \
		$(PIP) install --quiet --no-deps --require-hashes -r requirements.lock; \
		$(PIP) install --quiet --no-deps -e .; \
		echo "$(INSTALL_KEY)" > $(VENV)/.installed; \
	fi
	@if [ "$$(cat $(VENV)/.warmed 2>/dev/null)" != "$(KERNEL_KEY)" ]; then \
		set -e; \
		echo "compiling the searches for roads and routes and the tag codec (about four minutes, once)"; \
		{ $(BIN)/python -c "from haoyun.maps.warm import warm_up; warm_up()" && \
			$(BIN)/python -c "from haoyun.rfid_ingest.epc.batch import warm_batch; warm_batch()"; } & beside=$$!; \
		$(BIN)/python -m haoyun.routing.warm; \
		wait $$beside; \
		echo "$(KERNEL_KEY)" > $(VENV)/.warmed; \
	fi

install-test: install
	@if [ "$$(cat $(VENV)/.installed-test 2>/dev/null)" != "$(TEST_KEY)" ]; then \
		set -e; \
		echo "installing what the tests need"; \
		$(PIP) install --quiet --no-deps --require-hashes -r requirements-test.lock; \
		echo "$(TEST_KEY)" > $(VENV)/.installed-test; \
	fi

$(VENV)/.python:
	@if [ -z "$(PYTHON)" ]; then echo "Haoyun needs Python 3.11, 3.12 or 3.13; none was found. Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; fi
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing (on Debian: apt install python3-venv)" >&2; exit 1; }
	@touch $@

lint: install-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-test
	MYPYPATH=.typing $(BIN)/mypy --namespace-packages -p haoyun

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header setup.cfg -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra test --extra demo-streets --extra celery -c requirements.lock setup.cfg -o requirements-test.lock

migration: install
	$(BIN)/python -m haoyun.platform.migrations.new "$(m)"

clean:
	rm -rf $(VENV) build *.egg-info platform/portal/static/dist .pytest_cache .mypy_cache .ruff_cache
