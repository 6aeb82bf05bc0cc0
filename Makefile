# SPDX-License-Identifier: GPL-2.0-only
#
#	make			build/imstrace
#	make demo		install what is missing, boot a VM, show it all
#	make test		install what is missing, run all tests
#	make install		to PREFIX, /usr/local; "make uninstall" takes it away
#	make help		the other targets

# Debian's kernel that the modules are built for and the VM runs: 6.12 or 6.1.
KERNEL ?= 6.12

CC	?= gcc
# The first that is there. Debian has clang-14 without clang, and bpftool in /usr/sbin.
first	 = $(firstword $(foreach tool,$(1),$(shell command -v $(tool))) $(1))
CLANG	?= $(call first,clang clang-14 clang-15 clang-16 clang-19)
BPFTOOL	?= $(call first,bpftool /usr/sbin/bpftool)

# B is where everything goes. "make SANITIZE=1" has a tree of its own, and so has the fuzzer,
# which is clang's.
B	:= build$(if $(FUZZ),/fuzz,$(if $(SANITIZE),/sanitized))
WARN	:= -Wall -Wextra -Werror
CFLAGS	?= -O2 -g
CFLAGS	+= $(if $(SANITIZE)$(FUZZ),-fsanitize=address$(,)undefined -fno-sanitize-recover)
ifdef FUZZ
CC	:= $(CLANG)
# gcc, which decides what is clean, takes what is designated in a table's line for intended.
CFLAGS	+= -fsanitize=fuzzer-no-link -Wno-missing-field-initializers
endif
C_FLAGS	 = -std=gnu11 $(WARN) -Iinclude -I$(B) $(CFLAGS) -MMD -MP
LIBS	:= -lbpf -lelf -lz -ljansson -lcap -lprotobuf-c -lncursesw -lmicrohttpd -lsystemd -lRmath \
	-lpthread -lm

# libbpf's BPF_PROG() leaves an unused ctx in every program that needs none.
BPF_FLAGS := -target bpf -mcpu=v3 -O2 -g $(WARN) -Wno-unused-parameter -D__TARGET_ARCH_x86 \
	-Iinclude -I/usr/include/$(shell uname -m)-linux-gnu

,	:= ,
Q	:= $(if $(V),,@)
say	= @printf '  %-8s %s\n' '$(1)' '$(2)'

all: $(B)/imstrace $(B)/manual/made

### imstrace

USER_OBJECTS := $(patsubst %.c,$(B)/%.o,$(shell find user -name '*.c')) \
	$(patsubst %.proto,$(B)/%.pb-c.o,$(shell find user -name '*.proto'))

