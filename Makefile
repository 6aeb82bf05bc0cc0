# SPDX-License-Identifier: GPL-2.0-only
#
#	make			build/imstrace
#	make demo		install what is missing, boot a VM, show it all
#	make test		install what is missing, run all tests
#	make install		to PREFIX, /usr/local; "make uninstall" takes it away
#	make help		the other targets

# Debian's kernel that the modules are built for and the VM runs: 6.1, 6.12 or 7.3.
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
	$(Q)protoc --c_out=$(B) $<

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

# The files that include it.
$(patsubst %.c,$(B)/%.o,$(shell grep -l '"imstrace.skel.h"' user/source/*.c)): $(B)/imstrace.skel.h

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
# With the defects of the sample device, which tests look for.
DEFECTS := build/tests/modules-$(KERNEL)

modules: $(MODULES)/built

$(DEFECTS)/built: module_options = IMS_DEFECTS=1
$(MODULES)/built $(DEFECTS)/built: $(shell find kernel-patch -type f) tests/vm/kernel tests/vm/build-root
	$(call say,MODULES,$(@D))
	$(Q)mkdir -p $(@D)
	+$(Q)eval "$$(tests/vm/kernel $(KERNEL))" && \
		tests/vm/build-root -k $(KERNEL) \
			kernel-patch/build-module "$$HEADERS" $(@D) W=1 $(module_options) > $(@D).log 2>&1 || \
		{ cat $(@D).log; exit 1; }
	$(Q)! grep -nE ':[0-9]+: warning:|^WARNING:' $(@D).log
	$(Q)touch $@

# build/series/: the library as patches to mail, each of them checked.
kernel-patch-series:
	@tools/kernel-patch-series

### The tests, with what they need and the commands that run them

include tests/tests.mk

### The rest

deps:
	@tools/install-deps

# A make of its own: the build looks for tools that deps may just have installed.
demo: deps
	@$(MAKE) --no-print-directory all guest modules
	@tests/demo

clean:
	rm -rf build

help:
	@sed -n '/^#\tmake/s/^#//p' Makefile tests/tests.mk
	@echo '	make modules		build/modules-$(KERNEL)/*.ko; KERNEL=6.1, 6.12 or 7.3'
	@echo '	make kernel-patch-series	build/series/: the library as patches, checked'
	@echo '	make clean		remove build/ (the kernels in ~/.cache/imstrace stay)'
	@echo '	make V=1 …		show the commands'

.PHONY: all install uninstall modules kernel-patch-series deps demo clean help
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(B) -name '*.d' -not -path '*-[67].*/*' 2>/dev/null)
