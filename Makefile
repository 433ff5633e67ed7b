# Routine commands of droplake. `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help

SOURCES := $(shell find core control pipeline backup cli -name '*.ts' -o -name '*.sql' -o -name '*.css' 2>/dev/null)
VITEST := node_modules/.bin/vitest
BIOME := node_modules/.bin/biome

.PHONY: help history verify report backup restore run samples build test test-lakes test-faults test-faults-sample check lint format bench bench-quick bench-backup bench-rules screenshots status clean

help: ## list all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build samples ## take what lies in workingArea/uploads through the lake (install and build first where needed)
	@bin/droplake run

# A fresh clone has no lake and no uploads: it gets the samples to begin with.
samples:
	@if [ ! -e lake/lake.duckdb ] && [ -z "$$(ls workingArea/uploads 2>/dev/null)" ]; then \
	  mkdir -p workingArea/uploads && cp samples/hires/*.csv workingArea/uploads/ && \
	  echo "No lake and no uploads yet: copied samples/hires/*.csv to workingArea/uploads/."; fi

status: build ## show the last runs, the tables, and what waits
	@bin/droplake status

report: build ## write the pages of reports/ anew
	@bin/droplake report

history: build ## list the versions of the lake
	@bin/droplake history

verify: build ## look whether the lake is whole, reading all data
	@bin/droplake verify --deep

backup: build ## write every table, or TABLE=…, as an Avro file into backups/
	@bin/droplake backup $(if $(TABLE),$(TABLE),--all)

restore: build ## give TABLE=… the rows of its newest backup, or of FROM=…; asks before
	@bin/droplake restore $(if $(TABLE),$(TABLE),$(error say which table: make restore TABLE=employees)) $(if $(FROM),--from $(FROM))

build: dist/.built ## install dependencies and compile

test: build ## run every test but the long suites of faults
	@$(VITEST) run

test-lakes: build ## 2,000 random lakes of several tables, or LAKES=…, against the plain oracle; some three hours
	@DROPLAKE_LAKES=$(or $(LAKES),2000) $(VITEST) run tests/property/several-tables.test.ts

test-faults-sample: build ## kill, starve and disturb runs, a sample of each way, some four minutes
	@$(VITEST) run --config vitest.faults.config.ts

test-faults: build ## kill, starve and disturb runs in every way, for an hour or more
	@DROPLAKE_FAULTS=whole DROPLAKE_DAMAGES=whole DROPLAKE_KILL_CYCLES=24 $(VITEST) run tests/crash tests/backup
	@DROPLAKE_FAULTS=whole $(VITEST) run --config vitest.faults.config.ts

check: build lint ## types, lint, format, tests and a sample of the faults
	@node_modules/.bin/tsc -p tsconfig.json
	@node_modules/.bin/tsc -p tsconfig.browser.json
	@$(VITEST) run
	@$(VITEST) run --config vitest.faults.config.ts

lint: node_modules/.installed ## look at style and format, change nothing
	@$(BIOME) check .

format: node_modules/.installed ## format all files
	@$(BIOME) check --write .

screenshots: build ## make docs/screenshots/ anew from the sample lake
	@node scripts/screenshots.mjs

bench: build ## measure run times with 10 million rows, some ten minutes (bench/README.md)
	@node bench/bench.mjs

bench-rules: build ## 20 rules against 5, with 1 million rows
	@node bench/rules.mjs

bench-quick: build ## the same with 1 million rows, under two minutes
	@BENCH_ROWS=1000000 BENCH_REPEATS=2 node bench/bench.mjs

bench-backup: build ## measure backup and restore of 10 million rows beside avsc alone (bench/README.md)
	@node bench/bench-backup.mjs

clean: ## take away what was built and installed; data stays
	@rm -rf dist node_modules

dist/.built: node_modules/.installed $(SOURCES) scripts/build.mjs scripts/bundle-command-line.mjs tsconfig.json tsconfig.build.json
	@node scripts/build.mjs
	@touch $@

node_modules/.installed: package.json package-lock.json
	@node scripts/check-node.mjs
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@
