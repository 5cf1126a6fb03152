# make serve   installs what is missing, builds and serves
# make test    installs what the tests need and runs all of them
# make format  formats the sources
# make docs    builds the documentation of the libraries
# make bench   measures beside nchan and a bare loop of sends, and writes docs/PERFORMANCE.md; ROUNDS=5
# make micro-bench   measures parser, encoder, selectors and dispatch alone

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# Where `make serve` listens and what it serves: make serve ARGS="--config martlet.yaml"
ARGS ?=
SWIFT ?= swift
# PostgreSQL and MySQL for sources; a plain `swift build` has the rest.
TRAITS := --enable-all-traits
RELEASE := $(TRAITS) --configuration release --product martlet

ROUNDS ?= 5
# What is formatted: not what the benchmarks' package has checked out.
FORMATTED := Package.swift Sources Tests ContractTestService Examples Benchmarks/Package.swift Benchmarks/Benchmarks

.PHONY: serve build test check-format test-client test-swift test-end-to-end test-documentation docs docs-preview \
	format bench micro-bench clean

serve: build
	exec "$$($(SWIFT) build $(RELEASE) --show-bin-path)/martlet" serve $(ARGS)

build:
	scripts/setup-debian build
	@echo "Building in release mode; the first time this takes several minutes."
	$(SWIFT) build $(RELEASE)

# End to end comes first: it takes the release build, and the last lines are Swift Testing's summary.
test: check-format test-client test-end-to-end test-documentation test-swift

docs:
	scripts/setup-debian build
	MARTLET_STRICT=1 $(SWIFT) build $(TRAITS) --build-tests
	scripts/build-docs

docs-preview: docs
	@echo "http://127.0.0.1:8000/documentation/ until you press Control-C"
	python3 -m http.server --bind 127.0.0.1 --directory .build/docs 8000

check-format:
	scripts/setup-debian test
	$(SWIFT) format lint --strict --recursive --parallel $(FORMATTED)

# The browser client, with a time and a network of the tests' own; Node 20 or newer.
test-client:
	scripts/setup-debian test
	node --test Tests/Browser/

test-end-to-end: build
	scripts/setup-debian test
	$(SWIFT) build $(TRAITS) --configuration release --product ReadEvents
	$(SWIFT) build $(TRAITS) --configuration release --product Notices
	scripts/setup-python
	.build-python/bin/python Tests/EndToEnd/run.py "$$($(SWIFT) build $(RELEASE) --show-bin-path)/martlet"

# Every block of code in the pages and in doc comments. Those in Swift are compiled against the debug build, which the tests
# below are too.
test-documentation: build
	scripts/setup-debian test
	scripts/setup-python
	MARTLET_STRICT=1 $(SWIFT) build $(TRAITS) --build-tests
	.build-python/bin/python Tests/Documentation/run.py "$$($(SWIFT) build $(RELEASE) --show-bin-path)/martlet"
	python3 Tests/Documentation/symbols.py
	scripts/build-docs

# One after the other: a test that computes for long would starve the others, which have deadlines.
test-swift:
	scripts/setup-debian test
	MARTLET_STRICT=1 $(SWIFT) test $(TRAITS) --no-parallel

format:
	$(SWIFT) format --in-place --recursive --parallel $(FORMATTED)

# Eight minutes per round; wants a machine that has nothing else to do.
bench: build
	scripts/bench "$$($(SWIFT) build $(RELEASE) --show-bin-path)/martlet" --rounds $(ROUNDS)

micro-bench:
	scripts/setup-debian build
	scripts/micro-bench

clean:
	rm -rf .build .build-python .build-transports Benchmarks/.build
