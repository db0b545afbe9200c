# postern: make, make check, fuzz, bench, lint, install, uninstall
#
# Nobody lists a file here: a program is every .c file in cmd/NAME, linked with
# lib.a; a test is one file in tests/unit/DIR, where DIR is "lib" or the name of
# a program whose modules (all but its main) it wants.
#
#	make B=/tmp/x	build somewhere else
#	make SAN=1	build under ASan and UBSan, in its own folder
#	make BREAKIN=1	with a way in, to try the walls from inside, see
#			lib/breakin.h; BREAKIN=control: without walls
#	make CRASH=1	build programs that can be told where to die, likewise

PREFIX	?= /usr/local
CONFDIR	?= /etc/postern
QUEUEDIR ?= /var/spool/postern
RUNDIR	?= /run/postern
MAILDIR	?= /var/spool/mail

B	:= build$(if $(SAN),-san)$(if $(CRASH),-crash)$(if $(BREAKIN),-breakin-$(BREAKIN))
# However it was spelled: the .d files name their objects by it.
override B := $(patsubst $(CURDIR)/%,%,$(abspath $(B)))
CMDS	:= $(notdir $(wildcard cmd/*))
objects	 = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c))
modules	 = $(filter-out $(B)/cmd/$(1)/$(1).o,$(call objects,cmd/$(1)))

CFLAGS	?= -O2 -g
CPPFLAGS += $(if $(CRASH),-DCRASH)
ifdef SAN
CFLAGS	= -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	  -fno-omit-frame-pointer
LDFLAGS	+= -fsanitize=address,undefined
else
HARDEN	:= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LINKHARDEN := -pie -Wl,-z,relro,-z,now
endif
LIBS	:= libbsd-overlay libevent_core libcdb libidn2 libxxhash
PC_CFLAGS := $(shell pkg-config --cflags $(LIBS))
WAYIN	:= $(if $(BREAKIN),-DBREAKIN) \
	  $(if $(filter control,$(BREAKIN)),-DWALLS_DOWN)
ALL_CFLAGS = $(WAYIN) -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow \
	  -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Werror \
	  $(CPPFLAGS) $(CFLAGS) $(HARDEN) -Ilib $(if $(filter cmd/%,$<),-I$(dir $<)) \
	  $(if $(filter tests/unit/%,$<),-Icmd/$(notdir $(patsubst %/,%,$(dir $<)))) $(PC_CFLAGS) \
	  -DCONFDIR='"$(CONFDIR)"' -DQUEUEDIR='"$(QUEUEDIR)"' \
	  -DRUNDIR='"$(RUNDIR)"' -DMAILDIR='"$(MAILDIR)"' \
	  -DLIBEXECDIR='"$(PREFIX)/lib/postern"'
# Not by pkg-config: libunbound.pc wants the .pc files of what it hides.
LDLIBS	:= -Wl,--as-needed $(shell pkg-config --libs $(LIBS)) -lunbound

all: $(CMDS:%=$(B)/bin/%)

$(B)/lib.a: $(call objects,lib)
	@rm -f $@
	$(AR) rcs $@ $^

define program
$(B)/bin/$(1): $(call objects,cmd/$(1)) $(B)/lib.a
	@mkdir -p $$(@D)
	$$(CC) $$(LINKHARDEN) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach c,$(CMDS),$(eval $(call program,$(c))))

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# --- tests -----------------------------------------------------------------

UNITS	:= $(patsubst tests/unit/%.c,$(B)/tests/unit/%.t,\
	  $(wildcard tests/unit/*/*.c))
FUZZERS	:= $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,\
	  $(wildcard tests/fuzz/*/*.c))

define unit_dir
$(B)/tests/unit/$(1)/%.t: $(B)/tests/unit/$(1)/%.o $(call modules,$(1)) $(B)/lib.a
	$$(CC) $$(LINKHARDEN) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS) -lcmocka
endef
$(foreach d,$(notdir $(wildcard tests/unit/*)),$(eval $(call unit_dir,$(d))))
.PRECIOUS: $(B)/tests/unit/%.o

units: $(UNITS)

check: all units
	BIN=$(abspath $(B)/bin) TESTS=$(abspath tests) CMOCKA_MESSAGE_OUTPUT=TAP \
	    prove --exec '' $(UNITS) $(wildcard tests/cmd/*.t)

# A fuzzer is tests/fuzz/DIR/NAME.c, its seeds lie beside it in NAME.seeds.
FUZZ_SECONDS ?= 60
FUZZFLAGS := -fsanitize=fuzzer
FUZZCHECKS := -fsanitize=address,undefined -fno-sanitize-recover=undefined
$(B)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	clang $(filter-out $(HARDEN),$(ALL_CFLAGS)) -O1 $(FUZZFLAGS)-no-link \
	    $(FUZZCHECKS) -I$(patsubst tests/fuzz/%,cmd/%,$(<D)) \
	    -MMD -MP -c -o $@ $<

define fuzz_dir
$(B)/fuzz/$(1)/%: $(B)/fuzz/obj/tests/fuzz/$(1)/%.o \
    $(patsubst $(B)/%,$(B)/fuzz/obj/%,$(call modules,$(1)) $(call objects,lib))
	@mkdir -p $$(@D)
	clang $(FUZZFLAGS) $(FUZZCHECKS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach d,$(notdir $(wildcard tests/fuzz/*)),$(eval $(call fuzz_dir,$(d))))
.PRECIOUS: $(B)/fuzz/obj/%.o

fuzzers: $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*/*.c))

