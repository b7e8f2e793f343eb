
#define _GNU_SOURCE                     /* memmem() */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#include "talk/words.h"


static uint32_t fs_words_point(const char *p, size_t n);
static uint32_t fs_words_fold_point(uint32_t point);
static size_t fs_words_put(uint32_t point, char *p);
static int fs_words_has(const char *text, size_t len, fs_str_t word);


static uint32_t
fs_words_point(const char *p, size_t n)
{
    const uint8_t  *b = (const uint8_t *) p;

    switch (n) {

    case 1:
        return b[0];

    case 2:
        return (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu);

    case 3:
        return (b[0] & 0x0fu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);

    default:
        return (b[0] & 0x07u) << 18 | (b[1] & 0x3fu) << 12
               | (b[2] & 0x3fu) << 6 | (b[3] & 0x3fu);
    }
}


/* 0: it goes.  Nothing becomes longer than it was. */

static uint32_t
fs_words_fold_point(uint32_t point)
{
    /* wide letters, digits and signs */

    if (point >= 0xff01 && point <= 0xff5e) {
        point -= 0xff01 - 0x21;
    }

    /* blanks, controls, what joins or turns, marks that stand on a letter */

    if (point <= 0x20 || point == 0x7f || (point >= 0x80 && point <= 0xa0)
        || point == 0xad
        || (point >= 0x300 && point <= 0x36f)
        || point == 0x1680 || point == 0x180e
        || (point >= 0x2000 && point <= 0x200f)
        || (point >= 0x2028 && point <= 0x202f)
        || (point >= 0x205f && point <= 0x206f)
        || point == 0x3000 || point == 0x3164
        || (point >= 0xfe00 && point <= 0xfe0f) || point == 0xfeff)
    {
        return 0;
    }

    /* Latin, Greek and Cyrillic capitals */

    if ((point >= 'A' && point <= 'Z')
        || (point >= 0xc0 && point <= 0xde && point != 0xd7)
        || (point >= 0x391 && point <= 0x3a9)
        || (point >= 0x410 && point <= 0x42f))
    {
        return point + 0x20;
    }

    if (point >= 0x400 && point <= 0x40f) {
        return point + 0x50;
    }

    if (point >= 0x100 && point <= 0x137) {
        return point | 1;
    }

    return point;
}


static size_t
fs_words_put(uint32_t point, char *p)
{
    if (point < 0x80) {
        p[0] = (char) point;
        return 1;
    }

    if (point < 0x800) {
        p[0] = (char) (0xc0 | point >> 6);
        p[1] = (char) (0x80 | (point & 0x3f));
        return 2;
    }

    if (point < 0x10000) {
        p[0] = (char) (0xe0 | point >> 12);
        p[1] = (char) (0x80 | (point >> 6 & 0x3f));
        p[2] = (char) (0x80 | (point & 0x3f));
        return 3;
    }

    p[0] = (char) (0xf0 | point >> 18);
    p[1] = (char) (0x80 | (point >> 12 & 0x3f));
    p[2] = (char) (0x80 | (point >> 6 & 0x3f));
    p[3] = (char) (0x80 | (point & 0x3f));

    return 4;
}


size_t
fs_words_fold(fs_str_t text, char *folded)
{
    size_t       n, len;
    uint32_t     point;
    const char  *p, *end;

    len = 0;
    end = text.data + text.len;

    for (p = text.data; p < end; p += n) {
        n = fs_utf8_length(p, end);

        if (n == 0) {
            n = 1;
            continue;
        }

        point = fs_words_fold_point(fs_words_point(p, n));

        if (point) {
            len += fs_words_put(point, folded + len);
        }
    }

    return len;
}


/* Both folded.  Words and texts are short: each place is tried. */

