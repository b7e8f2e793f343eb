
/*
 * What the tests of the commit threads share: a store in a directory of its
 * own, a block of rings, a clock that a test can move, and a sale.
 */

#ifndef SHOP_H
#define SHOP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lead/lead.h"
#include "read/read.h"
#include "fold/fold.h"
#include "pair/pair.h"

#include "common/files.h"


typedef struct {
    char                 path[64];
    fs_store_conf_t      conf;
    int64_t              shift;         /* added to both clocks */
    fs_rings_t          *rings;
    uint32_t             sale;          /* number */
} shop_t;


static inline void
shop_clock(void *data, int64_t *wall, int64_t *boot)
{
    shop_t           *shop = data;
    struct timespec   ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    *wall = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000 + shop->shift;

    clock_gettime(CLOCK_BOOTTIME, &ts);
    *boot = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000 + shop->shift;
}


static inline int
shop_random(void *data, uint8_t *bytes, size_t len)
{
    (void) data;

    return getrandom(bytes, len, 0) == (ssize_t) len ? 0 : -1;
}


static inline void
shop_log(void *data, fs_say_level_t level, const char *message)
{
    (void) data;

    if (level == FS_SAY_ERROR || getenv("SHOP_LOG") != NULL) {
        fprintf(stderr, "# store: %s\n", message);
    }
}


static inline fs_rings_t *
shop_rings(uint32_t rings_n, uint32_t queue)
{
    int      *eventfds;
    void     *block;
    uint32_t  i;

    eventfds = calloc(rings_n, sizeof(int));
    assert_non_null(eventfds);

    for (i = 0; i < rings_n; i++) {
        eventfds[i] = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);
        assert_int_not_equal(eventfds[i], -1);
    }

    block = mmap(NULL, fs_rings_size(rings_n, queue), PROT_READ|PROT_WRITE,
                 MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(block, MAP_FAILED);
    assert_int_equal(fs_rings_init(block, rings_n, queue, eventfds), 0);

    free(eventfds);

    return block;
}


static inline void
shop_rings_free(fs_rings_t *rings)
{
    uint32_t  i;

    for (i = 0; i < rings->rings_n; i++) {
        close(fs_ring(rings, i)->eventfd);
    }

    munmap(rings, fs_rings_size(rings->rings_n, rings->queue));
}


static inline fs_store_t *
shop_open(shop_t *shop)
{
    char           message[257];
    fs_store_t    *store;
    fs_outcome_t   outcome;

    message[0] = '\0';
    store = fs_store_open(&shop->conf, &outcome, message);

    if (store == NULL) {
        fprintf(stderr, "# open: %s: %s\n", fs_outcome_code(outcome),
                message);
    }

    return store;
}


/* Define a sale and learn its number. */

static inline uint32_t
shop_define(fs_store_t *store, fs_leader_t *leader, const char *slug,
    uint32_t stock, int64_t opens_at)
{
    uint32_t        number;
    fs_str_t        name;
    fs_view_t       view;
    fs_result_t     result;
    fs_reader_t    *reader;
    fs_command_t    command;
    fs_operator_t   op;

    name.data = slug;
    name.len = strlen(slug);

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_DEFINE;

    memset(&op, 0, sizeof(op));
    op.slug = name;
    op.price_fen = 3980;
    op.stock = stock;
    op.opens_at = opens_at;

    fs_leader_one(leader, &command, &op, &result);
    assert_string_equal(fs_outcome_code(result.outcome), "created");

    number = 0;
    reader = fs_reader_create(store);
    assert_non_null(reader);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_true(fs_view_sale_number(&view, name, &number));
    fs_view_close(&view);
    fs_reader_destroy(reader);

    return number;
}


/* A store with one sale, closed again; rings_n 0: no rings. */

static inline void
shop_make(shop_t *shop, size_t map_size, uint32_t stock, uint32_t rings_n,
    uint32_t queue)
{
    fs_store_t   *store;
    fs_leader_t  *leader;

    memset(shop, 0, sizeof(shop_t));

    strcpy(shop->path, "/tmp/shop-XXXXXX");
    assert_non_null(mkdtemp(shop->path));

    shop->conf.path = shop->path;
    shop->conf.map_size = map_size;
    shop->conf.sync = 1;
    shop->conf.readers = 64;
    shop->conf.generation = 100;
    shop->conf.clock = shop_clock;
    shop->conf.random = shop_random;
    shop->conf.replay = &fs_replay;
    shop->conf.log = shop_log;
    shop->conf.data = shop;
    memset(shop->conf.boot_id, 0xb0, FS_BOOT_LEN);

    if (rings_n != 0) {
        shop->rings = shop_rings(rings_n, queue);
    }

    store = shop_open(shop);
    assert_non_null(store);

    leader = fs_leader_create(store, NULL);
    assert_non_null(leader);

    shop->sale = shop_define(store, leader, "grape", stock, 0);

    fs_leader_destroy(leader);
    fs_store_close(store, 1);
}


static inline void
shop_free(shop_t *shop)
{
    if (shop->rings != NULL) {
        shop_rings_free(shop->rings);
    }

    files_remove(shop->path);
}


/* A hold of one unit for the buyer with this number. */

static inline void
shop_hold(shop_t *shop, fs_command_t *command, uint64_t buyer)
{
    memset(command, 0, sizeof(fs_command_t));

    command->type = FS_COMMAND_HOLD;
    command->lines_n = 1;
    command->lines[0].sale = shop->sale;
    command->lines[0].qty = 1;
    command->term_ms = 600000;
    fs_set_le64(command->buyer, buyer + 1);
}


/* The buyer's number of a `held` entry. */

static inline uint64_t
shop_buyer(const fs_entry_t *entry)
{
    return fs_get_le64(entry->id1) - 1;
}


#endif /* SHOP_H */
