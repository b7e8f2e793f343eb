
/*
 * goods.c: the JSON of waves, and of lines by where their goods are.
 */

#ifndef FS_GOODS_H
#define FS_GOODS_H

#include "ledger/rows_after.h"
#include "text/text.h"

#pragma GCC visibility push(hidden)


/* bytes of a wave without its lines; of one line of it; of a listed one */
#define FS_WAVE_JSON_MAX       (512 + FS_WAVE_SALES_MAX * (FS_SLUG_MAX + 4))
#define FS_WAVE_LINE_JSON_MAX  384
#define FS_LISTED_JSON_MAX     256

/* tallies of one wave on a page */
#define FS_WAVE_LINES_SHOWN    4096

/* of a cursor: where a page of lines ended, hexadecimal */
#define FS_LISTED_CURSOR_LEN   28


/* What has come, and what is to come, of a sale to a pickup point (0: to
 * none) with a wave. */
typedef struct {
    uint32_t             pickup;
    uint32_t             sale;
    fs_tally_t           tally;
} fs_wave_line_t;

/* Whole points of a wave, by their numbers. */
typedef struct {
    fs_wave_t            wave;
    size_t               n;
    int                  more;          /* there are points behind these */
    fs_wave_line_t       lines[FS_WAVE_LINES_SHOWN];
} fs_wave_page_t;


/*
 * {"id","seq","cut_at","day","sales":[…],"points":[{"pickup","lines":[{"sale",
 * "ordered","received","awaited","ready","handed_over","short","final"}]}],
 * "next":null}; seq null: not frozen yet; where there are other points "next"
 * is the last one that is shown, and there is "more":true
 */
int fs_answer_wave(char *buf, size_t size, const fs_wave_page_t *page,
    const fs_names_t *names);

/* {"waves":[{"id","seq","cut_at","day","sales":[…]}],"next":id or null} */
int fs_answer_waves(char *buf, size_t size, const fs_wave_t *waves, size_t n,
    int more, const fs_names_t *names);

/* {"pickup","goods","lines":[{"hold","sale","qty","short_qty"}],"next":cursor
 * or null}; a line of which units are owed back has "paid_back":true */
int fs_answer_listed(char *buf, size_t size, uint32_t pickup, unsigned goods,
    const fs_listed_t *lines, size_t n, int more, const fs_names_t *names);

/* A cursor as a text, FS_LISTED_CURSOR_LEN bytes; and back: 0, or -1. */
void fs_listed_cursor_write(const fs_listed_t *listed, char *text);
int fs_listed_cursor_read(fs_str_t text, fs_listed_t *listed);


#pragma GCC visibility pop

#endif /* FS_GOODS_H */
