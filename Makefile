PYTHON ?= python3
VENV := .venv

.PHONY: run test bench docs clean
.DELETE_ON_ERROR:

## The default run: set up .venv, then every stage on config/config.yaml.
run: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" snakemake --cores 8 --resources gpu=1

## All tests.
test: $(VENV)/.installed-dev
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python -m pytest -n auto tests

## Benchmarks: results/benchmarks.md, half an hour on two cores.
bench: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python benchmarks/run.py

## config/README.md and resources/systems/README.md from their schemas.
docs: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python workflow/schemas/describe.py

## Remove the environment; results, and the record of what made them, stay.
clean:
	rm -rf $(VENV)

$(VENV)/.installed: requirements.txt requirements-analysis.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt requirements-sbml.txt requirements-cluster.txt requirements-oracle.txt
	$(VENV)/bin/pip install --quiet --requirement requirements-dev.txt
	$(VENV)/bin/pip install --quiet --no-deps --requirement requirements-oracle.txt
	touch $@