$(B)/imstrace: $(USER_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

# Man pages and completion, of the tables that --help is made of.
$(B)/tools/manual/manual: $(patsubst %.c,$(B)/%.o,$(wildcard tools/manual/*.c)) \
		$(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/manual/made: $(B)/tools/manual/manual
	$(call say,MANUAL,$(@D))
	$(Q)rm -rf $(@D)
	$(Q)mkdir -p $(addprefix $(@D)/,man1 bash zsh fish)
	$(Q)$< $(@D)
	$(Q)touch $@

$(B)/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(C_FLAGS) -c $< -o $@

$(B)/%.pb-c.c $(B)/%.pb-c.h: %.proto Makefile
	$(call say,PROTO,$<)
	$(Q)mkdir -p $(@D)
	$(Q)protoc-c --c_out=$(B) $<

$(B)/%.pb-c.o: $(B)/%.pb-c.c
	$(call say,CC,$<)
	$(Q)$(CC) $(C_FLAGS) -c $< -o $@

$(B)/user/sink/perfetto.o: $(B)/user/sink/perfetto.pb-c.h
$(B)/user/sink/exposition.o: $(B)/user/sink/prometheus.pb-c.h

### The HTML pages: a page for each dashboards/pages/NAME.js, bundled with what npm has for it

# Without npm imstrace is built without pages, and says so when it is asked for one; with NPM= too.
NPM	?= $(shell command -v npm)
PAGES	:= $(if $(NPM),$(patsubst dashboards/%.js,build/%.html,$(wildcard dashboards/pages/*.js)))

# build/npm/DIRECTORY/node_modules: what DIRECTORY/package-lock.json has pinned.
build/npm/%/installed: %/package.json %/package-lock.json
	$(call say,NPM,$(@D))
	$(Q)mkdir -p $(@D)
	$(Q)cp $^ $(@D)
	$(Q)cd $(@D) && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1 || \
		{ cat npm.log; echo 'npm failed; "make NPM=" builds imstrace without pages'; exit 1; }
	$(Q)touch $@

build/pages/%.html: build/npm/dashboards/pages/installed \
		$(shell find dashboards/pages -name '*.js' -o -name '*.mjs' -o -name '*.css' -o -name '*.html')
	$(call say,PAGE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)node dashboards/pages/bundle.mjs $(<D)/node_modules $@ $*

$(B)/user/sink/page.o: $(PAGES)
$(B)/user/sink/page.o: C_FLAGS += $(if $(PAGES),-DIMSTRACE_PAGES)

### imstrace's BPF programs

$(addprefix $(B)/user/source/,live.o memory.o retire.o verify.o): $(B)/imstrace.skel.h

$(B)/imstrace.bpf.o: bpf/imstrace.bpf.c Makefile
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -MMD -MP -c $< -o $@

$(B)/imstrace.skel.h: $(B)/imstrace.bpf.o
	$(call say,SKELETON,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name imstrace_bpf > $@.new && mv $@.new $@

### Installing: DESTDIR is put before every path

PREFIX	?= /usr/local
prefix	?= $(PREFIX)
bindir	?= $(prefix)/bin
datadir	?= $(prefix)/share
# The one place where DKMS looks.
dkmsdir	?= /usr/src/ims-$(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' kernel-patch/dkms.conf)

man1	 = $(DESTDIR)$(datadir)/man/man1
bash	 = $(DESTDIR)$(datadir)/bash-completion/completions
zsh	 = $(DESTDIR)$(datadir)/zsh/site-functions
fish	 = $(DESTDIR)$(datadir)/fish/vendor_completions.d
# These are ours as a whole.
docs	 = $(DESTDIR)$(datadir)/doc/imstrace
shared	 = $(DESTDIR)$(datadir)/imstrace
dkms	 = $(DESTDIR)$(dkmsdir)

install: all
	install -D -t '$(DESTDIR)$(bindir)' $(B)/imstrace
	install -D -m 644 -t '$(man1)' $(B)/manual/man1/*
	install -D -m 644 -t '$(bash)' $(B)/manual/bash/imstrace
	install -D -m 644 -t '$(zsh)' $(B)/manual/zsh/_imstrace
	install -D -m 644 -t '$(fish)' $(B)/manual/fish/imstrace.fish
	rm -rf '$(docs)' '$(shared)' '$(dkms)'
	install -d '$(docs)' '$(shared)' '$(dkms)'
	cp -r README.md LICENSE LICENSE-BSD-2-Clause docs/. '$(docs)'
	cp -r dashboards '$(shared)'
	cp -r kernel-patch/. '$(dkms)'

# In a DESTDIR also the directories that are empty then; the system's own stay.
empty	 = $(patsubst /%,'%',$(bindir) $(addprefix $(datadir)/,man/man1 \
	bash-completion/completions zsh/site-functions fish/vendor_completions.d doc) \
	$(dir $(dkmsdir)))

uninstall:
	rm -f '$(DESTDIR)$(bindir)/imstrace' '$(man1)'/imstrace.1 '$(man1)'/imstrace-*.1 \
		'$(bash)/imstrace' '$(zsh)/_imstrace' '$(fish)/imstrace.fish'
	rm -rf '$(docs)' '$(shared)' '$(dkms)'
	$(if $(DESTDIR),cd '$(DESTDIR)' && rmdir -p --ignore-fail-on-non-empty $(empty))

### The library and the sample device: modules for Debian's kernel

MODULES := build/modules-$(KERNEL)

modules: $(MODULES)/built

$(MODULES)/built: $(shell find kernel-patch -type f) tests/vm/kernel
	$(call say,MODULES,$(MODULES))
	$(Q)mkdir -p build
	+$(Q)eval "$$(tests/vm/kernel $(KERNEL))" && \
		kernel-patch/build-module "$$HEADERS" $(MODULES) W=1 > $(MODULES).log 2>&1 || \
		{ cat $(MODULES).log; exit 1; }
	$(Q)! grep -nE ':[0-9]+: warning:|^WARNING:' $(MODULES).log
	$(Q)touch $@

# build/series/: the library as patches to mail, each of them checked.
kernel-patch-series:
	@tools/kernel-patch-series

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
REPLAY_OBJECTS := $(addprefix $(B)/tests/replay/,replay.o objects.o layout.o) \
	$(addprefix $(B)/user/,source/memory.o source/retire.o measure/accounts.o)

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

REPLAY_TESTS := $(addprefix $(B)/tests/replay/,accounts churn modes random)

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

$(FAULT)/ims-fault.ko: $(wildcard tests/kernel/fault/*) tests/vm/kernel
	$(call say,MODULE,$@)
	$(Q)mkdir -p $(@D)
	+$(Q)eval "$$(tests/vm/kernel $(KERNEL))" && \
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

e2e-tests: $(B)/tests/e2e/e2e $(B)/tests/vm/whole-btf all guest modules $(FAULT)/ims-fault.ko

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

$(KUNIT)/built: $(shell find kernel-patch -type f) tests/vm/kernel
	$(call say,MODULES,$(KUNIT))
	$(Q)mkdir -p build
	+$(Q)eval "$$(tests/vm/kernel $(KERNEL))" && \
		kernel-patch/build-kunit "$$HEADERS" $(KUNIT) W=1 > $(KUNIT).log 2>&1 || \
		{ cat $(KUNIT).log; exit 1; }
	$(Q)touch $@

kunit: $(KUNIT)/built

kernel-tests: $(KERNEL_TESTS) $(FAULT)/ims-fault.ko modules

# What QEMU boots in the VM: a Debian guest with a driver for the sample device.
nested:
	$(call say,NESTED,build/tmp/nested)
	$(Q)tests/nested/build > build/nested.log 2>&1 || { cat build/nested.log; exit 1; }

# What the exporter says of a recording, on clocks that stand still.
$(B)/tests/golden/metrics: $(B)/tests/golden/metrics.o $(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=clock_gettime$(,)--wrap=fopen $^ $(LIBS) -o $@

# What made tests/golden/recordings/synthetic.tar.xz.
$(B)/tests/golden/synthetic: $(B)/tests/golden/synthetic.o $(filter-out $(B)/user/main.o,$(USER_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@

golden-tests: $(B)/tests/golden/metrics all

### The two main commands

deps:
	@tools/install-deps

# A make of its own: the build looks for tools that deps may just have installed.
demo: deps
	@$(MAKE) --no-print-directory all guest modules
	@tests/demo

test:
	@tools/install-deps page
	@$(MAKE) --no-print-directory e2e-tests screen-tests native-tests kernel-tests kunit nested \
		replay-tests web-tests golden-tests
	@$(MAKE) --no-print-directory KERNEL=6.1 kernel-tests kunit
	@$(MAKE) --no-print-directory SANITIZE=1 all unit-tests replay-tests
	@tests/run

# Not part of "make test": makes a Debian system, of 300 MB of packages.
test-install: deps
	@tools/install-deps install
	@$(MAKE) --no-print-directory all
	@tests/install/chroot

# Not part of "make test": builds a kernel.
test-debug-kernel:
	@tools/install-deps debug-kernel
	@$(MAKE) --no-print-directory kernel-tests
	@tools/debug-kernel

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

clean:
	rm -rf build

help:
	@sed -n '/^#\tmake/s/^#//p' Makefile
	@echo '	make modules		build/modules-$(KERNEL)/*.ko; KERNEL=6.12 or 6.1'
	@echo '	make kernel-patch-series	build/series/: the library as patches, checked'
	@echo '	make guest		the micro-guest and VFIO client of the tests'
	@echo '	make test-debug-kernel	the library under KASAN, UBSAN, lockdep, kmemleak, failslab'
	@echo '	make test-install	in a new Debian system: what make install installs'
	@echo '	make test-fleet		the exporter, rules and dashboards with a real Prometheus'
	@echo '	make fuzz		what reads recordings and requests, for FUZZ_SECONDS (60)'
	@echo '	make bench		what it all costs, beside peers; writes docs/performance/ (an hour)'
	@echo '	make latency-ci		is the sample device slower than its baseline? dashboards/latency/'
	@echo '	make gate-tables	how often imstrace gate is right; writes docs/performance/gate.md'
	@echo '	make history-tables	the same of imstrace history; docs/performance/history.md'
	@echo '	make clean		remove build/ (the kernels in ~/.cache/imstrace stay)'
	@echo '	make V=1 …		show the commands'

.PHONY: all install uninstall test-install test-fleet fleet-tests screen-tests web-tests modules golden-tests \
	kernel-patch-series guest unit-tests native-tests replay-tests e2e-tests \
	kernel-tests kunit nested deps demo test bench fuzz test-debug-kernel gate-tables \
	history-tables latency-ci clean help
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(B) -name '*.d' -not -path '*-6.*/*' 2>/dev/null)
