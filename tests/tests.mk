# SPDX-License-Identifier: GPL-2.0-only
#
# The half of the Makefile that is tests, which includes it.
#
#	make guest		the micro-guest and VFIO client of the tests
#	make test-apicv		interrupts that the CPU itself delivers, in Bochs
#	make test-debug-kernel	the library under KASAN, UBSAN, lockdep, kmemleak, failslab, KCSAN
#	make test-install	in a new Debian system: what make install installs
#	make test-releases	"make demo" and "make test" in new Debian systems; RELEASES=trixie for one
#	make test-fleet		the exporter, rules and dashboards with a real Prometheus
#	make fuzz		what reads recordings and requests, for FUZZ_SECONDS (60)
#	make bench		what it all costs, beside peers; writes docs/performance/ (an hour)
#	make latency-ci		is the sample device slower than its baseline? dashboards/latency/
#	make gate-tables	how often imstrace gate is right; writes docs/performance/gate.md
#	make history-tables	the same of imstrace history; docs/performance/history.md

### What the tests need

GUEST_OBJECTS := $(patsubst tests/guest/%,$(B)/tests/guest/%.o,\
	$(basename $(wildcard tests/guest/*.c tests/guest/*.S)))

guest: $(B)/tests/guest/ims-guest

$(B)/tests/guest/ims-guest: $(GUEST_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -ljansson -lpthread -o $@

$(B)/tests/guest/%.o: C_FLAGS += -Ikernel-patch/samples/vfio-mdev

$(B)/tests/guest/%.o: tests/guest/%.S Makefile
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -c $< -o $@

# A cmocka program per file: unit tests have the objects of imstrace but main.o.
UNIT_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*.c tests/serve/*.c))

$(UNIT_TESTS): %: %.o $(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -lcmocka -lm -o $@

unit-tests: $(UNIT_TESTS)

# The fuzzers, of recordings and of requests; and what writes the seeds of the first.
$(B)/tests/fuzz/recording $(B)/tests/fuzz/accept: %: %.o \
		$(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/tests/fuzz/seeds: $(B)/tests/fuzz/seeds.o $(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@

# What the tests of the HTML pages need: a recording too large to be had from a VM, and playwright.
$(B)/tests/web/large: $(B)/tests/web/large.o $(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@

web-tests: $(B)/tests/web/large build/npm/tests/web/installed all

# The screen of imstrace top, over a source in memory.
$(B)/tests/screen/top: $(B)/tests/screen/top.o $(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@

screen-tests: $(B)/tests/screen/top

# What make test-fleet needs; without npm it draws no pictures.
fleet-tests: all guest modules $(if $(NPM),build/npm/tests/web/installed)

# Of imstrace itself, on this machine; likewise a program per file.
NATIVE_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/native/*.c))

$(NATIVE_TESTS): %: %.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lbpf -ljansson -lcmocka -o $@

native-tests: $(NATIVE_TESTS) all

# Events replayed through the programs that imstrace loads; here, or in the VM.
REPLAY_OBJECTS := $(addprefix $(B)/tests/replay/,replay.o objects.o) \
	$(addprefix $(B)/user/,source/kernel_layout.o source/memory.o source/retire.o measure/accounts.o)

$(B)/tests/%.bpf.o: tests/%.bpf.c Makefile
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -MMD -MP -c $< -o $@

$(B)/tests/%.skel.h: $(B)/tests/%.bpf.o
	$(call say,SKELETON,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf > $@.new && mv $@.new $@

$(B)/tests/replay/%.o $(B)/tests/bench/%.o: C_FLAGS += -I$(@D)
$(B)/tests/replay/objects.o: $(B)/tests/replay/memory.skel.h
$(B)/tests/replay/replay.o: $(B)/imstrace.skel.h
$(B)/tests/bench/native.o $(B)/tests/bench/floor.o: $(B)/tests/bench/floor.skel.h

# The files that have a main(), as in tests/run.
REPLAY_TESTS := $(patsubst %.c,$(B)/%,$(shell grep -l '^int main' tests/replay/*.c))

$(REPLAY_TESTS): %: %.o $(REPLAY_OBJECTS) $(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -lcmocka -lm -o $@

replay-tests: $(REPLAY_TESTS)

$(B)/tests/bench/floor: $(B)/tests/bench/floor.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lbpf -o $@

$(B)/tests/bench/native $(B)/tests/bench/recording: $(B)/tests/bench/%: \
		$(addprefix $(B)/tests/bench/,%.o side.o driver.o) $(REPLAY_OBJECTS) \
		$(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(sort $^) $(LIBS) -o $@

# Modules that make calls of the kernel fail, or be late.
FAULT := build/tests/kernel/fault-$(KERNEL)

$(FAULT)/ims-fault.ko: $(wildcard tests/kernel/fault/*) tests/vm/kernel tests/vm/build-root
	$(call say,MODULE,$@)
	$(Q)mkdir -p $(@D)
	+$(Q)eval "$$(tests/vm/kernel $(KERNEL))" && \
		tests/vm/build-root -k $(KERNEL) \
			tests/kernel/fault/build-module "$$HEADERS" $(FAULT) > $(FAULT).log 2>&1 || \
		{ cat $(FAULT).log; exit 1; }
	$(Q)touch $@

# The end-to-end tests run inside the VM.
E2E_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard tests/e2e/*.c))

$(B)/tests/e2e/e2e: $(E2E_OBJECTS) $(addprefix $(B)/tests/guest/,vfio.o fail.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -ljansson -lcmocka -lm -o $@

$(B)/tests/vm/whole-btf: $(B)/tests/vm/whole-btf.o $(B)/user/source/whole_btf.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lbpf -o $@

e2e-tests: $(B)/tests/e2e/e2e $(B)/tests/vm/whole-btf all guest $(DEFECTS)/built $(FAULT)/ims-fault.ko

# Those of the library: programs run inside the VM.
KERNEL_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/kernel/*.c))
KERNEL_TEST_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard tests/kernel/lib/*.c) \
	tests/guest/vfio.c tests/guest/fail.c)

$(B)/tests/kernel/%.o: C_FLAGS += -Itests/guest -Ikernel-patch/samples/vfio-mdev

$(KERNEL_TESTS): %: %.o $(KERNEL_TEST_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lcmocka -lpthread -o $@

# The KUnit suites, with a KUnit that Debian's kernel lacks.
KUNIT := build/kunit-$(KERNEL)

$(KUNIT)/built: $(shell find kernel-patch -type f) tests/vm/kernel tests/vm/build-root
	$(call say,MODULES,$(KUNIT))
	$(Q)mkdir -p build
	+$(Q)eval "$$(tests/vm/kernel $(KERNEL))" && \
		tests/vm/build-root -k $(KERNEL) \
			kernel-patch/build-kunit "$$HEADERS" $(KUNIT) W=1 > $(KUNIT).log 2>&1 || \
		{ cat $(KUNIT).log; exit 1; }
	$(Q)touch $@

kunit: $(KUNIT)/built

# The library with the interrupt domain that it has in the tree, for Debian's newest kernel. In the VM:
# MODULES=build/in-tree-7.3 tests/kernel/run, or tests/kernel/kunit.
IN_TREE := build/in-tree-7.3

$(IN_TREE)/built: $(shell find kernel-patch tests/kernel/in-tree -type f) tests/vm/kernel tests/vm/build-root
	$(call say,MODULES,$(IN_TREE))
	$(Q)mkdir -p build
	+$(Q)eval "$$(tests/vm/kernel 7.3)" && \
		tests/vm/build-root -k 7.3 tests/kernel/in-tree/build-module \
			"$$HEADERS" $(IN_TREE) IMS_KUNIT=1 W=1 > $(IN_TREE).log 2>&1 || \
		{ cat $(IN_TREE).log; exit 1; }
	$(Q)touch $@

in-tree: $(IN_TREE)/built

kernel-tests: $(KERNEL_TESTS) $(FAULT)/ims-fault.ko modules

# KVM's own selftests, as clients of vfio-pci.
build/tests/selftests/irq_test: tests/selftests/build
	$(call say,SELFTEST,$@)
	$(Q)mkdir -p $(@D)
	+$(Q)$< $(@D) > $(@D)/build.log 2>&1 || { cat $(@D)/build.log; exit 1; }

selftests: build/tests/selftests/irq_test all

# What QEMU boots in the VM: a Debian guest with a driver for the sample device.
nested:
	$(call say,NESTED,build/tmp/nested)
	$(Q)tests/nested/build > build/nested.log 2>&1 || { cat build/nested.log; exit 1; }

# What the exporter says of a recording, on clocks that stand still.
$(B)/tests/golden/metrics: $(B)/tests/golden/metrics.o $(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=clock_gettime$(,)--wrap=fopen $^ $(LIBS) -o $@

# What made tests/golden/recordings/synthetic.tar.xz.
$(B)/tests/golden/synthetic: $(B)/tests/golden/synthetic.o \
		$(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@

golden-tests: $(B)/tests/golden/metrics all

### The commands

# On all CPUs, also where make was not told so.
BUILD = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

test:
	@tools/install-deps test
	@$(BUILD) e2e-tests screen-tests native-tests kernel-tests nested selftests replay-tests web-tests \
		golden-tests
	@$(BUILD) KERNEL=6.1 e2e-tests kernel-tests kunit
	@$(BUILD) KERNEL=7.3 e2e-tests kernel-tests kunit in-tree
	@$(BUILD) SANITIZE=1 all unit-tests replay-tests
	@tests/run

# Not part of "make test": makes a Debian system, of 300 MB of packages.
test-install: deps
	@tools/install-deps install
	@$(MAKE) --no-print-directory all
	@tests/install/chroot

# Not part of "make test", which it runs in systems of their own: 1 GB of packages each, and half an hour.
RELEASES ?= bookworm trixie

test-releases:
	@tools/install-deps install
	@tests/install/releases $(RELEASES)

# Not part of "make test": builds Bochs, in which the machines then take minutes.
test-apicv:
	@tools/install-deps apicv
	@$(MAKE) --no-print-directory all guest modules
	@tests/apicv/run

# Not part of "make test": builds two kernels.
test-debug-kernel:
	@tools/install-deps debug-kernel
	@tools/kernel-patch-series -c
	@$(MAKE) --no-print-directory kernel-tests
	@tools/debug-kernel
	@tools/debug-kernel -r

# Not part of "make test": wants Prometheus, Chromium and npm.
test-fleet:
	@tools/install-deps fleet
	@$(MAKE) --no-print-directory fleet-tests
	@tests/fleet/run

# Not part of "make test", which has what the fuzzer has found as unit tests.
fuzz:
	@tools/install-deps fuzz
	@$(MAKE) --no-print-directory FUZZ=1 $(addprefix build/fuzz/tests/fuzz/,recording accept)
	@$(MAKE) --no-print-directory SANITIZE=1 build/sanitized/tests/fuzz/seeds
	@tests/fuzz/run

# Ratios within one run; they want a quiet machine.
bench: deps
	@tests/bench/run

$(B)/tests/history/synthetic: $(B)/tests/history/synthetic.o \
		$(B)/user/compare/statistics/change_points.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lRmath -lm -o $@

# How often the gate is right, of real runs in the VM (half an hour); and history, of synthetic ones.
gate-tables: deps
	@tests/gate/measure
	@tests/gate/report

history-tables: $(B)/tests/history/synthetic
	@tests/history/report

# This project's own latency, against what it was: docs/ci.md.
latency-ci: deps
	@$(MAKE) --no-print-directory all guest modules
	@tests/latency/run

.PHONY: guest unit-tests web-tests screen-tests golden-tests fleet-tests native-tests replay-tests \
	e2e-tests kunit in-tree kernel-tests nested selftests test test-install test-releases test-apicv test-debug-kernel \
	test-fleet fuzz bench gate-tables history-tables latency-ci