static int
fs_words_has(const char *text, size_t len, fs_str_t word)
{
    size_t  i, at;

    if (memchr(word.data, '#', word.len) == NULL) {
        return memmem(text, len, word.data, word.len) != NULL;
    }

    for (at = 0; at + word.len <= len; at++) {
        for (i = 0; i < word.len; i++) {
            if (word.data[i] != text[at + i]
                && (word.data[i] != '#'
                    || text[at + i] < '0' || text[at + i] > '9'))
            {
                break;
            }
        }

        if (i == word.len) {
            return 1;
        }
    }

    return 0;
}


int
fs_words_read(fs_words_t *words, fs_str_t doc)
{
    char         why[128];
    char        *p;
    size_t       i;
    fs_str_t     word;
    yajl_val     tree, list;

    static const char  *path[] = { "words", NULL };

    if (words->doc && words->doc_len == doc.len
        && memcmp(words->doc, doc.data, doc.len) == 0)
    {
        return 0;
    }

    fs_words_free(words);

    /* yajl's trees want an end */

    words->doc = malloc(doc.len + 1);

    if (words->doc == NULL) {
        return -1;
    }

    memcpy(words->doc, doc.data, doc.len);
    words->doc[doc.len] = '\0';

    tree = yajl_tree_parse(words->doc, why, sizeof(why));
    list = tree ? yajl_tree_get(tree, path, yajl_t_array) : NULL;

    if (list && YAJL_GET_ARRAY(list)->len) {

        /* a word is no longer than it is in the document, quotes included,
         * and is there twice: folded, and as it is */

        words->folded = malloc(2 * doc.len);
        words->words = calloc(2 * YAJL_GET_ARRAY(list)->len,
                              sizeof(fs_str_t));

        if (words->folded == NULL || words->words == NULL) {
            yajl_tree_free(tree);
            fs_words_free(words);
            return -1;
        }

        words->plain = words->words + YAJL_GET_ARRAY(list)->len;
        p = words->folded;

        for (i = 0; i < YAJL_GET_ARRAY(list)->len; i++) {
            word.data = YAJL_GET_STRING(YAJL_GET_ARRAY(list)->values[i]);

            if (word.data == NULL) {
                continue;
            }

            word.len = strlen(word.data);

            words->words[words->n].data = p;
            words->words[words->n].len = fs_words_fold(word, p);

            if (words->words[words->n].len == 0) {
                continue;
            }

            p += words->words[words->n].len;
            words->plain[words->n].data = p;
            words->plain[words->n].len = word.len;
            memcpy(p, word.data, word.len);
            p += word.len;
            words->n++;
        }
    }

    if (tree) {
        yajl_tree_free(tree);
    }

    words->doc_len = doc.len;

    return 0;
}


void
fs_words_free(fs_words_t *words)
{
    free(words->doc);
    free(words->folded);
    free(words->words);
    memset(words, 0, sizeof(*words));
}


int
fs_words_allow(const fs_words_t *words, fs_str_t text, fs_fault_t *fault)
{
    char              folded[FS_WORDS_TEXT];
    size_t            len, shown;
    char              rule[sizeof(fault->rule)];
    unsigned          i;
    fs_str_t          field = fs_str("text");
    const fs_str_t   *plain;

    if (text.len > sizeof(folded)) {
        text.len = sizeof(folded);
    }

    len = fs_words_fold(text, folded);

    for (i = 0; i < words->n; i++) {
        if (fs_words_has(folded, len, words->words[i])) {
            break;
        }
    }

    if (i == words->n) {
        return 0;
    }

    /* cut between characters */

    plain = &words->plain[i];

    for (shown = 0; shown < plain->len; shown += len) {
        len = fs_utf8_length(plain->data + shown, plain->data + plain->len);

        if (len == 0 || shown + len > 64) {
            break;
        }
    }

    (void) snprintf(rule, sizeof(rule), "has none of the shop's words: %.*s",
                    (int) shown, plain->data);

    return fs_fault(fault, FS_NOT_ALLOWED, field, rule);
}
