
/*
 * Talk: comments, what a host does to them, rates, keys, what is erased and
 * what is left of it in the file; activity; damage of rows.
 */

#define _GNU_SOURCE                     /* memmem() */

#include "fixture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "talk/talk.h"
#include "talk/words.h"
#include "text/text.h"


#define NOW   1790000000000LL
#define MARK  "Unmistakable**"

typedef struct {
    char                 path[64];
    fs_annex_conf_t      conf;
    fs_annex_t          *annex;
    unsigned             said;
    fs_talk_rates_t      rates;
    fs_talk_change_t     change;
} talk_t;


static void
talk_log(void *data, fs_say_level_t level, const char *message)
{
    talk_t  *talk = data;

    (void) message;

    talk->said += (level != FS_SAY_INFO);
}


static void
talk_open(talk_t *talk)
{
    int  again;

    memset(&talk->conf, 0, sizeof(talk->conf));
    talk->conf.path = talk->path;
    talk->conf.map_size = 64 << 20;
    talk->conf.readers = 8;
    talk->conf.sync = 0;
    talk->conf.log = talk_log;
    talk->conf.data = talk;

    talk->annex = fs_talk_create(&talk->conf);
    assert_non_null(talk->annex);
    fs_annex_tend(talk->annex, &again);
    assert_int_equal(fs_annex_outcome(talk->annex), FS_OK);
}


static int
talk_setup(void **context)
{
    talk_t  *talk;

    talk = calloc(1, sizeof(*talk));
    assert_non_null(talk);
    strcpy(talk->path, "/tmp/test-talk-XXXXXX");
    assert_non_null(mkdtemp(talk->path));
    talk_open(talk);
    *context = talk;

    return 0;
}


static int
talk_teardown(void **context)
{
    char     command[128];
    talk_t  *talk = *context;

    assert_int_equal(talk->said, 0);
    fs_annex_destroy(talk->annex);
    snprintf(command, sizeof(command), "rm -rf %s", talk->path);
    assert_int_equal(system(command), 0);
    free(talk);

    return 0;
}


static void
slug_of(fs_slug_t *slug, const char *text)
{
    fs_str_t  str = { strlen(text), text };

    fs_slug_set(slug, str);
}


static fs_talk_change_t *
blank(talk_t *talk, fs_talk_op_t op, const char *session)
{
    memset(&talk->change, 0, sizeof(talk->change));
    talk->change.op = op;
    talk->change.comment.at = NOW;
    slug_of(&talk->change.session, session);

    return &talk->change;
}


static fs_outcome_t
apply(talk_t *talk)
{
    fs_talk_change_t  *change = &talk->change;

    assert_int_equal(fs_talk_write(talk->annex, &change, 1, &talk->rates),
                     FS_OK);

    return change->outcome;
}


static fs_talk_change_t *
comment_of(talk_t *talk, const char *session, unsigned who, const char *text,
    int64_t at)
{
    fs_talk_change_t  *change;

    change = blank(talk, FS_TALK_SAY, session);
    fixture_buyer(change->comment.buyer, who);
    change->comment.at = at;
    change->comment.text_len = (uint16_t) strlen(text);
    memcpy(change->comment.text, text, strlen(text));
    change->comment.name_len = sizeof(MARK) - 1;
    memcpy(change->comment.name, MARK, sizeof(MARK) - 1);

    return change;
}


static uint64_t
say(talk_t *talk, const char *session, unsigned who, const char *text,
    int64_t at)
{
    (void) comment_of(talk, session, who, text, at);
    assert_int_equal(apply(talk), FS_OK);

    return talk->change.id;
}


static fs_outcome_t
about(talk_t *talk, fs_talk_op_t op, const char *session, uint64_t id)
{
    blank(talk, op, session)->comment.of = id;

    if (op == FS_TALK_REPLY) {
        talk->change.comment.text_len = 2;
        memcpy(talk->change.comment.text, "ok", 2);
    }

    return apply(talk);
}


/* "kind:id:text " of each row, as hosts and pages read it */

