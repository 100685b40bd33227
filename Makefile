# cqdt_batch. `make help` lists what there is. Needs Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
ROUND ?= samples/hoa-binh-2020
FORMS ?= 1000
DTI_FORMS := so-* ban-* van-phong-* thanh-tra-* phuong-thuong-nguyen xa-minh-chau xa-hoa-ban
# all departments, whose forms differ, and three communes, whose forms differ in the name alone
VENV := .venv
ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts
else
  BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help report forms test bench check format lint types golden docs pictures sample templates lock clean

help: ## Show this list
	@$(PYTHON) -c "import re; [print(f'  make {n:<11}{t}') for n, t in re.findall(r'^([a-z]+):.*?## (.*)', open('Makefile', encoding='utf-8').read(), re.M)]"

report: $(VENV)/installed ## Make the annex and the check board of ROUND (default: the sample round)
	@$(BIN)/cqdt report "$(ROUND)"

forms: $(VENV)/installed ## Write the blank forms of ROUND
	@$(BIN)/cqdt forms "$(ROUND)"

test: $(VENV)/installed-dev ## Run the tests
	@$(BIN)/python -m pytest

bench: $(VENV)/installed-dev ## Measure the report of FORMS forms (default 1000) against pandas; KEEP=yes keeps the figures
	@$(BIN)/python -m bench.run --forms $(FORMS) $(if $(KEEP),--keep)

check: lint types test ## Run everything a change must pass: format, lint, types, tests

lint: $(VENV)/installed-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/installed-dev
	@$(BIN)/mypy

format: $(VENV)/installed-dev ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

golden: $(VENV)/installed-dev ## Rewrite the expected text of generated workbooks; read the diff before committing
	@$(BIN)/python -m pytest tests/test_golden.py --regenerate

docs: $(VENV)/installed ## Make docs/ again: the findings, the references, the tables and numbers of the guides
	@$(BIN)/python docs/make_findings.py
	@$(BIN)/python -m docs.make_reference
	@$(BIN)/python -m docs.make_guide

pictures: $(VENV)/installed ## Make the pictures of the guides again; needs LibreOffice, poppler and ImageMagick
	@$(BIN)/python -m docs.make_pictures

sample: $(VENV)/installed ## Make the sample rounds again, each from its nguon/
	@$(BIN)/python -m samples.make_hoa_binh_2020
	@$(BIN)/python -m samples.make_dti_2025

templates: $(VENV)/installed ## Make templates/ again: the blank definition and the blank forms of the sample rounds
	@rm -rf build/blank build/dti-2025 templates/hoa-binh-2020 templates/dti-2025
	@$(BIN)/cqdt new --quiet build/blank
	@cp build/blank/dot-danh-gia.xlsx templates/dot-danh-gia.xlsx
	@$(BIN)/cqdt forms --quiet samples/hoa-binh-2020 --out templates/hoa-binh-2020
	@$(BIN)/cqdt forms --quiet samples/dti-2025 --out build/dti-2025
	@mkdir -p templates/dti-2025
	@cp $(DTI_FORMS:%=build/dti-2025/%.xlsx) templates/dti-2025

lock: ## Write constraints.txt again with the newest versions that fit pyproject.toml
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check --quiet install -e ".[dev]"
	@build/lock/bin/python -m pip --disable-pip-version-check freeze --exclude-editable > constraints.txt
	@rm -rf build/lock

clean: ## Remove the environment and all that was generated
	@rm -rf $(VENV) build ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/installed: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'cqdt_batch needs Python 3.11 or newer; this is ' + sys.version.split()[0])"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint constraints.txt --editable .
	@echo done > $@

$(VENV)/installed-dev: $(VENV)/installed
	@$(PIP) install --constraint constraints.txt --editable ".[dev]"
	@echo done > $@
