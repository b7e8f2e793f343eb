# tuanbo.  `make run` and `make test` do their own set-up.

BUILD   = build
CC      = gcc
CFLAGS  = -O2 -g
STRICT  = -std=gnu11 -Wall -Wextra -Werror -fPIC
LIBS    = -llmdb -lyajl -lcrypto -lpthread

CORE_SRC = $(wildcard ngx_module/core/*.c)
CORE_HDR = $(wildcard ngx_module/core/*.h)
CORE_OBJ = $(CORE_SRC:ngx_module/core/%.c=$(BUILD)/core/%.o)
CORE_LIB = $(BUILD)/core/libflashsale.a

UNIT_SRC = $(wildcard t/unit/test_*.c)
UNIT_BIN = $(UNIT_SRC:t/unit/%.c=$(BUILD)/unit/%)

.PHONY: core unit

core: $(CORE_LIB)

$(BUILD)/core/%.o: ngx_module/core/%.c $(CORE_HDR)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) -c -o $@ $<

$(CORE_LIB): $(CORE_OBJ)
	rm -f $@
	ar rcs $@ $(CORE_OBJ)

$(BUILD)/unit/%: t/unit/%.c $(CORE_LIB) $(wildcard t/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) -Ingx_module/core -o $@ $< $(CORE_LIB) -lcmocka $(LIBS)

unit: $(UNIT_BIN)
	@for t in $(UNIT_BIN); do CMOCKA_MESSAGE_OUTPUT=TAP $$t || exit 1; done