static const char *
told(talk_t *talk, const char *session, uint64_t after, int removals)
{
    static char  buf[4096];

    int           i, n, more;
    size_t        len;
    uint64_t      next;
    fs_slug_t     slug;
    fs_comment_t  comments[16];

    slug_of(&slug, session);
    n = fs_talk_after(talk->annex, &slug, after, removals, comments, 16,
                      &next, &more);
    assert_true(n >= 0);
    assert_int_equal(more, 0);

    len = 0;
    buf[0] = '\0';

    for (i = 0; i < n; i++) {
        len += (size_t) snprintf(buf + len, sizeof(buf) - len, "%c%.*s ",
                                 " +-="[comments[i].kind],
                                 (int) comments[i].text_len,
                                 comments[i].text);
    }

    return buf;
}


static unsigned
in_file(talk_t *talk, const void *what, size_t len)
{
    int           fd;
    char          file[128];
    unsigned      n;
    const char   *map, *p, *end;
    struct stat   st;

    snprintf(file, sizeof(file), "%s/talk/data.mdb", talk->path);
    fd = open(file, O_RDONLY);
    assert_true(fd != -1 && fstat(fd, &st) == 0);
    map = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(map != MAP_FAILED);

    n = 0;
    end = map + st.st_size;

    for (p = map; (p = memmem(p, (size_t) (end - p), what, len)); p++) {
        n++;
    }

    munmap((void *) map, (size_t) st.st_size);
    close(fd);

    return n;
}


static void
wipe(talk_t *talk)
{
    uint64_t  page, left;

    assert_int_equal(fs_annex_step(talk->annex), FS_OK);
    assert_int_equal(fs_annex_step(talk->annex), FS_OK);

    page = 0;
    left = 0;

    do {
        fs_annex_wipe(talk->annex, &page, 64, &left);
    } while (page);

    assert_int_equal(left, 0);
}


static void
test_said(void **context)
{
    int            more;
    talk_t        *talk = *context;
    uint64_t       first, second, other, next;
    fs_slug_t      slug;
    fs_comment_t   comments[2];

    assert_int_equal(fs_talk_last(talk->annex), 0);

    first = say(talk, "fruit", 1, "a", NOW);
    assert_int_equal(first, NOW);
    assert_int_equal(fs_talk_last(talk->annex), first);
    second = say(talk, "fruit", 2, "b", NOW);
    assert_int_equal(second, first + 1);

    /* a session whose name begins with another's, and a clock set back */

    other = say(talk, "fruit-2", 1, "c", NOW - 1000);
    assert_int_equal(other, second + 1);
    say(talk, "frui", 1, "d", NOW);

    assert_string_equal(told(talk, "fruit", 0, 1), "+a +b ");
    assert_string_equal(told(talk, "fruit", first, 1), "+b ");
    assert_string_equal(told(talk, "fruit", second, 1), "");
    assert_string_equal(told(talk, "fruit-2", 0, 1), "+c ");
    assert_string_equal(told(talk, "fru", 0, 1), "");
    assert_string_equal(told(talk, "fruit", UINT64_MAX, 1), "");

    slug_of(&slug, "fruit");
    assert_int_equal(fs_talk_after(talk->annex, &slug, 0, 0, comments, 1,
                                   &next, &more), 1);
    assert_int_equal(more, 1);
    assert_int_equal(next, first);
    assert_int_equal(comments[0].id, first);
    assert_int_equal(fs_talk_newest(talk->annex, &slug, comments, 1), 1);
    assert_int_equal(comments[0].id, second);
    assert_int_equal(fs_talk_newest(talk->annex, &slug, comments, 2), 2);
    assert_int_equal(comments[0].id, first);

    /* what a host does */

    assert_int_equal(about(talk, FS_TALK_REMOVE, "fruit", first), FS_OK);
    assert_int_equal(talk->change.id, first);
    assert_string_equal(told(talk, "fruit", 0, 0), "+b ");
    assert_string_equal(told(talk, "fruit", second, 1), "- ");
    assert_int_equal(about(talk, FS_TALK_REMOVE, "fruit", first), FS_OK);
    assert_string_equal(told(talk, "fruit", second, 1), "- ");
    assert_int_equal(about(talk, FS_TALK_REMOVE, "fruit", other),
                     FS_NOT_FOUND);
    assert_int_equal(about(talk, FS_TALK_REPLY, "fruit", first),
                     FS_WRONG_STATE);
    assert_int_equal(about(talk, FS_TALK_REPLY, "fruit", second), FS_OK);
    next = talk->change.id;
    assert_string_equal(told(talk, "fruit", 0, 0), "+b =ok ");

    /* of those two nobody can be muted, and a removal is no comment */

    assert_int_equal(about(talk, FS_TALK_MUTE, "fruit", next),
                     FS_WRONG_STATE);
    assert_int_equal(about(talk, FS_TALK_REMOVE, "fruit", next - 1),
                     FS_NOT_FOUND);
    assert_int_equal(about(talk, FS_TALK_MUTE, "fruit", 7), FS_NOT_FOUND);

    /* of one that was taken back its writer can */

    assert_int_equal(about(talk, FS_TALK_MUTE, "fruit", first), FS_OK);
    comment_of(talk, "fruit", 1, "e", NOW);
    assert_int_equal(fs_talk_may(talk->annex, &talk->change, &talk->rates),
                     FS_MUTED);
    assert_int_equal(apply(talk), FS_MUTED);
    say(talk, "fruit", 2, "f", NOW);
    say(talk, "fruit-2", 1, "g", NOW);
    assert_string_equal(told(talk, "fruit", 0, 0), "+b =ok +f ");
}


