# tuanbo.  `make run` and `make test` do their own set-up.
#
#     make run [PORT=8080]    the demo; Ctrl-C ends it, data/ stays
#     make test               everything but the sanitizers
#     make test-bare          on a bare Debian 12, which it makes; as root
#     make test-browser       its part in Chromium; needs npm's registry once
#     make test-asan          the same under ASan and UBSan
#     make faults             disks that fail, and so on: docs/reliability.md
#     make test-crash [KILLS=500] [SEED=n]     killed under load
#     make test-power [STATES=10000] [SEED=n]  the power cut at any call
#     make live-hour [LIVE_MINUTES=60] [LIVE_CUTS=10]  an hour on the air, cut
#     make simulate [SEED=n] [COMMANDS=1000000]  the core, and all that fails
#     make test-tsan          threads, in the core and in nginx, under TSan
#     make test-valgrind      the core under memcheck
#     make fuzz [FUZZ_SECONDS=20]    each target for so long
#     make history URL=http://host:port SECRETS=dir   a proof, docs/proof.md
#     make crowd [PORT=8080] [NEIGHBOURS=300] [SECONDS=120] [SEED=n]
#                             an evening, against the demo that runs
#     make bench              beside its peers; bench-docs: docs/ from that
#     make bench-engine       the numbers, side by side with the usual way
#     make build [CC=clang]   build/[clang/]ngx_http_flashsale_module.so,
#                             tuanbo-store and libtuanbo.so beside it
#     make install [DESTDIR=dir] [PREFIX=/usr]     for nginx and its users
#     make deb                Debian packages, in build/deb
#     make test-deb           the same on a bare Debian 12, and used there
#     make build-mainline NGINX_SRC=dir    against another nginx's sources
#     make structure          docs/pictures/structure.svg, drawn anew
#     make screenshots        of each page, in build/screenshots, by test-browser
#     make desk-pictures      those of docs/desk.md
#     make fuzz-coverage, check, clean, clean-data

CC      = gcc
BUILD   = build$(addprefix /,$(notdir $(filter-out gcc,$(firstword $(CC)))))
CFLAGS  = -O2 -g
STRICT  = -std=gnu11 -Wall -Wextra -Werror -fPIC
LIBS    = -llmdb -lyajl -lcrypto -lpthread
PORT    = 8080
JOBS    = 2

# Tests that run at once: most of their time they wait for something.
TESTS   = 3
BROWSERS = 2

CORE_SRC = $(wildcard ngx_module/core/*/*.c)
CORE_HDR = $(wildcard ngx_module/core/*/*.h)
CORE_OBJ = $(CORE_SRC:ngx_module/core/%.c=$(BUILD)/core/%.o)
CORE_LIB = $(BUILD)/core/libflashsale.a
INCLUDE  = -Ingx_module/core -It

