PYTHON ?= python3
VENV := .venv
SLURM := munge slurm-client slurmctld slurmd

.PHONY: run test test-reproducibility test-faults test-slurm slurm figures bench docs clean
.DELETE_ON_ERROR:

## The default run: set up .venv, then every stage on config/config.yaml.
run: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" snakemake --cores 8 --resources gpu=1

## All tests.
test: $(VENV)/.installed-dev
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python -m pytest -n auto tests

## The same bytes from every run: on 1, 2 and 8 cores, interrupted and killed.
test-reproducibility: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python tests/reproducibility/run.py

## Every figure, table and the report from saved results alone, without torch: of this folder, with the settings of
## CONFIG; or of ARCHIVE=FILE, which is unpacked into FOLDER=NEW.
FOLDER ?= .
CONFIG ?= $(FOLDER)/$(if $(ARCHIVE),config.yaml,results/settings.yaml)
figures: $(VENV)/.installed-analysis
	$(if $(ARCHIVE),$(VENV)/bin/python workflow/unpack.py $(ARCHIVE) $(FOLDER))
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" snakemake figures --cores 8 --profile profiles/figures \
		--directory $(FOLDER) --configfile $(CONFIG)

## Kills, full disks, damaged files and more, against an undisturbed run: results/faults.md, long; some of it as root.
test-faults: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python tests/faults/run.py $(FAULTS)

## The whole workflow through a real SLURM on this machine, from Debian's packages.
test-slurm: $(VENV)/.installed-slurm
	$(MAKE) slurm || echo "SLURM cannot be installed here; without it these tests are skipped."
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python -m pytest tests/slurm

slurm:
	dpkg --status $(SLURM) > /dev/null 2>&1 || \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SLURM); }

## Benchmarks: results/benchmarks.md, half an hour on two cores.
bench: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python benchmarks/run.py

## config/README.md and resources/systems/README.md from their schemas.
docs: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python workflow/schemas/describe.py

## Remove the environment; results, and the record of what made them, stay.
clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-analysis: requirements-analysis.txt | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --requirement requirements-analysis.txt
	touch $@

$(VENV)/.installed: requirements.txt requirements-analysis.txt | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt requirements-sbml.txt requirements-cluster.txt requirements-oracle.txt
	$(VENV)/bin/pip install --quiet --requirement requirements-dev.txt
	$(VENV)/bin/pip install --quiet --no-deps --requirement requirements-oracle.txt
	touch $@

$(VENV)/.installed-slurm: $(VENV)/.installed-dev requirements-slurm.txt
	$(VENV)/bin/pip install --quiet --requirement requirements-slurm.txt
	touch $@
