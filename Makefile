# pixlake: see `make help`. Each target does the set-up it needs by itself.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-full fuzz bench format lint package clean

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/pixlake
export PIXLAKE_DEPS ?= $(CACHE)/deps
VENVS := $(patsubst %/,%,$(dir $(PIXLAKE_DEPS)))

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

setup: ## Get everything that building and testing needs (a second run only looks)
	@tools/setup.sh

build: ## Build build/release/bin/pixlake
	@tools/setup.sh --build
	@cmake --preset release --log-level=WARNING
	cmake --build --preset release

demo: build ## MNIST to PNG files and a Delta table, then look at it
	@tools/demo.sh

test: ## Everything that must pass before a change lands (under 30 minutes from nothing)
	@tools/test.sh

test-full: ## Sanitizers, clang-tidy, crash tests and fuzzing; TIERS="asan fuzz" selects
	@tools/test_full.sh $(TIERS)

fuzz: ## Every fuzz target for a minute; FUZZ_SECONDS=600 for longer
	@tools/test_full.sh fuzz

bench: ## Run pixlake beside its peers, write docs/benchmarks.md
	@tools/setup.sh --bench
	@cmake --preset release -DPIXLAKE_BENCHMARKS=ON >/dev/null
	@$(MAKE) --no-print-directory build
	@$(VENVS)/venv-bench/bin/python bench/run.py

format: setup ## Format the C++ and Python sources in place
	@tools/lint.sh --fix format

lint: setup ## Check formatting, modules and Python style
	@tools/lint.sh

package: build ## dist/pixlake-<version>-linux-x86_64.tar.gz, for any Debian 12
	@tools/package.sh

clean: ## Remove what was built here (downloads stay in the cache)
	rm -rf build dist out
