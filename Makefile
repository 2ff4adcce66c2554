# mesocare: everything a developer types. `make` alone lists the targets.
PYTHON ?= .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup test coverage long lint types architecture check benchmark bulk spark words products english picture man site plain mutants clean

help: ## List the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Make .venv with everything for working on mesocare
	python3 -m venv .venv
	.venv/bin/pip install --quiet --upgrade pip
	.venv/bin/pip install --quiet --editable . --group dev

test: ## Run the tests, without the long searches
	$(PYTHON) -m pytest -n auto

coverage: ## Show that core/ and rules/ are covered, every branch
	$(PYTHON) -m pytest -q -n auto --cov --cov-report=term-missing

long: ## Run the long searches, which say how much they have looked at
	$(PYTHON) -m pytest -q -n auto -m long

lint: ## Check style and format
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: ## Check types
	$(PYTHON) -m mypy

architecture: ## Check that imports run downward only
	$(dir $(PYTHON))lint-imports

check: coverage long lint types architecture ## What CI runs

bulk: ## Measure checks of many patients and write the figures into README.md
	$(PYTHON) benchmarks/bulk.py --readme
	$(PYTHON) benchmarks/bulk_duckdb.py --rows 1000000 10000000 --readme

spark: ## Measure Spark beside DuckDB and write the figures into README.md (needs Java)
	$(PYTHON) -m pip install --quiet --group spark
	$(PYTHON) benchmarks/spark.py --readme

benchmark: ## Measure start-up and write the figures into README.md
	$(PYTHON) benchmarks/startup.py --readme

english: ## Write the words of English that look like ours (needs wamerican and wbritish)
	$(PYTHON) scripts/english.py

words: ## Print how many of the words that people type are read right
	$(PYTHON) benchmarks/words.py

products: ## Print how many ingredient lists are read right, and how quickly
	$(PYTHON) benchmarks/products.py

picture: ## Draw README's picture anew
	$(PYTHON) scripts/picture.py

site: ## Build the documentation as a site in site/html, and follow its links
	$(PYTHON) -m pip install --quiet --group docs
	$(PYTHON) scripts/site.py

plain: ## Print how plainly the texts of the rule set are written
	$(PYTHON) scripts/plain_words.py

man: ## Write the manual page anew
	$(PYTHON) scripts/man.py

mutants: ## Run mutation testing on core/ (long; the result is explained in docs/)
	$(PYTHON) -m pip install --quiet --group mutation
	$(dir $(PYTHON))mutmut run
	$(dir $(PYTHON))mutmut results

clean: ## Remove what the other targets leave behind
	rm -rf build dist site .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache mutants