/* What stays on top: the host's last answer, and what it answers. */

static void
test_answered(void **context)
{
    unsigned       i;
    talk_t        *talk = *context;
    uint64_t       first, second, answer;
    fs_slug_t      slug;
    fs_comment_t   comments[2];

    slug_of(&slug, "fruit");
    assert_int_equal(fs_talk_answered(talk->annex, &slug, comments), 0);

    first = say(talk, "fruit", 1, "a", NOW);
    second = say(talk, "fruit", 2, "b", NOW);
    assert_int_equal(fs_talk_answered(talk->annex, &slug, comments), 0);
    assert_int_equal(about(talk, FS_TALK_REPLY, "fruit", first), FS_OK);
    assert_int_equal(about(talk, FS_TALK_REPLY, "fruit", second), FS_OK);
    answer = talk->change.id;
    say(talk, "fruit-2", 1, "c", NOW);
    say(talk, "fruit", 1, "d", NOW);

    assert_int_equal(fs_talk_answered(talk->annex, &slug, comments), 2);
    assert_int_equal(comments[0].id, second);
    assert_int_equal(comments[1].id, answer);

    /* by itself, where what it answers was taken back */

    assert_int_equal(about(talk, FS_TALK_REMOVE, "fruit", second), FS_OK);
    assert_int_equal(fs_talk_answered(talk->annex, &slug, comments), 1);
    assert_int_equal(comments[0].id, answer);

    /* taken back: none, and not the one before */

    assert_int_equal(about(talk, FS_TALK_REMOVE, "fruit", answer), FS_OK);
    assert_int_equal(fs_talk_answered(talk->annex, &slug, comments), 0);

    /* so far back nobody looks */

    assert_int_equal(about(talk, FS_TALK_REPLY, "fruit", first), FS_OK);

    for (i = 1; i < FS_TALK_ANSWERED; i++) {
        say(talk, "fruit", 3, "e", NOW);
    }

    assert_int_equal(fs_talk_answered(talk->annex, &slug, comments), 2);
    say(talk, "fruit", 3, "e", NOW);
    assert_int_equal(fs_talk_answered(talk->annex, &slug, comments), 0);
}


static void
test_keys(void **context)
{
    int                 i;
    talk_t             *talk = *context;
    uint64_t            id;
    fs_talk_change_t   *change;

    change = comment_of(talk, "fruit", 1, "a", NOW);
    change->keyed = 1;
    memset(change->key, 7, sizeof(change->key));
    memset(change->fingerprint, 1, sizeof(change->fingerprint));
    assert_int_equal(apply(talk), FS_OK);
    id = change->id;

    /* replayed whatever the rates say, and by whoever was muted since */

    talk->rates.buyer.n = 1;
    talk->rates.buyer.ms = 1000;
    assert_int_equal(about(talk, FS_TALK_MUTE, "fruit", id), FS_OK);

    for (i = 0; i < 2; i++) {
        change = comment_of(talk, "fruit", 1, "a", NOW);
        change->keyed = 1;
        memset(change->key, 7, sizeof(change->key));
        memset(change->fingerprint, i ? 2 : 1, sizeof(change->fingerprint));
        assert_int_equal(fs_talk_may(talk->annex, change, &talk->rates),
                         i ? FS_KEY_REUSED : FS_REPLAYED);
        assert_int_equal(apply(talk), i ? FS_KEY_REUSED : FS_REPLAYED);
        assert_int_equal(change->id, id);
    }

    /* of another buyer it is another key */

    change = comment_of(talk, "fruit", 2, "a", NOW);
    change->keyed = 1;
    memset(change->key, 7, sizeof(change->key));
    assert_int_equal(apply(talk), FS_OK);
    assert_string_equal(told(talk, "fruit", 0, 0), "+a +a ");
}


