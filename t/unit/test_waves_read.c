
/*
 * Waves as they are read: one, page by page, a list of them, lines by where
 * their goods are.
 */

#include "wave_rows.h"

#include "read/view_waves.h"


/* As it is read: a wave, a list of waves, pages of lines. */

static void
test_views(void **context)
{
    int             len, more;
    char            json[16384], cursor[FS_LISTED_CURSOR_LEN], wanted[1024];
    size_t          n, i, j, seen;
    uint32_t        egg, plum, xingfu, yangguang;
    fs_seq_t        first;
    fs_str_t        none = fs_str(""), text;
    fs_wave_t       waves[4];
    fs_view_t       view;
    fs_names_t      names;
    fs_tally_t      tally;
    fixture_t      *fixture = *context;
    fs_listed_t     lines[8], forth[16], after;
    fs_reader_t    *reader;
    fs_wave_page_t  page;
    fs_wave_line_t *of = page.lines;

    egg = waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);
    waves_sale(fixture, "berry", 9, FS_GOAL_BY_SALE);
    plum = waves_sale(fixture, "plum", 0, FS_GOAL_BY_SALE);
    xingfu = waves_point(fixture, "xingfu");
    yangguang = waves_point(fixture, "yangguang");

    assert_string_equal(waves_put(fixture, "a", "egg", fixture->wall, 0),
                        "created");
    first = waves_buy(fixture, 1, egg, 2, "yangguang");

    for (i = 0; i < 5; i++) {
        waves_buy(fixture, (unsigned) i + 2, egg, 1, "xingfu");
        waves_buy(fixture, (unsigned) i + 2, plum, 3, "xingfu");
    }

    waves_buy(fixture, 9, egg, 4, NULL);
    waves_buy(fixture, 9, 2, 1, "xingfu");
    assert_string_equal(waves_put(fixture, "b", "plum berry egg",
                                  fixture->wall + 1000, 0), "created");
    assert_string_equal(waves_put(fixture, "c", "egg", CUT, 0), "created");

    reader = fs_reader_create(fixture->store);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);

    /* not frozen: as if it were now */

    assert_int_equal(fs_view_wave_page(&view, fixture_str("b"), none, &page),
                     FS_OK);
    assert_int_equal(page.wave.frozen, 0);
    assert_int_equal(page.n, 4);
    assert_false(page.more);
    assert_int_equal(fs_view_wave_page(&view, fixture_str("x"), none, &page),
                     FS_NOT_FOUND);
    assert_int_equal(fs_view_wave_page(&view, fixture_str("X"), none, &page),
                     FS_NOT_FOUND);
    assert_int_equal(fs_view_wave_page(&view, fixture_str("b"),
                                       fixture_str("x"), &page),
                     FS_BAD_REQUEST);
    fs_view_close(&view);

    fixture_pass(fixture, 1000);
    fixture_timers(fixture, 10);
    waves_buy(fixture, 20, egg, 1, "xingfu");
    assert_string_equal(waves_receive(fixture, "b", "xingfu", "egg", 3, 0),
                        "ok");

    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    fs_view_names(&view, fixture->crypto, &names);
    assert_int_equal(fs_view_wave_page(&view, fixture_str("b"), none, &page),
                     FS_OK);
    assert_int_equal(page.n, 4);
    assert_false(page.more);
    assert_int_equal(of[0].pickup, 0);
    assert_int_equal(of[1].pickup, xingfu);
    assert_int_equal(of[1].sale, egg);
    assert_int_equal(of[2].sale, plum);
    assert_int_equal(of[3].pickup, yangguang);

    len = fs_answer_wave(json, sizeof(json), &page, &names);
    snprintf(wanted, sizeof(wanted),
             "{\"id\":\"b\",\"seq\":%llu,\"cut_at\":%lld,"
             "\"day\":\"2026-11-30\",\"sales\":[\"plum\",\"berry\",\"egg\"],"
             "\"points\":[{\"pickup\":null,\"lines\":[{\"sale\":\"egg\","
             "\"ordered\":4,\"received\":0,\"awaited\":4,\"ready\":0,"
             "\"handed_over\":0,\"short\":0,\"final\":false}]},"
             "{\"pickup\":\"xingfu\",\"lines\":[{\"sale\":\"egg\","
             "\"ordered\":5,\"received\":3,\"awaited\":2,\"ready\":3,",
             (unsigned long long) page.wave.frozen,
             (long long) page.wave.cut_at);
    assert_true(len > 0 && (size_t) len < FS_WAVE_JSON_MAX
                                          + 4 * FS_WAVE_LINE_JSON_MAX);
    assert_memory_equal(json, wanted, strlen(wanted));
    assert_memory_equal(json + len - 17, "}]}],\"next\":null}", 17);
    assert_int_equal(fs_answer_wave(json, 100, &page, &names), -1);

    /* a page is of whole points: that of three lines does not fit */

    fs_view_wave_lines(&view, 0, 2, &page);
    assert_int_equal(page.n, 1);
    assert_true(page.more);
    fs_view_wave_lines(&view, 0, 3, &page);
    assert_int_equal(page.n, 3);
    assert_true(page.more);
    len = fs_answer_wave(json, sizeof(json), &page, &names);
    assert_memory_equal(json + len - 33,
                        "}]}],\"more\":true,\"next\":\"xingfu\"}", 33);
    assert_int_equal(fs_view_wave_page(&view, fixture_str("b"),
                                       fixture_str("xingfu"), &page), FS_OK);
    assert_int_equal(page.n, 1);
    assert_int_equal(of[0].pickup, yangguang);
    assert_int_equal(of[0].tally.ordered, 2);
    assert_false(page.more);
    assert_int_equal(fs_view_wave_page(&view, fixture_str("b"),
                                       fixture_str("yangguang"), &page),
                     FS_OK);
    assert_int_equal(page.n, 0);
    assert_false(page.more);

    /* one row */

    assert_true(fs_view_tally(&view, egg, xingfu, 1, &tally));
    assert_int_equal(tally.ordered, 5);
    assert_false(fs_view_tally(&view, egg, xingfu, 9, &tally));
    assert_int_equal(tally.ordered, 0);

    /* waves by name */

    assert_int_equal(fs_view_waves(&view, none, 2, waves, &more), 2);
    assert_true(more);
    len = fs_answer_waves(json, sizeof(json), waves, 2, more, &names);
    assert_true(len > 0);
    json[len] = '\0';
    assert_non_null(strstr(json, "\"next\":\"b\"}"));
    assert_int_equal(fs_view_waves(&view, fixture_str("b"), 2, waves, &more),
                     1);
    assert_false(more);
    len = fs_answer_waves(json, sizeof(json), waves, 1, more, &names);
    json[len] = '\0';
    assert_non_null(strstr(json, "{\"waves\":[{\"id\":\"c\",\"seq\":null,"));
    assert_non_null(strstr(json, "\"next\":null}"));

    /* pages of three: each line once, in order */

    seen = 0;
    more = 1;
    memset(&after, 0, sizeof(after));

    for (i = 0; more; i++) {
        n = fs_view_lines(&view, xingfu, FS_GOODS_AWAITED,
                          i == 0 ? NULL : &after, 3, lines, &more);
        assert_true(n == 3 || !more);
        seen += n;
        fs_listed_cursor_write(&lines[n - 1], cursor);
        text.len = sizeof(cursor);
        text.data = cursor;
        assert_int_equal(fs_listed_cursor_read(text, &after), 0);
        assert_int_equal(after.sold, lines[n - 1].sold);
        assert_true(i < 10);
    }

    assert_int_equal(seen, 2 + 1 + 5 + 1);

    /* and back, from the last one: the same lines */

    n = fs_view_lines(&view, xingfu, FS_GOODS_AWAITED, NULL, 16, forth, &more);
    assert_int_equal(n, seen);
    more = 1;

    for (i = 0; more; i += 2) {
        n = fs_view_newest_lines(&view, xingfu, FS_GOODS_AWAITED,
                                 i == 0 ? NULL : &after, 2, lines, &more);
        assert_int_equal(n, more ? 2 : 1);

        for (j = 0; j < n; j++) {
            assert_int_equal(lines[j].hold, forth[seen - 1 - i - j].hold);
            assert_int_equal(lines[j].sale, forth[seen - 1 - i - j].sale);
        }

        after = lines[n - 1];
    }

    assert_int_equal(i, seen + 1);
    assert_int_equal(fs_view_newest_lines(&view, UINT32_MAX,
                                          FS_GOODS_AWAITED, NULL, 2, lines,
                                          &more), 0);
    assert_false(more);

    assert_int_equal(fs_view_wave_listed(&view, xingfu, FS_GOODS_AWAITED, egg,
                                         1, 0, 8, lines, &more), 2);
    assert_int_equal(fs_view_wave_listed(&view, xingfu, FS_GOODS_AWAITED, egg,
                                         1, lines[0].sold, 8, lines, &more),
                     1);
    assert_int_equal(fs_view_wave_listed(&view, xingfu, FS_GOODS_READY, egg,
                                         1, 0, 2, lines, &more), 2);
    assert_true(more);

    n = fs_view_lines(&view, yangguang, FS_GOODS_AWAITED, NULL, 8, lines,
                      &more);
    assert_int_equal(n, 1);
    assert_int_equal(lines[0].hold, first);
    len = fs_answer_listed(json, sizeof(json), yangguang, FS_GOODS_AWAITED,
                           lines, n, 1, &names);
    assert_true(len > 0);
    json[len] = '\0';
    assert_non_null(strstr(json, "{\"pickup\":\"yangguang\",\"goods\":"
                                 "\"awaited\",\"lines\":[{\"hold\":\""));
    assert_non_null(strstr(json, "\",\"sale\":\"egg\",\"qty\":2,"
                                 "\"short_qty\":0}],\"next\":\"00000001"));

    text = fixture_str("00000001000100000000000000gg");
    assert_int_equal(fs_listed_cursor_read(text, &after), -1);
    text.len--;
    assert_int_equal(fs_listed_cursor_read(text, &after), -1);

    fs_view_close(&view);
    fs_reader_destroy(reader);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_views, waves_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
