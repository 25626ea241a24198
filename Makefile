# ecf2: what a person types. `make run` and `make test` install what is missing; everything that is built lies in
# .build/VARIANT, so that gcc, clang and sanitizer builds stand side by side.
#
#   make run      a whole system on this machine, with a sandbox world and a first request to try
#   make stop     ends what `make run` started
#   make test     every test; leaves nothing behind (tests/run PART for some of them)
#   make setup    installs what these two need, nothing else
#   make build    the programs only (CC=clang and SAN=1 choose another variant, V=1 shows commands)
#   make san      every test on an address and undefined behaviour sanitizer build
#   make check    clang-tidy, cppcheck, layout, shell scripts, and the gcc and clang builds
#   make fmt      clang-format decides layout
#   make bench    ratios against pgbench, Fastify and graphile-worker, side by side (BENCH=NAME: some of tests/bench/)
#   make faults   things are killed, at full length (AGAIN=1: only what has not passed since)
#   make faults-mutants   the commit is broken on purpose, in a copy: a fault test must find it
#   make soak     lead providers live with a whole system for MINUTES=10, at volume; tells what grew, and what they know wrongly
#   make fuzz     every parser gets what nobody would send, FUZZ_SECONDS=120 each (clang)

ifeq ($(origin CC),default)
CC := gcc
endif
VARIANT := $(if $(FUZZ),fuzz-)$(if $(SAN),san-)$(notdir $(CC))
BUILD := .build/$(VARIANT)
BIN := $(BUILD)/bin
GEN := $(BUILD)/gen
Q := $(if $(V),,@)

VERSION := 0.1
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

PACKAGES := libmicrohttpd libzmq libpq hiredis jansson libcrypto libcurl
CPPFLAGS := -D_GNU_SOURCE -DECF2_VERSION='"$(VERSION)"' -I. -I$(GEN) $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
# Warnings are fatal. -Wshadow and -Wconversion: a hidden variable or a silent narrowing has cost others money.
WARNINGS := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wformat=2 -Wundef -Wvla
CFLAGS := -std=c17 -O2 -g -fno-omit-frame-pointer -fstack-protector-strong $(WARNINGS) -MMD -MP -pthread
# --as-needed: a program loads the libraries that it calls, and only ecf2-notifications and ecf2ctl call libcurl.
LDLIBS := -Wl,--as-needed $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm
ifdef SAN
CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS += -fsanitize=address,undefined
else
CPPFLAGS += -D_FORTIFY_SOURCE=2
endif

.DELETE_ON_ERROR:
.PHONY: build unit fuzzers run stop test setup san check fmt bench faults faults-mutants soak fuzz clean FORCE
build:

# ---------------------------------------------------------------- programs

