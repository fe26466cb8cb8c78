PYTHON ?= python3
VENV := .venv
ENGINES := $(VENV)/engines
# The screen of a run, a logger plugin of Snakemake: its folder and its sources.
SCREEN := ./workflow/screen
SCREEN_FILES := $(SCREEN)/pyproject.toml $(wildcard $(SCREEN)/*/*.py)
SLURM := munge slurm-client slurmctld slurmd

.PHONY: run test test-fast test-kubernetes test-reproducibility test-faults test-slurm slurm figures bench check docs site \
	tables tutorials clean
.DELETE_ON_ERROR:

## The default run: set up .venv, then every stage on config/config.yaml.
run: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" snakemake --cores 8 --resources gpu=1

## All tests but those that need an engine (test-slurm, test-kubernetes).
test: $(VENV)/.installed-dev
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python -m pytest -n auto tests

## Fast tests without Snakemake: two minutes on two cores.
test-fast: $(VENV)/.installed-dev
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python -m pytest -n auto -m "not slow and not hostile and not workflow" tests

## Tests of the Kubernetes profile without a cluster.
test-kubernetes: $(ENGINES)/.installed
	PATH="$(CURDIR)/$(ENGINES)/bin:$$PATH" python -m pytest tests/engines/test_kubernetes.py

## Comparison of the bytes of runs on 1, 2 and 8 cores, interrupted and killed.
test-reproducibility: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python tests/reproducibility/run.py
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python tests/reproducibility/run.py --config tests/config/populations.yaml \
		--target populations

## All figures, tables and the report from saved results, without torch: from this folder with the settings of CONFIG
## (results/NAME/settings.yaml for a run with a name), or from ARCHIVE=FILE, unpacked into FOLDER=NEW.
FOLDER ?= .
NAMED = $(wildcard $(FOLDER)/results/*/settings.yaml)
ONLY = $(if $(word 2,$(NAMED)),$(error $(FOLDER)/results: has several runs; name one, as CONFIG=$(firstword $(NAMED))),$(NAMED))
SETTINGS = $(or $(wildcard $(FOLDER)/results/settings.yaml),$(wildcard $(FOLDER)/results/populations/settings.yaml),$(ONLY), \
	$(FOLDER)/results/settings.yaml)
CONFIG ?= $(if $(ARCHIVE),$(FOLDER)/config.yaml,$(SETTINGS))
figures: $(VENV)/.installed-analysis
	$(if $(ARCHIVE),$(VENV)/bin/python workflow/unpack.py $(ARCHIVE) $(FOLDER))
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" snakemake figures --forceall --cores 8 --profile profiles/figures \
		--directory $(FOLDER) --configfile $(CONFIG)

## Runs with kills, full disks, damaged files and more, compared with an undisturbed run: results/faults.md. Long; some
## cases need root.
test-faults: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python tests/faults/run.py $(FAULTS)

## The whole workflow through a real SLURM on this machine, from Debian's packages.
test-slurm: $(ENGINES)/.installed
	$(MAKE) slurm || echo "SLURM cannot be installed here; without it these tests are skipped."
	PATH="$(CURDIR)/$(ENGINES)/bin:$$PATH" python -m pytest tests/engines/test_slurm.py

slurm:
	dpkg --status $(SLURM) > /dev/null 2>&1 || \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SLURM); }

## Benchmarks: results/benchmarks.md, half an hour on two cores.
bench: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python benchmarks/run.py

## A check of a config: YAML, keys, paths of files and systems. The line and the column of a fault in YAML.
check: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python workflow/check.py $(CONFIG)

## The JSON schemas and the pages on configs and system files, from the classes of the settings.
docs: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python workflow/schemas/describe.py

## The documentation as a site: site/index.html. Broken links and anchors are errors.
site: $(VENV)/.installed-docs
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" NO_MKDOCS_2_WARNING=1 mkdocs build

## The pages of docs/tutorials and their figures, from their scripts: three minutes on two cores; NAME=counts for one.
tutorials: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python docs/build_tutorials.py $(NAME)

## The tables of pages, from resources/measured/*.csv; with NAME=epidemic-released that run and its stored table first.
tables: $(VENV)/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python docs/build_tables.py $(NAME)

## Remove the environment; results and their records stay.
clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-analysis: requirements-analysis.txt $(SCREEN_FILES) | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --requirement requirements-analysis.txt $(SCREEN)
	touch $@

$(VENV)/.installed: requirements.txt requirements-analysis.txt $(SCREEN_FILES) | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --requirement requirements.txt $(SCREEN)
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt requirements-sbml.txt requirements-generic.txt requirements-docs.txt \
		requirements-oracle.txt
	$(VENV)/bin/pip install --quiet --requirement requirements-dev.txt
	$(VENV)/bin/pip install --quiet --no-deps --requirement requirements-oracle.txt
	touch $@

$(VENV)/.installed-docs: requirements-docs.txt | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --requirement requirements-docs.txt
	touch $@

# A separate environment on top of that of the tests: Snakemake imports all installed plugins at every start, and these
# double its start-up time.
$(ENGINES)/.installed: $(VENV)/.installed-dev requirements-kubernetes.txt requirements-slurm.txt
	$(VENV)/bin/python -m venv --without-pip $(ENGINES)
	$(VENV)/bin/python -c 'import sysconfig as s; print("import site; site.addsitedir(%r)" % s.get_path("purelib"))' \
		> $$($(ENGINES)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tests.pth
	$(VENV)/bin/pip --python $(ENGINES)/bin/python install --quiet \
		--requirement requirements-kubernetes.txt --requirement requirements-slurm.txt
	touch $@