static void
test_rates(void **context)
{
    talk_t  *talk = *context;

    talk->rates.buyer.n = 2;
    talk->rates.buyer.ms = 10000;

    say(talk, "fruit", 1, "a", NOW);
    say(talk, "pantry", 1, "b", NOW + 4000);
    comment_of(talk, "fruit", 1, "c", NOW + 9999);
    assert_int_equal(fs_talk_may(talk->annex, &talk->change, &talk->rates),
                     FS_TOO_FAST);
    assert_int_equal(apply(talk), FS_TOO_FAST);
    assert_int_equal(talk->change.rest_ms, 1);
    say(talk, "fruit", 2, "d", NOW + 9999);
    say(talk, "fruit", 1, "e", NOW + 10000);
    comment_of(talk, "fruit", 1, "f", NOW + 10000);
    assert_int_equal(apply(talk), FS_TOO_FAST);
    assert_int_equal(talk->change.rest_ms, 4000);

    /* a clock that was wrong for a moment stops nobody */

    say(talk, "fruit", 3, "g", NOW + 1000000);
    say(talk, "fruit", 3, "h", NOW + 1000000);
    say(talk, "fruit", 3, "i", NOW + 20000);

    /* of a session, whoever it is; a host is not counted */

    talk->rates.buyer.n = 0;
    talk->rates.session.n = 3;
    talk->rates.session.ms = 1000;
    say(talk, "rice", 1, "a", NOW);
    say(talk, "rice", 2, "b", NOW);
    assert_int_equal(about(talk, FS_TALK_REPLY, "rice", talk->change.id),
                     FS_OK);
    say(talk, "rice", 3, "c", NOW);
    comment_of(talk, "rice", 4, "d", NOW + 999);
    assert_int_equal(apply(talk), FS_TOO_FAST);
    say(talk, "rice", 4, "d", NOW + 1000);
}


static void
test_erased(void **context)
{
    unsigned       i;
    talk_t        *talk = *context;
    uint8_t        buyer[FS_BUYER_LEN];
    uint64_t       id, kept;
    fs_slug_t      slug;
    fs_comment_t   comments[16];

    for (i = 0; i < 300; i++) {
        id = say(talk, i % 2 ? "fruit" : "pantry", 1, "mine", NOW + i);
    }

    kept = say(talk, "fruit", 2, "theirs", NOW);
    fixture_buyer(buyer, 1);
    assert_true(in_file(talk, MARK, sizeof(MARK) - 1) >= 301);
    assert_true(in_file(talk, buyer, sizeof(buyer)) >= 300);

    blank(talk, FS_TALK_ERASE, "fruit");
    fixture_buyer(talk->change.comment.buyer, 1);
    assert_int_equal(apply(talk), FS_OK);
    assert_int_equal(about(talk, FS_TALK_REMOVE, "fruit", kept), FS_OK);
    assert_int_equal(about(talk, FS_TALK_MUTE, "fruit", id),
                     FS_WRONG_STATE);
    blank(talk, FS_TALK_ERASE, "fruit");
    fixture_buyer(talk->change.comment.buyer, 2);
    assert_int_equal(apply(talk), FS_OK);
    wipe(talk);

    assert_int_equal(in_file(talk, MARK, sizeof(MARK) - 1), 0);
    assert_int_equal(in_file(talk, buyer, sizeof(buyer)), 0);
    assert_int_equal(in_file(talk, "theirs", 6), 0);

    /* what was said is there, nobody's */

    slug_of(&slug, "fruit");
    assert_int_equal(fs_talk_newest(talk->annex, &slug, comments, 16), 16);
    assert_int_equal(comments[15].id, id);
    assert_int_equal(comments[15].name_len, 0);
    assert_int_equal(comments[15].text_len, 4);

    /* and with its session it goes */

    blank(talk, FS_TALK_FORGET, "fruit");
    assert_int_equal(apply(talk), FS_OK);
    blank(talk, FS_TALK_FORGET, "pantry");
    assert_int_equal(apply(talk), FS_OK);
    assert_int_equal(fs_talk_count(talk->annex), 0);
    wipe(talk);
    assert_int_equal(in_file(talk, "mine", 4), 0);
}