MODULE_SRC = config $(wildcard ngx_module/*/*.[ch]) \
    $(CORE_SRC) $(CORE_HDR)
MODULE   = $(BUILD)/ngx_http_flashsale_module.so
STORE_TOOL = $(BUILD)/tuanbo-store
STORE_SRC = $(wildcard conf/tools/store/*.c)
LIBRARY  = $(BUILD)/libtuanbo.so
MACHINE  = conf/tools/machine.c conf/tools/machine.h
ICON     = templates/static/desk/icon.png

TEST_HDR = $(wildcard t/*/*.h)
UNIT_SRC = $(wildcard t/unit/test_*.c)
UNIT_BIN = $(UNIT_SRC:t/unit/%.c=$(BUILD)/unit/%)
COPIES   = $(CURDIR)/$(BUILD)/copies.so
ORACLE_SRC = $(wildcard t/oracle/*.c)
MODEL_SRC = $(wildcard t/model/*.c) $(ORACLE_SRC)
MODEL_BIN = $(BUILD)/model/model
SIMULATE_SRC = $(wildcard t/simulate/*.c t/disk/*.c) $(ORACLE_SRC)
SIMULATE_BIN = $(BUILD)/simulate/simulate
POWER_SRC = $(wildcard t/power/*.c t/disk/*.c)
POWER_BIN = $(BUILD)/power/power
BENCH_SRC = $(wildcard t/bench/*.c)
BENCH_BIN = $(BENCH_SRC:t/bench/%.c=$(BUILD)/bench/%)
FUZZ_SRC = $(wildcard t/fuzz/fuzz_*.c)
FUZZ_BIN = $(FUZZ_SRC:t/fuzz/%.c=$(BUILD)/fuzz/%)
REPLAY_BIN = $(FUZZ_SRC:t/fuzz/%.c=$(BUILD)/replay/%)

# nginx's sources: Debian's (package nginx-dev), or those of build-mainline.
NGINX_SRC = /usr/share/nginx/src
TREE      = $(BUILD)/nginx-src

# Debian's own compiler options, but the one for reproducible paths.
NGINX_CC_OPT = $(shell nginx -V 2>&1 \
    | sed -n "s/.*--with-cc-opt='\([^']*\)'.*/\1/p" \
    | sed 's/-ffile-prefix-map=[^ ]*//') -std=gnu11
NGINX_LD_OPT = $(shell nginx -V 2>&1 \
    | sed -n "s/.*--with-ld-opt='\([^']*\)'.*/\1/p")

# An nginx of our own, with the module inside: sanitizers, other versions. The
# package nginx-dev has no .c files; t/nginx-source.sh gets them.
STATIC_SRC = $(or $(patsubst %/src/core/nginx.c,%,$(wildcard \
    $(NGINX_SRC)/src/core/nginx.c)),build/nginx-release)
STATIC_FLAGS = --error-log-path=stderr --with-compat --with-debug \
    --with-threads \
    --with-http_ssl_module --with-http_v2_module \
    --with-http_auth_request_module --with-http_realip_module \
    --with-http_stub_status_module --with-http_secure_link_module
STATIC_OPT = $(CFLAGS) -std=gnu11

.PHONY: all install install-share deb test-deb setup-deb core unit model simulate simulate-twice build build-static build-mainline \
    build-asan run history \
    test test-without-browser test-bare test-browser test-asan test-tsan \
    test-valgrind test-mainline check \
    fuzz fuzz-run fuzz-coverage fuzz-report replay valgrind unit-tsan \
    bench bench-docs faults test-crash live-hour test-power bench-engine bench-core bench-goods bench-office force clean \
    clean-data setup-build setup-run setup-test setup-browser setup-npm setup-bench setup-fuzz \
    setup-valgrind setup-bare \
    setup-structure structure screenshots desk-pictures
.DELETE_ON_ERROR:

all: build


# The core, without nginx

core: $(CORE_LIB)

$(BUILD)/core/%.o: ngx_module/core/%.c $(CORE_HDR)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) -Ingx_module/core -c -o $@ $<

$(CORE_LIB): $(CORE_OBJ)
	@rm -f $@
	ar rcs $@ $(CORE_OBJ)

