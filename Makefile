# One build serves the product and its tests. Exclusive access is proved by the compiler where it can be; what is left are
# checks at run time of state that is confined to one event loop: a fifth of a small call. `make test EXCLUSIVITY=checked`
# has them (and builds everything anew).
EXCLUSIVITY = unchecked
SWIFT_FLAGS = -c release -Xswiftc -enable-testing -Xswiftc -enforce-exclusivity=$(EXCLUSIVITY)
SWIFT_FILES = Package.swift $(shell git ls-files '*/*.swift' | grep -v /Generated/)
BENCH = .venv/bin/python Benchmarks/bench.py --jetway .build/release/jetway
PYTEST = .venv/bin/python -m pytest --rootdir Tests/Wire -c Tests/Wire/pytest.ini Tests/Wire -q

.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-load bench bench-quick format lint

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what the tests need and is missing
	@scripts/setup

build: setup ## Build .build/release/jetway and the tests
	swift build --build-tests $(SWIFT_FLAGS)

demo: ## Build the program and show it at work; ARGS=--once ends after one call
	@scripts/setup swift
	swift build --product jetway $(SWIFT_FLAGS)
	@.build/release/jetway demo $(ARGS)

test: lint build ## Check the format, run the Swift tests, then the quick tests over the wire
	swift test --skip-build $(SWIFT_FLAGS)
	$(PYTEST) -m "not load"

test-load: build ## Run the long tests over the wire: load, floods, stalled readers, 1 GiB each way
	$(PYTEST) -m load

bench: build ## Measure Jetway beside other proxies, into Benchmarks/results: half an hour, on an idle machine
	@Benchmarks/install-peers
	$(BENCH)

bench-quick: build ## The same in under 5 minutes, with less of everything, into Benchmarks/.build
	@Benchmarks/install-peers
	$(BENCH) --quick --output Benchmarks/.build

format: ## Format the Swift sources
	@swift format --in-place --parallel $(SWIFT_FILES)

lint: ## Check the Swift sources' format
	@swift format lint --strict --parallel $(SWIFT_FILES)