/* More rows than a step erases: the rest goes in sweeps, also after whoever
 * asked was killed. */

static void
test_steps(void **context)
{
    int                more;
    talk_t            *talk = *context;
    unsigned           i, n, erased, rounds;
    uint8_t            buyer[FS_BUYER_LEN];
    fs_slug_t          sessions[FS_TALK_LOOKS];
    fs_talk_sweep_t    sweep;
    fs_talk_change_t  *many[FS_TALK_BATCH], *changes;

    changes = calloc(FS_TALK_BATCH, sizeof(*changes));
    assert_non_null(changes);

    for (n = 0; n < 2; n++) {
        for (i = 0; i < FS_TALK_BATCH; i++) {
            changes[i] = *comment_of(talk, "fruit", 1, "mine", NOW);
            many[i] = &changes[i];
        }

        for (i = 0; i < 5; i++) {
            assert_int_equal(fs_talk_write(talk->annex, many, FS_TALK_BATCH,
                                           &talk->rates), FS_OK);
        }
    }

    free(changes);

    blank(talk, FS_TALK_ERASE, "fruit");
    fixture_buyer(talk->change.comment.buyer, 1);
    assert_int_equal(apply(talk), FS_ACCEPTED);

    fs_annex_destroy(talk->annex);
    talk_open(talk);

    memset(&sweep, 0, sizeof(sweep));
    rounds = 0;

    do {
        n = fs_talk_sweep(talk->annex, &sweep, NOW, INT64_MIN, sessions,
                          &erased, &more);
        assert_true(rounds++ < 16);
    } while (more || rounds < 3);

    wipe(talk);
    fixture_buyer(buyer, 1);
    assert_int_equal(in_file(talk, buyer, sizeof(buyer)), 0);
    assert_int_equal(fs_talk_count(talk->annex), 2560);
}


static void
test_swept(void **context)
{
    int               more;
    talk_t           *talk = *context;
    unsigned          i, n, erased;
    uint64_t          after;
    fs_slug_t         sessions[FS_TALK_LOOKS];
    fs_activity_t     activities[16];
    fs_talk_sweep_t   sweep;

    for (i = 0; i < 4; i++) {
        comment_of(talk, i % 2 ? "fruit" : "pantry", i, "a", NOW + i);
        talk->change.keyed = 1;
        talk->change.key[0] = (uint8_t) i;
        assert_int_equal(apply(talk), FS_OK);
    }

    blank(talk, FS_TALK_NOTE, "x");
    talk->change.activity.kind = FS_ACTIVITY_REFUSED;
    talk->change.activity.n = 17;
    talk->change.activity.at = NOW + 4;
    talk->change.activity.code_len = 8;
    memcpy(talk->change.activity.code, "sold_out", 8);
    slug_of(&talk->change.activity.subject, "grape");
    fixture_buyer(talk->change.activity.buyer, 9);
    assert_int_equal(apply(talk), FS_OK);

    assert_int_equal(fs_talk_activity(talk->annex, 0, activities, 4, &more),
                     4);
    assert_int_equal(more, 1);
    assert_int_equal(activities[0].kind, FS_ACTIVITY_COMMENT);
    assert_int_equal(fs_talk_activity(talk->annex, activities[3].id,
                                      activities, 4, &more), 1);
    assert_int_equal(activities[0].kind, FS_ACTIVITY_REFUSED);
    assert_int_equal(activities[0].n, 17);

    /* from a time on: what lies before its place is of before */

    for (i = 0; i < 7; i++) {
        assert_int_equal(fs_talk_activity_since(talk->annex, NOW + i, &after),
                         0);
        assert_int_equal(fs_talk_activity(talk->annex, after, activities, 16,
                                          &more), i < 5 ? 5 - i : 0);
    }

    memset(&sweep, 0, sizeof(sweep));
    n = fs_talk_sweep(talk->annex, &sweep, NOW, NOW + 1, sessions, &erased,
                      &more);
    assert_int_equal(n, 2);
    assert_int_equal(more, 0);
    assert_int_equal(erased, 2);
    assert_memory_equal(sessions[0].data, "fruit", 5);
    assert_memory_equal(sessions[1].data, "pantry", 6);
    assert_int_equal(fs_talk_activity(talk->annex, 0, activities, 16, &more),
                     3);

    /* yesterday's keys, and all activity */

    n = fs_talk_sweep(talk->annex, &sweep, NOW + 1 + FS_KEY_KEPT_MS,
                      NOW + 100, sessions, &erased, &more);
    assert_int_equal(erased, 3 + 2);
    assert_int_equal(fs_talk_activity(talk->annex, 0, activities, 16, &more),
                     0);
    assert_int_equal(fs_talk_activity_since(talk->annex, NOW, &after), 0);
    assert_int_equal(after, 0);
}