# A folder of workers/ with a main.c is a process: workers/broker → ecf2-broker; workers/ctl → ecf2ctl.
WORKER_DIRS := $(patsubst %/main.c,%,$(wildcard workers/*/main.c))
PROGRAMS := $(patsubst workers/%,$(BIN)/ecf2-%,$(filter-out workers/ctl,$(WORKER_DIRS))) \
	$(if $(wildcard front/main.c),$(BIN)/ecf2-front) $(if $(wildcard workers/ctl/main.c),$(BIN)/ecf2ctl)

OPENAPI_OBJECT := $(BUILD)/obj/gen/front/openapi.o
sources_of = $(sort $(foreach dir,$(1),$(wildcard $(dir)/*.c $(dir)/*/*.c)))
objects_of = $(patsubst %.c,$(BUILD)/obj/%.o,$(call sources_of,$(1)))
sql_of = $(sort $(wildcard $(1)/sql/*.sql))
# What a folder has besides C: its SQL, and the front the document of what it serves.
embedded_of = $(if $(call sql_of,$(1)),$(BUILD)/obj/gen/$(1)/sql.o) $(if $(filter front,$(1)),$(OPENAPI_OBJECT))

COMMON_OBJECTS := $(call objects_of,common) $(call embedded_of,common)
SQL_DIRS := $(sort $(patsubst %/sql/,%,$(dir $(wildcard common/sql/*.sql front/sql/*.sql workers/*/sql/*.sql))))
SQL_HEADERS := $(patsubst %,$(GEN)/%/sql.h,$(SQL_DIRS))
OPENAPI := $(GEN)/front/openapi

build: $(PROGRAMS)

.SECONDARY:
$(BUILD)/obj/%.o: %.c Makefile | $(SQL_HEADERS) $(OPENAPI).h
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The commit is shown by /healthcheck and ecf2_build_info (operations.md OP-3): its object is as old as the commit.
$(BUILD)/obj/common/metrics.o: CPPFLAGS += -DECF2_COMMIT='"$(COMMIT)"'
$(BUILD)/obj/common/metrics.o: $(BUILD)/commit
$(BUILD)/commit: FORCE
	@mkdir -p $(@D)
	@echo "$(COMMIT)" | cmp -s - $@ || echo "$(COMMIT)" >$@

define sql_rules
$(GEN)/$(1)/sql.h: $(call sql_of,$(1)) $(1)/sql scripts/embed-sql
	$(if $(V),,@echo "  SQL   $(1)")
	$$(Q)scripts/embed-sql $(notdir $(1)) $(GEN)/$(1)/sql.h $(GEN)/$(1)/sql.c $(call sql_of,$(1))
$(BUILD)/obj/gen/$(1)/sql.o: $(GEN)/$(1)/sql.h
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CPPFLAGS) $$(CFLAGS) -Wno-overlength-strings -c -o $$@ $(GEN)/$(1)/sql.c
endef
$(foreach dir,$(SQL_DIRS),$(eval $(call sql_rules,$(dir))))

# What ecf2ctl shows of other processes' rules (explain) it links from them: pure functions, no I/O and no main.
RULES := $(filter-out %/main.c,$(wildcard workers/*/*_rules.c)) workers/validation/rules.c workers/validation/wording.c \
	$(wildcard workers/validation/*_checks.c workers/validation/*_evidence.c workers/validation/*_trace.c \
	workers/validation/*_effects.c) \
	workers/payments/mentor_completion.c
RULES := $(filter-out workers/ctl/%,$(RULES))
$(BUILD)/librules.a: $(patsubst %.c,$(BUILD)/obj/%.o,$(RULES))
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^
# Of a folder's programs: ecf2ctl and its unit tests.
rules_of = $(if $(filter workers/ctl,$(1)),$(BUILD)/librules.a)

$(OPENAPI).h: front/openapi.yaml scripts/embed-text
	$(if $(V),,@echo "  TEXT  front/openapi.yaml")
	$(Q)scripts/embed-text openapi_yaml $@ $(OPENAPI).c $<
$(OPENAPI_OBJECT): $(OPENAPI).h
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-overlength-strings -c -o $@ $(OPENAPI).c

$(BUILD)/libecf2.a: $(COMMON_OBJECTS)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^

define program_rules
$(1): $(call objects_of,$(2)) $(call embedded_of,$(2)) $(call rules_of,$(2)) $(BUILD)/libecf2.a
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  LINK  $(1)")
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) $(call rules_of,$(2)) $(BUILD)/libecf2.a $$(LDLIBS)
endef
$(foreach dir,$(filter-out workers/ctl,$(WORKER_DIRS)),$(eval $(call program_rules,$(BIN)/ecf2-$(notdir $(dir)),$(dir))))
$(eval $(call program_rules,$(BIN)/ecf2-front,front))
$(eval $(call program_rules,$(BIN)/ecf2ctl,workers/ctl))

# ---------------------------------------------------------------- unit tests

# A unit test tests/unit/DIR/NAME_test.c is a program: cmocka, libecf2.a, and DIR's objects but its main.
UNIT_SOURCES := $(sort $(wildcard tests/unit/*/*_test.c tests/unit/*/*/*_test.c))
UNIT_PROGRAMS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SOURCES))
# One that no rule builds would never fail.
UNIT_UNLISTED := $(filter-out $(UNIT_SOURCES),$(shell find tests/unit -name '*.c' 2>/dev/null))
$(if $(UNIT_UNLISTED),$(error no rule builds these unit tests, see UNIT_SOURCES: $(UNIT_UNLISTED)))

