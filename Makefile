# make help lists the targets.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
SLURM_PLUGIN := snakemake-executor-plugin-slurm==2.8.0 snakemake-executor-plugin-slurm-jobstep==0.6.1
SITE := mkdocs-material>=9.5,<10
STAMP := $(VENV)/.installed
FAST := house plan stats tasks methods records flow report
# As folders to leave out: those that are named have their conftest.py, and torch with it, loaded in the process that only hands out tests.
SLOW := $(filter-out $(FAST),$(notdir $(patsubst %/,%,$(wildcard tests/*/))))
RUN := PATH="$(CURDIR)/$(BIN):$$PATH"

.DEFAULT_GOAL := help
.PHONY: help setup table2 site test test-fast test-slurm test-chaos test-fuzz lint lock clean

help:  ## Show this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup: $(STAMP)  ## Create the virtual environment with the pinned versions

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "error: $(PYTHON) is $$($(PYTHON) --version 2>&1); Python 3.11, 3.12 or 3.13 is needed (make PYTHON=python3.12 ...)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

table2:  ## Train and render Table 2 of DRRNet-SKD at demo scale: reports/table2.html
	@echo "250 small trainings on generated data: about 4 minutes on two cores. Ctrl-C stops, the same command goes on."
	@test -e $(STAMP) || echo "First the pinned packages, once: 6 GB in $(VENV)/, some minutes of download."
	@$(MAKE) --no-print-directory setup
	$(RUN) snakemake --cores all --use-conda reports/table2.html
	@echo "open $(CURDIR)/reports/table2.html"
	@echo "next: . $(VENV)/bin/activate && python -m bench list tables"

test: $(STAMP)  ## Run the tests (offline, CPU)
	$(RUN) python -m pytest -q -n 2 --dist loadgroup tests

test-fast: $(STAMP)  ## Run the tests that train nothing, open no browser and start no workflow
	$(RUN) python -m pytest -q -n 2 --dist loadgroup -m 'not slow and not chaos' $(SLOW:%=--ignore tests/%) --ignore tests/report/test_site.py tests

test-slurm: $(STAMP)  ## Run the tests on a real Slurm that they bring up (needs slurm-wlm and munge)
	@# Beside the environment and not in it: with the plugin there, every Snakemake looks for a Slurm when it starts.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(VENV)/slurm $(SLURM_PLUGIN)
	$(RUN) PYTHONPATH="$(CURDIR)/$(VENV)/slurm" python -m pytest -q -n 0 -m slurm tests/workflow

test-chaos: $(STAMP)  ## Kill trainings and workflows at random (minutes)
	$(RUN) python -m pytest -q -s -m chaos tests/workflow/test_chaos.py

test-fuzz: $(STAMP)  ## Feed thousands of broken inputs (minutes)
	BENCH_FUZZ_CASES=120 $(RUN) python -m pytest -q tests/safety

site: $(STAMP)  ## Build documentation and stored results into site/, for any static host
	@# Beside the environment and not in it: the generator is nobody else's business.
	@test -d $(VENV)/site || $(BIN)/python -m pip install --quiet --disable-pip-version-check --target $(VENV)/site "$(SITE)"
	$(RUN) PYTHONPATH="$(CURDIR):$(CURDIR)/$(VENV)/site" python docs/site.py

lint: $(STAMP)  ## ruff, mypy, snakefmt and snakemake --lint
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) snakefmt --check Snakefile workflow
	$(RUN) snakemake --lint

lock: $(STAMP)  ## Pin the dependency tree anew (needs uv)
	$(RUN) python workflow/envs/lock.py

clean:  ## Delete what was trained and rendered here; stored results stay
	rm -rf results/runs results/work results/data results/probes results/summary reports logs .snakemake