static void
test_rows(void **context)
{
    char           text[FS_COMMENT_JSON_MAX];
    uint8_t        row[FS_COMMENT_ROW_MAX], copy[FS_COMMENT_ROW_MAX];
    unsigned       i;
    fs_str_t       str = { 0, (char *) row };
    fs_writer_t    writer;
    fs_comment_t   comment, again;
    fs_activity_t  activity, other;

    static const uint8_t  places[] = { 0, 1, 2, 3, 4, 6, 55, 56 };

    (void) context;

    memset(&comment, 0, sizeof(comment));
    comment.kind = FS_TALK_ANSWER;
    comment.of = 5;
    comment.at = NOW;
    comment.name_len = 3;
    memcpy(comment.name, "李", 3);
    comment.text_len = 4;
    memcpy(comment.text, "a\"李", 4);
    comment.text_len = 5;
    memcpy(comment.text, "a\"李", 5);
    fixture_buyer(comment.buyer, 3);

    str.len = fs_comment_row_encode(&comment, row);
    assert_int_equal(fs_comment_row_decode(&again, str), 0);
    assert_memory_equal(&again, &comment, sizeof(comment));
    memcpy(copy, row, str.len);

    for (i = 0; i < sizeof(places); i++) {
        row[places[i]] = 0xff;
        assert_int_equal(fs_comment_row_decode(&again, str), -1);
        memcpy(row, copy, str.len);
    }

    str.len--;
    assert_int_equal(fs_comment_row_decode(&again, str), -1);

    comment.id = 9;
    fs_writer_begin(&writer, text, sizeof(text));
    fs_write_comment(&writer, &comment);
    i = (unsigned) fs_writer_end(&writer);
    text[i] = '\0';
    assert_string_equal(text, "{\"comment\":9,\"name\":\"李\",\"text\":"
                        "\"a\\\"李\",\"at\":1790000000000,\"answers\":5}");

    /* the longest one, of what grows most, fits */

    memset(comment.text, '"', FS_COMMENT_MAX);
    comment.text_len = FS_COMMENT_MAX;
    comment.name_len = FS_SHOWN_MAX;
    memset(comment.name, '"', FS_SHOWN_MAX);
    fs_writer_begin(&writer, text, sizeof(text));
    fs_write_comment(&writer, &comment);
    assert_true(fs_writer_end(&writer) > 0);

    memset(&activity, 0, sizeof(activity));
    activity.kind = FS_ACTIVITY_REFUSED;
    activity.n = 3;
    activity.at = NOW;
    activity.code_len = 8;
    memcpy(activity.code, "sold_out", 8);
    slug_of(&activity.subject, "grape");
    str.len = fs_activity_row_encode(&activity, row);
    assert_int_equal(fs_activity_row_decode(&other, str), 0);
    assert_memory_equal(&other, &activity, sizeof(activity));
    i = (unsigned) fs_answer_activity(text, sizeof(text), &activity);
    text[i] = '\0';
    assert_string_equal(text, "{\"id\":0,\"at\":1790000000000,\"kind\":"
        "\"refused\",\"buyer\":\"00000000000000000000000000000000\",\"sale\":"
        "\"grape\",\"code\":\"sold_out\",\"taps\":3}");
    memcpy(copy, row, str.len);

    for (i = 0; i < 4; i++) {
        row[i] = 0xff;
        assert_int_equal(fs_activity_row_decode(&other, str), -1);
        memcpy(row, copy, str.len);
    }

    row[FS_ACTIVITY_HEAD] = 'A';
    assert_int_equal(fs_activity_row_decode(&other, str), -1);

    /* of the shop: about nothing else */

    memset(&activity, 0, sizeof(activity));
    activity.kind = FS_ACTIVITY_CAME;
    activity.of = FS_ACTIVITY_OF_SHOP;
    activity.at = NOW;
    activity.code_len = 7;
    memcpy(activity.code, "point-1", 7);
    str.len = fs_activity_row_encode(&activity, row);
    assert_int_equal(fs_activity_row_decode(&other, str), 0);
    assert_memory_equal(&other, &activity, sizeof(activity));
    i = (unsigned) fs_answer_activity(text, sizeof(text), &activity);
    text[i] = '\0';
    assert_string_equal(text, "{\"id\":0,\"at\":1790000000000,\"kind\":"
        "\"came\",\"buyer\":\"00000000000000000000000000000000\",\"via\":"
        "\"point-1\"}");

    row[2] = FS_ACTIVITY_OF_SALE;
    assert_int_equal(fs_activity_row_decode(&other, str), -1);

    activity.kind = FS_ACTIVITY_SHARE;
    activity.of = FS_ACTIVITY_OF_SESSION;
    slug_of(&activity.subject, "fruit");
    str.len = fs_activity_row_encode(&activity, row);
    assert_int_equal(fs_activity_row_decode(&other, str), 0);
    i = (unsigned) fs_answer_activity(text, sizeof(text), &other);
    text[i] = '\0';
    assert_non_null(strstr(text, "\"session\":\"fruit\",\"how\":"
                                 "\"point-1\"}"));

    row[2] = FS_ACTIVITY_OF_SHOP;
    assert_int_equal(fs_activity_row_decode(&other, str), -1);
}