fuzz: fuzzers
	scripts/fuzz $(B) $(FUZZ_SECONDS)

# What the system tests need besides: a strict file system, and libraries that
# are preloaded to make system calls lie or fail.
FUSE	= $(shell pkg-config --cflags --libs fuse3)
$(B)/tests/strictfs: $(wildcard tests/strictfs/*.[ch])
	@mkdir -p $(@D)
	$(CC) $(filter-out -Ilib,$(ALL_CFLAGS)) $(LINKHARDEN) -o $@ \
	    $(filter %.c,$^) $(FUSE) -lbsd

$(B)/tests/%.so: tests/preload/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -Wall -Wextra -O2 -fPIC -shared -o $@ $<

faulty: $(B)/tests/strictfs \
    $(patsubst tests/preload/%.c,$(B)/tests/%.so,$(wildcard tests/preload/*.c))

# As root, on a machine that does nothing else; see tests/bench/README.
bench: all
	tests/bench/run $(BENCH)

lint:
	scripts/lint

# --- install ---------------------------------------------------------------

# What people type, and what only the supervisor and other programs start.
USERBIN	:= sendmail makemap route qstat qctl access doctor
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin \
	    $(DESTDIR)$(PREFIX)/lib/postern $(DESTDIR)$(CONFDIR)
	install -m 755 $(USERBIN:%=$(B)/bin/%) $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(filter-out $(USERBIN:%=$(B)/bin/%),$(CMDS:%=$(B)/bin/%)) \
	    $(DESTDIR)$(PREFIX)/lib/postern
	ln -sf sendmail $(DESTDIR)$(PREFIX)/bin/mailq
	ln -sf sendmail $(DESTDIR)$(PREFIX)/bin/newaliases
	for p in cmd/*/*.[1578] lib/*.[57] scripts/*.8; do \
	    [ -e "$$p" ] || continue; \
	    d=$(DESTDIR)$(PREFIX)/share/man/man$${p##*.}; \
	    install -d $$d && install -m 644 $$p $$d; done
	install -d $(DESTDIR)$(PREFIX)/share/postern
	cp -R conf/service conf/examples conf/zone \
	    $(DESTDIR)$(PREFIX)/share/postern
	for s in setup instance trace; do \
	    f=$(DESTDIR)$(PREFIX)/sbin/postern-$$s; \
	    sed -e '/^[A-Z]*=/s|/usr/local|$(PREFIX)|' \
	    -e '/^[A-Z]*=/s|/etc/postern|$(CONFDIR)|' \
	    -e '/^[A-Z]*=/s|/var/spool/postern|$(QUEUEDIR)|' \
	    -e '/^[A-Z]*=/s|/run/postern|$(RUNDIR)|' \
	    -e '/^[A-Z]*=/s|/var/spool/mail|$(MAILDIR)|' \
	    scripts/$$s >$$f && chmod 755 $$f; done
	sed 's|/usr/local|$(PREFIX)|' scripts/from-sendmail \
	    >$(DESTDIR)$(PREFIX)/sbin/postern-from-sendmail
	chmod 755 $(DESTDIR)$(PREFIX)/sbin/postern-from-sendmail
	install -d $(DESTDIR)$(PREFIX)/share/postern/from-sendmail
	install -m 644 scripts/from-sendmail.d/* \
	    $(DESTDIR)$(PREFIX)/share/postern/from-sendmail

uninstall:
	cd $(DESTDIR)$(PREFIX)/bin && rm -f $(USERBIN) mailq newaliases
	rm -f $(DESTDIR)$(PREFIX)/sbin/postern-setup \
	    $(DESTDIR)$(PREFIX)/sbin/postern-instance \
	    $(DESTDIR)$(PREFIX)/sbin/postern-trace \
	    $(DESTDIR)$(PREFIX)/sbin/postern-from-sendmail
	for p in $(notdir $(wildcard cmd/*/*.[1578] lib/*.[57] scripts/*.8)); do \
	    rm -f $(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$$p; done
	rm -rf $(DESTDIR)$(PREFIX)/lib/postern \
	    $(DESTDIR)$(PREFIX)/share/postern

clean:
	rm -rf build build-san build-crash build-breakin-1 build-breakin-control

.PHONY: all units faulty check fuzz fuzzers bench lint install uninstall clean FORCE
-include $(shell find $(B) -name peers -prune -o -name '*.d' -print 2>/dev/null)