$(BUILD)/unit/%: t/unit/%.c $(CORE_LIB) $(wildcard t/unit/*.h t/common/*.h)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) $(INCLUDE) -o $@ $< $(CORE_LIB) \
	    -lcmocka $(LIBS)

$(BUILD)/unit/test_library: conf/tools/libtuanbo.c conf/tools/libtuanbo.h $(MACHINE)

$(STORE_TOOL): $(STORE_SRC) conf/tools/store/tool.h $(MACHINE) $(CORE_LIB)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) $(INCLUDE) -o $@ $(filter %.c,$^) $(CORE_LIB) \
	    $(LDFLAGS) $(LIBS)

# By rename: a clerk may have the old one mapped.
$(LIBRARY): conf/tools/libtuanbo.c conf/tools/libtuanbo.h $(MACHINE) $(CORE_LIB)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) $(INCLUDE) -shared -o $@.new $(filter %.c,$^) \
	    $(CORE_LIB) -Wl,--no-undefined -Wl,--exclude-libs,ALL $(LDFLAGS) $(LIBS)
	@mv -f $@.new $@

# The desk's icon for telephones whose home screens take no SVG.  Where vips
# (libvips-tools) is not there, they show what they have.
$(ICON): templates/static/desk/icon.svg
	@if command -v vips > /dev/null; then \
	    vips flatten $< '$@.new.png[strip]' && chmod 644 $@.new.png \
	        && mv -f $@.new.png $@; \
	else \
	    echo 'No icon for home screens that take no SVG: vips is missing'; \
	fi

$(BUILD)/model/model: $(MODEL_SRC) $(CORE_LIB) $(TEST_HDR)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) $(INCLUDE) -o $@ $(MODEL_SRC) \
	    $(CORE_LIB) $(LIBS)

$(SIMULATE_BIN): $(SIMULATE_SRC) $(CORE_LIB) $(TEST_HDR)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) $(INCLUDE) -o $@ $(SIMULATE_SRC) \
	    $(CORE_LIB) $(LIBS)

$(BUILD)/bench/%: t/bench/%.c $(CORE_LIB) $(wildcard t/bench/*.h t/common/*.h)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) $(INCLUDE) -o $@ $< $(CORE_LIB) \
	    $(LIBS) -lm

$(BUILD)/power/power: $(POWER_SRC) $(CORE_LIB) $(TEST_HDR)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) $(INCLUDE) -o $@ $(POWER_SRC) \
	    $(CORE_LIB) -lcmocka $(LIBS)

# Twice: as the file system is, and as if it kept no space that is taken, where
# a store does without a map that is written.
unit: $(UNIT_BIN) $(COPIES)
	$(if $(UNIT_BIN),CMOCKA_MESSAGE_OUTPUT=TAP prove -j$(JOBS) --failures --comments \
	    --exec env $(UNIT_BIN))
	$(if $(UNIT_BIN),CMOCKA_MESSAGE_OUTPUT=TAP \
	    ASAN_OPTIONS="$$ASAN_OPTIONS:verify_asan_link_order=0" \
	    prove -j$(JOBS) --failures \
	    --exec 'env LD_PRELOAD=$(COPIES)' $(UNIT_BIN))

$(COPIES): t/lib/copies.c
	@mkdir -p $(@D)
	cc -std=gnu11 -O2 -fPIC -shared -o $@ $< -ldl

# The seeds of the fuzz targets, without libFuzzer: what was found stays found.
replay: $(REPLAY_BIN)
	@set -e; for program in $(REPLAY_BIN); do \
	    name=$$(basename $$program); \
	    $$program $$(find t/fuzz/seeds/$$name -type f | sort) \
	        > $(BUILD)/replay/$$name.log 2>&1 \
	        || { cat $(BUILD)/replay/$$name.log >&2; exit 1; }; \
	    echo "$$name: $$(grep -c '^ok' $(BUILD)/replay/$$name.log) inputs"; \
	done

$(BUILD)/replay/%: t/fuzz/%.c t/fuzz/replay.c $(CORE_LIB) $(TEST_HDR)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) $(INCLUDE) -o $@ $< t/fuzz/replay.c \
	    $(CORE_LIB) $(LIBS)

# SEED=n for the same run.  What it has written, a checker reads that knows
# nothing of the engine.
model: $(MODEL_BIN)
	$(MODEL_BIN) '$(SEED)' '$(COMMANDS)' $(BUILD)/model/ledger.ndjson
	conf/bin/tuanbo-check-ledger --unsteady-clock $(BUILD)/model/ledger.ndjson

# A million commands; SEED=n for the same run, WORLD=n for a part of it.
simulate: setup-build
	@$(MAKE) --no-print-directory $(SIMULATE_BIN)
	$(SIMULATE_BIN) '$(SEED)' '$(COMMANDS)' '$(WORLD)'

# A seed's run is always the same one.
simulate-twice: setup-build
	@$(MAKE) --no-print-directory $(SIMULATE_BIN)
	@seed='$(or $(SEED),$(shell date +%s))'; \
	for run in one other; do \
	    $(SIMULATE_BIN) $$seed '$(or $(COMMANDS),100000)' '$(WORLD)' \
	        > $(BUILD)/simulate/$$run || exit 1; \
	    grep -v ' s$$' $(BUILD)/simulate/$$run > $(BUILD)/simulate/$$run.kept; \
	done; \
	cmp $(BUILD)/simulate/one.kept $(BUILD)/simulate/other.kept \
	    && tail -n 1 $(BUILD)/simulate/other.kept

# SEED and STATE make one state again.
STATES = 10000

test-power: setup-test
	@$(MAKE) --no-print-directory $(POWER_BIN)
	$(POWER_BIN) $(or $(SEED),$$(date +%s)) $(STATES) $(STATE)


# The module

build: setup-build
	@$(MAKE) --no-print-directory $(MODULE) $(STORE_TOOL) $(LIBRARY) $(ICON)

# `config` lists the sources: another file, or another nginx, means another
# configure.
$(BUILD)/sources: force
	@mkdir -p $(@D)
	@{ nginx -V; echo '$(NGINX_SRC) $(sort $(MODULE_SRC))'; } > $@.new 2>&1
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(TREE)/objs/Makefile: config $(BUILD)/sources
	@rm -rf $(TREE)
	@mkdir -p $(TREE)
	@echo "Configuring nginx's sources in $(TREE)"
	@cp -R $(NGINX_SRC)/. $(TREE)
	@cd $(TREE) && bash -c '. ./conf_flags; ./configure \
	    "$${NGX_CONF_FLAGS[@]}" --with-cc="$(CC)" \
	    --with-cc-opt="$(NGINX_CC_OPT)" --with-ld-opt="$(NGINX_LD_OPT)" \
	    --add-dynamic-module="$(CURDIR)"' > configure.log \
	    || { cat configure.log >&2; exit 1; }

# By rename: a server may have the old one mapped.
$(MODULE): $(TREE)/objs/Makefile $(MODULE_SRC)
	@echo "Compiling the module with $(CC)"
	@$(MAKE) -s --no-print-directory -j$(JOBS) -C $(TREE) -f objs/Makefile \
	    modules
	@cp $(TREE)/objs/ngx_http_flashsale_module.so $@.new
	@mv -f $@.new $@


# What `make build` made, where nginx looks for modules, and under PREFIX the
# storefront, confs and tools; README.md says what is where.
PREFIX  = /usr
SHARE   = $(PREFIX)/share/tuanbo
MODULES = $(shell nginx -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')
CONFS   = $(wildcard conf/*.conf conf/tuanbo/*.conf conf/office/*.conf \
                     conf/live/*.conf conf/live/*.lua conf/monitoring/*)
TOOLS   = $(notdir $(wildcard conf/bin/*))

install: build setup-npm install-share
	@set -e; umask 022; module='$(DESTDIR)$(MODULES)/$(notdir $(MODULE))'; \
	install -D -m 644 $(MODULE) "$$module.new"; \
	mv -f "$$module.new" "$$module"; \
	echo "$$module"

install-share: $(STORE_TOOL) $(LIBRARY) $(ICON)
	@set -e; umask 022; share='$(DESTDIR)$(SHARE)' bin='$(DESTDIR)$(PREFIX)/bin' \
	    lib='$(DESTDIR)$(PREFIX)/lib/tuanbo'; \
	for file in $$(find lua templates conf/lib -type f) $(CONFS); do \
	    install -D -m 644 "$$file" "$$share/$$file"; \
	done; \
	sed -i 's|/usr/share/tuanbo|$(SHARE)|g' $(CONFS:%="$$share"/%); \
	install -D -t "$$share/conf/bin" $(TOOLS:%=conf/bin/%); \
	mkdir -p "$$bin"; \
	ln -sf $(TOOLS:%=../share/tuanbo/conf/bin/%) "$$bin"; \
	install -t "$$bin" $(STORE_TOOL); \
	install -D -m 644 $(LIBRARY) "$$lib/libtuanbo.so.new"; \
	mv -f "$$lib/libtuanbo.so.new" "$$lib/libtuanbo.so"; \
	echo "$$share"; printf '%s\n' $(TOOLS:%="$$bin"/%) \
	    "$$bin/$(notdir $(STORE_TOOL))"


# Debian packages.  dpkg-buildpackage leaves them beside the tree: one of its
# own, so that nothing of it gets here.

deb: setup-deb setup-npm
	@rm -rf $(BUILD)/deb
	@mkdir -p $(BUILD)/deb/tuanbo
	@git ls-files -z | xargs -0 cp --parents -t $(BUILD)/deb/tuanbo
	@for part in scanner player; do test ! -d templates/static/$$part \
	    || cp -R --parents templates/static/$$part $(BUILD)/deb/tuanbo; done
	@cd $(BUILD)/deb/tuanbo && dpkg-buildpackage -us -uc -b
	@rm -rf $(BUILD)/deb/tuanbo
	@ls $(BUILD)/deb/*.deb

test-deb: setup-bare
	prove -v t/deb/


# An nginx with the module inside

build-static: setup-build
	@$(MAKE) --no-print-directory $(BUILD)/nginx

build/nginx-release/src/core/nginx.c:
	@echo "Fetching nginx's sources"
	@t/nginx-source.sh build/nginx-release
	@touch $@

$(BUILD)/static-src/objs/Makefile: config $(BUILD)/sources \
    $(STATIC_SRC)/src/core/nginx.c
	@rm -rf $(BUILD)/static-src
	@mkdir -p $(BUILD)/static-src
	@echo "Configuring nginx's sources in $(BUILD)/static-src"
	@cp -R $(STATIC_SRC)/* $(BUILD)/static-src
	@cd $(BUILD)/static-src && configure=auto/configure \
	    && if [ -f configure ]; then configure=configure; fi \
	    && sh $$configure $(STATIC_FLAGS) \
	    --with-cc="$(CC)" --with-cc-opt="$(STATIC_OPT)" \
	    --add-module="$(CURDIR)" > configure.log \
	    || { cat configure.log >&2; exit 1; }

$(BUILD)/nginx: $(BUILD)/static-src/objs/Makefile $(MODULE_SRC)
	@echo "Compiling an nginx with the module inside: $@"
	@$(MAKE) -s --no-print-directory -j$(JOBS) -C $(BUILD)/static-src \
	    -f objs/Makefile binary
	@cp $(BUILD)/static-src/objs/nginx $@.new
	@mv -f $@.new $@

build-mainline:
	@$(MAKE) --no-print-directory build-static BUILD=build/mainline \
	    NGINX_SRC='$(NGINX_SRC)'

# NGX_DEBUG_PALLOC: each allocation from a pool is one of its own, so that
# ASan sees the bounds.
ASAN = BUILD=build/asan CC='$(CURDIR)/t/asan-cc' \
    CFLAGS='-O1 -g -fno-omit-frame-pointer -DNGX_DEBUG_PALLOC=1'

build-asan:
	@$(MAKE) --no-print-directory build-static $(ASAN)


# Tests

test: test-without-browser
	@$(MAKE) --no-print-directory test-browser

test-without-browser: setup-test
	@$(MAKE) --no-print-directory build check
	@$(MAKE) --no-print-directory unit replay model
	TUANBO_MODULE='$(CURDIR)/$(MODULE)' prove --timer -j$(TESTS) -It/lib t/

test-browser: setup-browser build
	@$(MAKE) --no-print-directory build/browser/installed
	TUANBO_MODULE='$(CURDIR)/$(MODULE)' node --test \
	    --test-concurrency=$(BROWSERS) \
	    $(sort $(wildcard t/browser/*.test.js))

# The same, with pictures of the pages in build/screenshots.
screenshots:
	@mkdir -p build/screenshots
	TUANBO_PICTURES='$(CURDIR)/build/screenshots' \
	    $(MAKE) --no-print-directory test-browser

# Some four minutes; PART=run, build or conf is one part, PART=test the tests.
test-bare: setup-bare
	prove -v t/bare/

build/browser/installed: t/browser/package.json t/browser/package-lock.json
	@mkdir -p $(@D)
	@cp $^ $(@D)
	cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# All; CI has those of the module alone.
ASAN_TESTS = t/

# Leaks are looked for in the unit tests alone: what nginx makes of its conf,
# and of connections that are open at the exit, it leaves to the exit.
test-asan: setup-test build-asan
	@$(MAKE) --no-print-directory unit replay model $(ASAN)
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
	    TUANBO_NGINX='$(CURDIR)/build/asan/nginx' TUANBO_STATIC=1 \
	    TUANBO_SLOWER=4 \
	    prove -j$(TESTS) -It/lib $(ASAN_TESTS)

# ThreadSanitizer sees one process at a time. So the unit tests have threads in
# place of processes, and nginx's tests are those in which a worker's threads
# (event loop, commits, audit) have the most to do with each other.
TSAN = BUILD=build/tsan CC='gcc -fsanitize=thread' \
    CFLAGS='-O1 -g -fno-omit-frame-pointer -Wno-tsan'

TSAN_OPTIONS = suppressions=$(CURDIR)/t/tsan.supp history_size=7

TSAN_UNIT = threads ring leader leaders audit index_live view crypto
TSAN_NGINX = 110 120 160 180 190 200 230 235 240 250 270 290 315 330

test-tsan: setup-test
	@$(MAKE) --no-print-directory build-static $(TSAN)
	@$(MAKE) --no-print-directory unit-tsan $(TSAN)
	TSAN_OPTIONS='$(TSAN_OPTIONS)' TUANBO_SLOWER=6 TUANBO_STATIC=1 \
	    TUANBO_NGINX='$(CURDIR)/build/tsan/nginx' \
	    prove -j$(JOBS) -It/lib $(foreach n,$(TSAN_NGINX),$(wildcard t/$n-*.t))

unit-tsan: $(TSAN_UNIT:%=$(BUILD)/unit/test_%)
	CMOCKA_MESSAGE_OUTPUT=TAP TSAN_OPTIONS='$(TSAN_OPTIONS)' \
	    prove -j$(JOBS) --exec env $^

test-valgrind: setup-test setup-valgrind
	@$(MAKE) --no-print-directory valgrind BUILD=build/valgrind \
	    CFLAGS='-O1 -g'

valgrind: $(UNIT_BIN) $(REPLAY_BIN)
	t/valgrind.sh -j$(JOBS) $(BUILD)

# Rounds of half a minute with 40 kills or more.
KILLS = 500

# The table of docs/reliability.md, from what the tests measure.
FAULTS = $(wildcard t/300-full.t t/310-disk.t t/320-clock.t t/330-slow-disk.t \
    t/5[2-9]0-*.t)

faults: setup-test build
	@rm -f $(BUILD)/faults.ndjson
	TUANBO_MODULE='$(CURDIR)/$(MODULE)' \
	    TUANBO_FAULTS_REPORT='$(CURDIR)/$(BUILD)/faults.ndjson' \
	    prove -It/lib $(FAULTS)
	@t/faults-table.pl $(BUILD)/faults.ndjson

test-crash: setup-test build
	TUANBO_MODULE='$(CURDIR)/$(MODULE)' nice perl -It/lib \
	    t/crash/campaign.pl --kills $(KILLS) $(if $(SEED),--seed $(SEED))

LIVE_MINUTES = 60
LIVE_CUTS = 10

live-hour: setup-test build
	TUANBO_MODULE='$(CURDIR)/$(MODULE)' TUANBO_LIVE_MINUTES=$(LIVE_MINUTES) \
	    TUANBO_LIVE_CUTS=$(LIVE_CUTS) nice prove -v -It/lib t/704-live-cuts.t

test-mainline: setup-test build-mainline
	TUANBO_NGINX='$(CURDIR)/build/mainline/nginx' TUANBO_STATIC=1 \
	    prove -j$(JOBS) -It/lib t/

check:
	@! grep -rn 'ngx_' ngx_module/core/ \
	    || { echo 'the core must know nothing of nginx' >&2; false; }
	@! LC_ALL=C.UTF-8 grep -rnE '.{80,}' --include='*.[ch]' ngx_module t conf \
	    | grep -vE ':[0-9]+: +X\(' | grep . \
	    || { echo 'lines have 79 columns' >&2; false; }
	@! LC_ALL=C.UTF-8 grep -nE '.{80,}' debian/control \
	    || { echo 'debian/control has 79 columns, for lintian' >&2; false; }
	@! grep -rnP '\t| +$$' --include='*.[ch]' ngx_module t conf \
	    || { echo 'no tabs, no blanks at the end of a line' >&2; false; }
	@! find ngx_module -name '*.[ch]' -exec wc -l {} + \
	    | awk '$$2 != "total" && $$1 > 900' | grep . \
	    || { echo 'a file is read in one sitting: split it' >&2; false; }
	@t/structure.pl check
	@luacheck -q lua

# Bounded: FUZZ_SECONDS for each, FUZZ_TARGETS of them.
FUZZ_SECONDS = 20
FUZZ_TARGETS = $(FUZZ_SRC:t/fuzz/%.c=%)

FUZZ = BUILD=build/fuzz CC=clang CFLAGS='-O1 -g \
    -fsanitize=fuzzer-no-link,address,undefined \
    -fno-sanitize-recover=undefined'

fuzz: setup-fuzz
	@$(MAKE) --no-print-directory -j$(JOBS) fuzz-run $(FUZZ)

# What is found goes to build/fuzz/corpus, what breaks to build/fuzz.
fuzz-run: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)
	@set -e; for name in $(FUZZ_TARGETS); do \
	    mkdir -p $(BUILD)/corpus/$$name; \
	    echo "$$name, $(FUZZ_SECONDS) seconds"; \
	    $(BUILD)/fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
	        -rss_limit_mb=1024 -print_final_stats=1 \
	        -artifact_prefix=$(BUILD)/$$name- \
	        $$(find t/fuzz -name $$name.dict -printf '-dict=%p') \
	        $(BUILD)/corpus/$$name t/fuzz/seeds/$$name \
	        > $(BUILD)/$$name.log 2>&1 \
	        || { cat $(BUILD)/$$name.log >&2; exit 1; }; \
	    grep -a 'executed_units' $(BUILD)/$$name.log; \
	done

$(BUILD)/fuzz/%: t/fuzz/%.c $(CORE_LIB) $(TEST_HDR)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) -fsanitize=fuzzer $(INCLUDE) -o $@ $< \
	    $(CORE_LIB) $(LIBS)

# How far the seeds, and what was found since, come into the core.
fuzz-coverage: setup-fuzz
	@$(MAKE) --no-print-directory fuzz-report BUILD=build/coverage \
	    CC=clang CFLAGS='-O0 -g -fprofile-instr-generate -fcoverage-mapping'

fuzz-report: $(REPLAY_BIN)
	t/fuzz/coverage.sh $(BUILD) $(REPLAY_BIN)


# Proof, against any deployment: docs/proof.md.  SECRETS: a directory with the
# files orders, ledger and admin; LOAD: more options of t/history/load.pl.

OUT     = build/history
CLIENTS = 32
SECONDS = 30

# Its length is its own: SECONDS without a word on the command line is that of
# a history.
NEIGHBOURS = 300
EVENING    = $(if $(filter command line,$(origin SECONDS)),$(SECONDS),120)

crowd: setup-run
	t/crowd/crowd.pl --url http://127.0.0.1:$(PORT) --secrets data/secrets \
	    --neighbours $(NEIGHBOURS) --seconds $(EVENING) \
	    $(addprefix --seed ,$(SEED))

history: setup-test
	@test -n '$(URL)' -a -n '$(SECRETS)' || { echo \
	    'make history URL=http://host:port SECRETS=dir' >&2; false; }
	@mkdir -p $(OUT)
	@cd $(OUT) && rm -f run.json client-*.ndjson operator.ndjson end.ndjson
	t/history/load.pl --url '$(URL)' --secrets '$(SECRETS)' --out $(OUT) \
	    --clients $(CLIENTS) --seconds $(SECONDS) \
	    $(addprefix --seed ,$(SEED)) $(LOAD)
	t/history/check.pl --url '$(URL)' --secrets '$(SECRETS)' $(OUT)


# Measurements

bench-core: setup-build
	@$(MAKE) --no-print-directory $(BUILD)/bench/core
	$(BUILD)/bench/core

# Pages, walks and tallies of goods: a wave of 100,000 lines.
bench-goods: setup-bench
	@$(MAKE) --no-print-directory $(BUILD)/bench/goods
	$(BUILD)/bench/goods

# A ledger folded into SQLite and PostgreSQL; ORDERS (100000), ROUNDS (2).
bench-office: setup-bench setup-run build
	@$(MAKE) --no-print-directory $(BUILD)/bench/goods
	t/bench/office.pl $(BUILD)

# SECONDS (3) a load, ROUNDS (2) of each: ten minutes.
bench: setup-bench build
	@$(MAKE) --no-print-directory $(BENCH_BIN)
	t/bench/peers.pl $(BUILD)
	t/bench/report.pl $(BUILD)

# docs/benchmarks.md and its plots, from what `make bench` found.
bench-docs:
	t/bench/report.pl $(BUILD) docs

bench-engine: setup-bench build
	@$(MAKE) --no-print-directory $(BENCH_BIN)
	t/bench/engine.pl $(BUILD)


# The picture of the rooms in ngx_module, from the includes.
structure: setup-structure
	t/structure.pl dot | dot -Tsvg -o docs/pictures/structure.svg

# The pictures of docs/desk.md, as the tests in Chromium see the pages.
DESK_PICTURES = counter-1-list counter-3-queued counter-4-double \
    desk-receive desk-receive-final desk-claims desk-shelf desk-closing desk-live \
    owner-1-photos owner-2-copy owner-3-meanwhile owner-4-cancel

desk-pictures: screenshots
	cp $(DESK_PICTURES:%=build/screenshots/%.png) docs/pictures


# The demo

run: setup-run build
	@exec conf/demo/run.sh $(MODULE) $(PORT)


setup-build:
	@conf/setup.sh build

setup-run:
	@conf/setup.sh build run
	@conf/npm.sh

setup-test:
	@conf/setup.sh build run test

setup-browser:
	@conf/setup.sh build run browser
	@conf/npm.sh

setup-npm:
	@conf/npm.sh

setup-bench:
	@conf/setup.sh build bench

setup-fuzz:
	@conf/setup.sh build fuzz

setup-deb:
	@conf/setup.sh deb

setup-bare:
	@conf/setup.sh bare

setup-structure:
	@conf/setup.sh structure

setup-valgrind:
	@conf/setup.sh build valgrind

clean:
	rm -rf build

clean-data:
	@if [ -s data/nginx.pid ] && kill -0 "$$(cat data/nginx.pid)" \
	    2>/dev/null; then echo 'the demo is running: stop it first' >&2; \
	    false; fi
	rm -rf data