static void
test_shown(void **context)
{
    char          name[FS_SHOWN_MAX];
    fs_contact_t  contact;

    (void) context;

    memset(&contact, 0, sizeof(contact));
    contact.name_len = 9;
    memcpy(contact.name, "李阿姨", 9);
    assert_int_equal(fs_contact_shown(NULL, name), 0);
    assert_int_equal(fs_contact_shown(&contact, name), 0);
    contact.consent = 1u << FS_CONSENT_NOTICES;
    assert_int_equal(fs_contact_shown(&contact, name), 0);
    contact.consent = 1u << FS_CONSENT_LABELS;
    assert_int_equal(fs_contact_shown(&contact, name), 5);
    assert_memory_equal(name, "李**", 5);
    contact.leaving = 1;
    assert_int_equal(fs_contact_shown(&contact, name), 0);
}


static fs_str_t
str_of(const char *text)
{
    fs_str_t  str = { strlen(text), text };

    return str;
}


static void
test_words(void **context)
{
    char         folded[256];
    size_t       i, len;
    fs_fault_t   fault;
    fs_words_t   words;

    static const char  *folds[][2] = {
        { "Ab c", "abc" },
        { "ＡＢｃ１！", "abc1!" },
        { " \xe3\x80\x80加\xe2\x80\x8b微\t信 ", "加微信" },
        { "ÀÉ×Ω ЖЁ", "àé×ωжё" },
        { "e\xcc\x81", "e" },
        { "\xff\xfe", "" },
        { "🍇", "🍇" }
    };

    static const char  *taken[] = { "", "微信", "加一微信", "we chap", "5" };
    static const char  *not_taken[] = {
        "加微信", "加 微　信", "请ＷＥchatてす", "WE CHAT", "q q 1 2"
    };

    (void) context;

    for (i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
        len = fs_words_fold(str_of(folds[i][0]), folded);
        assert_int_equal(len, strlen(folds[i][1]));
        assert_memory_equal(folded, folds[i][1], len);
    }

    memset(&words, 0, sizeof(words));
    assert_int_equal(fs_words_read(&words, str_of("{\"words\":[\"加微信\","
        "\"\\u0057eChat\",7,\"\",\" \",null,\"QQ１２\"],\"other\":[1]}")), 0);
    assert_int_equal(words.n, 3);

    for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        assert_int_equal(fs_words_allow(&words, str_of(taken[i]), &fault), 0);
    }

    for (i = 0; i < sizeof(not_taken) / sizeof(not_taken[0]); i++) {
        assert_int_equal(fs_words_allow(&words, str_of(not_taken[i]), &fault),
                         -1);
        assert_int_equal(fault.outcome, FS_NOT_ALLOWED);
        assert_string_equal(fault.field, "text");
    }

    assert_non_null(strstr(fault.rule, "QQ１２"));

    /* # is any digit, whatever stands between them */

    assert_int_equal(fs_words_read(&words, str_of("{\"words\":["
        "\"1######\",\"#元\"]}")), 0);
    assert_int_equal(fs_words_allow(&words, str_of("234567"), &fault), 0);
    assert_int_equal(fs_words_allow(&words, str_of("223456 7890"), &fault),
                     0);
    assert_int_equal(fs_words_allow(&words, str_of("123456"), &fault), 0);
    assert_int_equal(fs_words_allow(&words, str_of("#元"), &fault), -1);
    assert_int_equal(fs_words_allow(&words, str_of("元"), &fault), 0);
    assert_int_equal(fs_words_allow(&words, str_of("9１3 8 0-"), &fault), 0);
    assert_int_equal(fs_words_allow(&words, str_of("打1 3８ 0013"), &fault),
                     -1);

    /* another document takes its place; what is none has no words */

    assert_int_equal(fs_words_read(&words, str_of("{\"words\":\"x\"}")), 0);
    assert_int_equal(fs_words_allow(&words, str_of("WeChat"), &fault), 0);
    assert_int_equal(fs_words_read(&words, str_of("{\"words\":[\"李\"]}")),
                     0);
    assert_int_equal(fs_words_allow(&words, str_of("桃李"), &fault), -1);
    assert_int_equal(fs_words_read(&words, str_of("{")), 0);
    assert_int_equal(fs_words_allow(&words, str_of("桃李"), &fault), 0);

    fs_words_free(&words);
}