define unit_rules
$(BUILD)/unit/$(1): $(BUILD)/obj/tests/unit/$(1).o $(filter-out %/main.o,$(filter-out $(COMMON_OBJECTS),$(call objects_of,$(patsubst %/,%,$(dir $(1)))))) $(call rules_of,$(patsubst %/,%,$(dir $(1)))) $(BUILD)/libecf2.a $(filter-out $(COMMON_OBJECTS),$(call embedded_of,$(patsubst %/,%,$(dir $(1)))))
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  LINK  unit/$(1)")
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) $(call rules_of,$(patsubst %/,%,$(dir $(1)))) $(BUILD)/libecf2.a $$(LDLIBS) -lcmocka
endef
$(foreach source,$(patsubst tests/unit/%.c,%,$(UNIT_SOURCES)),$(eval $(call unit_rules,$(source))))
unit: $(UNIT_PROGRAMS)

# ---------------------------------------------------------------- fuzz targets

# tests/fuzz/NAME_fuzz.c becomes $(BUILD)/fuzz/NAME. FUZZ=1 SAN=1 CC=clang links libFuzzer, which is its main; else
# replay.c is.
ifdef FUZZ
CFLAGS += -fsanitize=fuzzer-no-link
FUZZ_MAIN := -fsanitize=fuzzer
else
FUZZ_MAIN := $(BUILD)/obj/tests/fuzz/replay.o
endif
FUZZERS := $(patsubst tests/fuzz/%_fuzz.c,$(BUILD)/fuzz/%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))

$(BUILD)/libfuzzed.a: $(filter-out %/main.o,$(call objects_of,front)) $(OPENAPI_OBJECT) $(BUILD)/obj/workers/ctl/csv.o \
		$(BUILD)/obj/workers/ctl/import_value.o
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%_fuzz.o $(BUILD)/libfuzzed.a $(BUILD)/libecf2.a $(filter %.o,$(FUZZ_MAIN))
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LINK  fuzz/$*")
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(FUZZ_MAIN) $(BUILD)/libfuzzed.a $(BUILD)/libecf2.a $(LDLIBS)
fuzzers: $(FUZZERS)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# ---------------------------------------------------------------- what people type

# What a fresh machine lacks is only there after scripts/setup: so another make looks for it. One build at a time, for
# runs beside each other.
BUILD_HERE = mkdir -p .build && flock --close .build $(MAKE) --no-print-directory -j$(shell nproc) BUILD=$(BUILD)

setup:
	@scripts/setup run test

run:
	@scripts/setup run
	@$(BUILD_HERE) build
	@scripts/run $(BIN)

stop:
	@scripts/stop

test:
	@BUILD=$(BUILD) tests/run

faults:
	@BUILD=$(BUILD) ECF2_FAULTS=long tests/run faults

faults-mutants:
	@scripts/setup test
	@$(BUILD_HERE) build
	@BUILD=$(BUILD) tests/node_modules/.bin/node tests/faults/mutants.mjs "$(TIMES)" "$(NAME)"

soak:
	@scripts/setup test
	@$(BUILD_HERE) build
	@ECF2_BIN=$(abspath $(BIN)) tests/node_modules/.bin/node tests/soak/soak.mjs $(or $(MINUTES),10)

fuzz:
	@scripts/setup fuzz
	@BUILD=$(BUILD) FUZZ_SECONDS=$(or $(FUZZ_SECONDS),120) tests/run fuzz

san:
	@$(MAKE) --no-print-directory SAN=1 test

bench:
	@scripts/setup bench
	@$(BUILD_HERE) build
	@tests/bench/run $(BIN)

FORMATTED = $(shell find common front workers tests -name node_modules -prune -o -name '*.[ch]' -print)
fmt:
	@scripts/setup check
	clang-format -i $(FORMATTED)

check:
	@scripts/setup check
	@scripts/check

clean:
	rm -rf .build
