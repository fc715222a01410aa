# Thin aliases: each recipe is a line a person could type.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help up test lint bench prove profile

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

# pip calls maturin by name; the environment's own must be the one it finds.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# pyo3 looks for an interpreter when it builds; naming one keeps a single build for every target.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python

RUST := Cargo.toml Cargo.lock $(shell find crates -name '*.rs' -o -name Cargo.toml)
NODE := tests/peers/node
HAS_NODE := $(wildcard $(NODE)/package-lock.json)
INSTALLED := $(VENV)/installed $(VENV)/extension

# How the data plane runs under load, by which rustc lays its code out. It fits the rustc that it was
# recorded with: with any other, names inside differ, and nothing would apply without a word.
PROFILE := crates/gateway.profdata
FITTING := $(if $(word 2,$(CURDIR)),false,test -f $(PROFILE) && \
  $${RUSTC:-rustc} -Vv | grep -E '^(rustc |commit-hash: |LLVM version: )' | cmp -s - $(PROFILE).rustc && echo yes)
# The sum in the flags has cargo build dependencies again too when the profile changes.
USING = -Cprofile-use=$(CURDIR)/$(PROFILE) -Cllvm-args=-no-pgo-warn-mismatch --cfg=profile_$(firstword $(shell cksum <$(PROFILE)))
BUILD = $(if $(shell { $(FITTING); } 2>/dev/null),\
  RUSTFLAGS="$${RUSTFLAGS:+$$RUSTFLAGS }$(USING)",\
  echo 'Building without $(PROFILE), which is for $(if $(word 2,$(CURDIR)),a folder without spaces,$(shell sed -n 1p $(PROFILE).rustc))' >&2;) \
  $(PIP) install --no-build-isolation

help: ## Show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

up: $(INSTALLED) ## A pooler before an embedded PostgreSQL on this machine; prints both URLs
	@exec $(BIN)/forebay up

test: $(INSTALLED) $(if $(HAS_NODE),$(NODE)/node_modules/installed) $(VENV)/tls ## Rust, Python and real clients
	FOREBAY_POSTGRES_BIN=$$($(BIN)/python -m forebay.postgres.binaries) cargo test --locked --workspace
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(INSTALLED) ## Style, types, imports, licences
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/stubtest forebay._gateway
	$(BIN)/lint-imports
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(BIN)/python -m tools.licences

bench: $(INSTALLED) ## What the pooler costs beside PgBouncer (PGBOUNCER= names its binary)
	$(BIN)/python -m bench.pooler

prove: $(INSTALLED) ## The claims that take longer than a test may
	$(BIN)/python -m bench.prove

profile: $(INSTALLED) ## Record how the data plane runs, for builds to use (needs llvm-profdata)
	$(BIN)/python -m tools.profile_guided

# Two stamps, because they go stale for different reasons: Python sources are installed editable
# and need neither. What is said goes to standard error, since `make up` prints URLs to be read.
$(VENV)/installed: pyproject.toml
	@echo 'Installing into $(VENV) and building the data plane: some minutes, once' >&2
	@command -v cargo >/dev/null || { echo 'cargo is not there: install Rust 1.88 or newer (https://rustup.rs), and open a new shell' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade 'pip>=25.1' 'maturin>=1.9,<2'
	@$(BUILD) --editable '.[dev]'
	@touch $(VENV)/extension $@

$(VENV)/extension: $(RUST) $(wildcard $(PROFILE)*) | $(VENV)/installed
	@echo 'Building the data plane again, since its sources changed' >&2
	@$(BUILD) --no-deps --editable .
	@touch $@

# The embedded PostgreSQL is built without TLS; Debian's has it.
$(VENV)/tls: | $(VENV)/installed
	@test -n "$${FOREBAY_TLS_POSTGRES_BIN:-}" || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || \
	  { apt-get update -q >&2 && apt-get install -y -q --no-install-recommends postgresql >&2; } || \
	  { echo 'make test needs a PostgreSQL with TLS: install the package postgresql, or set FOREBAY_TLS_POSTGRES_BIN' >&2; exit 1; }
	@touch $@

# Without their scripts, of which Prisma's would download programs that nothing here runs.
$(NODE)/node_modules/installed: $(NODE)/package-lock.json $(NODE)/prisma/schema.prisma
	cd $(NODE) && npm ci --no-audit --no-fund --ignore-scripts && npm run --silent generate >/dev/null
	@touch $@