static void
test_requests(void **context)
{
    int                    i;
    char                   body[2048];
    size_t                 len;
    unsigned               n;
    fs_fault_t             fault;
    fs_comment_request_t   request;

    (void) context;

    assert_int_equal(fs_request_comment(str_of("{\"text\":\" 甜吗 　\"}"),
                                        &request, &fault), 0);
    assert_int_equal(request.text_len, 6);
    assert_memory_equal(request.text, "甜吗", 6);

    /* 200 characters of four bytes each; one more is too many of any */

    for (i = 0; i < 4; i++) {
        len = (size_t) sprintf(body, i & 2 ? "text=" : "{\"text\":\"");

        for (n = 0; n < FS_COMMENT_CHARS + (unsigned) (i & 1); n++) {
            memcpy(body + len, i & 1 ? "é" : "🍇", i & 1 ? 2 : 4);
            len += i & 1 ? 2 : 4;
        }

        (void) strcpy(body + len, i & 2 ? "&csrf=x&idempotency_key=k"
                                        : "\"}");

        assert_int_equal((i & 2 ? fs_request_comment_form
                                : fs_request_comment)(str_of(body), &request,
                                                      &fault),
                         i & 1 ? -1 : 0);

        if (i & 1) {
            assert_string_equal(fault.field, "text");

        } else {
            assert_int_equal(request.text_len, FS_COMMENT_MAX);
        }
    }

    assert_int_equal(fs_request_about(str_of("{\"comment\":5}"), &request,
                                      &fault), 0);
    assert_int_equal(request.comment, 5);
    assert_int_equal(fs_request_about(str_of("{\"comment\":0}"), &request,
                                      &fault), -1);
    assert_int_equal(fs_request_about(str_of("{\"comment\":5,\"text\":"
                                             "\"a\"}"), &request, &fault),
                     -1);
    assert_int_equal(fs_request_reply(str_of("{\"comment\":5}"), &request,
                                      &fault), -1);
    assert_int_equal(fs_request_reply(str_of("{\"comment\":5,\"text\":"
                                             "\" a \"}"), &request, &fault),
                     0);
    assert_int_equal(request.text_len, 1);
    assert_int_equal(fs_request_comment_form(str_of("csrf=x"), &request,
                                             &fault), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_requests),
        cmocka_unit_test_setup_teardown(test_said, talk_setup,
                                        talk_teardown),
        cmocka_unit_test_setup_teardown(test_answered, talk_setup,
                                        talk_teardown),
        cmocka_unit_test_setup_teardown(test_keys, talk_setup,
                                        talk_teardown),
        cmocka_unit_test_setup_teardown(test_rates, talk_setup,
                                        talk_teardown),
        cmocka_unit_test_setup_teardown(test_erased, talk_setup,
                                        talk_teardown),
        cmocka_unit_test_setup_teardown(test_steps, talk_setup,
                                        talk_teardown),
        cmocka_unit_test_setup_teardown(test_swept, talk_setup,
                                        talk_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
