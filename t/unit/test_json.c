
/* JSON itself: what is no JSON, sizes, and documents of any shape. */

#include "request_rows.h"


static void
test_json(void **state)
{
    fs_str_t           body;
    fs_fault_t         fault;
    fs_hold_request_t  request;

    static const char   nul[] = "{\"sale\":\"g\",\"qty\":1}\0";

    static const row_t  rows[] = {
        { "", "", OBJECT },
        { " \n", "", OBJECT },
        { "[]", "", OBJECT },
        { "1", "", JSON },
        { "1 ", "", OBJECT },
        { "\"a\"", "", OBJECT },
        { "null", "", OBJECT },
        { "true", "", OBJECT },
        { "{", "", JSON },
        { "}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":1", "", JSON },
        { "{\"sale\":\"g\",\"qty\":1,}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":01}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":+1}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":.5}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":1.}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":NaN}", "", JSON },
        { "{'sale':'g','qty':1}", "", JSON },
        { "{sale:\"g\",\"qty\":1}", "", JSON },
        { "{1:\"g\",\"qty\":1}", "", JSON },
        { "{\"sale\" \"g\"}", "", JSON },
        { "{\"sale\":\"g\n\",\"qty\":1}", "", JSON },
        { "{\"sale\":\"\\x\",\"qty\":1}", "", JSON },
        { "{\"sale\":\"\\u12", "", JSON },
        { "{\"sale\":\"g\",/**/\"qty\":1}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":1}//", "", TRAILING },
        { "{\"sale\":\"g\",\"qty\":1}}", "", TRAILING },
        { "{\"sale\":\"g\",\"qty\":1} {}", "", TRAILING },
        { "{\"sale\":\"g\",\"qty\":1} tru", "", TRAILING },
        { "{\"sale\":\"g\",\"qty\":1}\"", "", TRAILING },
        { "{\"sale\":\"g\",\"qty\":1}-", "", TRAILING },
        { "{\"lines\":[" LINE("a", "1") ",]}", "", JSON },
        { "{\"lines\":[" LINE("a", "1") "}]", "", JSON },
        { "sale=g&qty=1", "", JSON },
        { "\xef\xbb\xbf{\"sale\":\"g\",\"qty\":1}", "", JSON },

        { "{\"sale\":\"\xff\"}", "", UTF8 },
        { "{\"sale\":\"\xc0\xaf\"}", "", UTF8 },
        { "{\"sale\":\"\xe0\x80\xaf\"}", "", UTF8 },
        { "{\"sale\":\"\xed\xa0\x80\"}", "", UTF8 },
        { "{\"sale\":\"\xf4\x90\x80\x80\"}", "", UTF8 },
        { "{\"sale\":\"\xf0\x80\x80\xaf\"}", "", UTF8 },
        { "{\"sale\":\"\xe8\x91\"}", "", UTF8 },
        { "{\"sale\":\"\\ud800\"}", "", UTF8 },
        { "{\"sale\":\"\\udc00\"}", "", UTF8 },
        { "{\"sale\":\"\\ud83c\\u0041\"}", "", UTF8 },
        { "{\"sale\":\"\\ud83c\\ud83c\"}", "", UTF8 },
        { "{\"sale\":\"\\udf47\\udf47\"}", "", UTF8 },
        { "{\"sale\":\"\\uD83C\"}", "", UTF8 },
        { "{\"sale\":\"\\\\ud800\"}", "sale", SLUG },
    };

    (void) state;

    CHECK(read_hold, rows);

    body = (fs_str_t) fs_null_str;
    assert_int_equal(fs_request_hold(body, &request, &fault), -1);

    body.data = nul;
    body.len = sizeof(nul) - 1;
    assert_int_equal(fs_request_hold(body, &request, &fault), -1);
    assert_string_equal(fault.rule, TRAILING);
}


static void
test_size(void **state)
{
    char              *buf;
    int64_t            add;
    fs_str_t           body;
    fs_fault_t         fault;
    fs_hold_request_t  request;

    (void) state;

    buf = padded("{\"sale\":\"g\",\"qty\":1}", FS_BODY_MAX + 1);
    body.data = buf;
    body.len = FS_BODY_MAX;
    assert_int_equal(fs_request_hold(body, &request, &fault), 0);

    body.len = FS_BODY_MAX + 1;
    assert_int_equal(fs_request_hold(body, &request, &fault), -1);
    assert_int_equal(fault.outcome, FS_TOO_LARGE);
    assert_string_equal(fault.field, "");
    assert_string_equal(fault.rule, "is at most 16384 bytes");
    free(buf);

    buf = padded("{\"add\":1}", FS_BODY_ADMIN_MAX + 1);
    body.data = buf;
    body.len = FS_BODY_ADMIN_MAX;
    assert_int_equal(fs_request_stock(body, &add, &fault), 0);

    body.len = FS_BODY_ADMIN_MAX + 1;
    assert_int_equal(fs_request_stock(body, &add, &fault), -1);
    assert_int_equal(fault.outcome, FS_TOO_LARGE);
    free(buf);

    /* escapes make the parser's buffers larger than its arena */

    buf = malloc(FS_BODY_MAX);
    memset(buf, 'x', FS_BODY_MAX);
    memcpy(buf, "{\"sale\":\"\\u0067", 15);
    memcpy(buf + FS_BODY_MAX - 2, "\"}", 2);
    body.data = buf;
    body.len = FS_BODY_MAX;
    assert_int_equal(fs_request_hold(body, &request, &fault), -1);
    assert_string_equal(fault.field, "sale");
    assert_string_equal(fault.rule, SLUG);
    free(buf);
}


static void
test_document(void **state)
{
    char        buf[16384];
    size_t      i, n;
    fs_str_t    body;
    fs_fault_t  fault;

    static const row_t  rows[] = {
        { "{}", NULL, NULL },
        { "{\"\":0}", NULL, NULL },
        { "{\"a\":{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]}},\"b\":{\"a\":1}}",
          NULL, NULL },
        { "{\"n\":[0,-0,-0.0,1.5,-1e250,1E-250,1e+0005,"
          "9223372036854775807,-9223372036854775808]}", NULL, NULL },
        { "{\"s\":[\"\",\"\\u0000\",\"\\\"\",null,true,false,[],[[]]]}",
          NULL, NULL },

        { "", "", OBJECT },
        { "[]", "", OBJECT },
        { "{\"a\":1}x", "", TRAILING },
        { "{\"a\":1,\"b\":2,\"a\":3}", "a", TWICE },
        { "{\"\":1,\"\":2}", "", TWICE },
        { "{\"a\":{\"b\":[0,[],{\"c\":1,\"\\u0063\":1}]}}", "a.b[2].c",
          TWICE },
        { "{\"a\":[{}],\"b\":{\"c\":{}},\"b\":0}", "b", TWICE },
        { "{\"a\":[[1,2],[9223372036854775808]]}", "a[1][0]", FITS },
        { "{\"a\":-9223372036854775809}", "a", FITS },
        { "{\"a\":1e251}", "a", FITS },
        { "{\"a\":1e-251}", "a", FITS },
        { "{\"a\":1e99999999999999999999}", "a", FITS },
        { "{\"a\":1.0000000000000000000000000000000000001}", "a", FITS },
        { "{\"a\nb\":1}", "", JSON },
        { "{\"x\\ny\":1,\"x\\ny\":1}", "x?y", TWICE },
        { "{\"" X64 X64 "\":1,\"" X64 X64 "\":1}",
          "xxxxxxxxxxxxxxx" X16 X16 X16, TWICE },
    };

    (void) state;

    CHECK(fs_request_document, rows);

    /* 32 levels, and one more */

    for (n = 32; n <= 33; n++) {
        memcpy(buf, "{\"a\":", 5);
        memset(buf + 5, '[', n - 1);
        memset(buf + 5 + n - 1, ']', n - 1);
        buf[5 + 2 * (n - 1)] = '}';
        body.data = buf;
        body.len = 6 + 2 * (n - 1);

        assert_int_equal(fs_request_document(body, &fault),
                         n == 32 ? 0 : -1);
    }

    assert_string_equal(fault.rule, "is nested too deep");

    /* many names; then the first again */

    n = 0;

    for (i = 0; i < 1200; i++) {
        n += sprintf(buf + n, "%c\"k%zu\":%zu", i ? ',' : '{', i, i);
    }

    buf[n] = '}';
    body.data = buf;
    body.len = n + 1;
    assert_int_equal(fs_request_document(body, &fault), 0);

    n += sprintf(buf + n, ",\"k0\":0}");
    body.len = n;
    assert_int_equal(fs_request_document(body, &fault), -1);
    assert_string_equal(fault.field, "k0");
    assert_string_equal(fault.rule, TWICE);

    /* a name that outgrows the parser's first buffer, and is seen again */

    memset(buf, 'x', 8192);
    memcpy(buf, "{\"\\u0061", 8);
    memcpy(buf + 4092, "\":1,\"\\u0061", 11);
    memcpy(buf + 8187, "\":1}", 4);
    body.len = 8191;

    memcpy(buf + 4097, "\\u0062", 6);
    assert_int_equal(fs_request_document(body, &fault), 0);

    memcpy(buf + 4097, "\\u0061", 6);
    assert_int_equal(fs_request_document(body, &fault), -1);
    assert_int_equal(fault.field[0], 'a');
    assert_string_equal(fault.rule, TWICE);
}


static void
test_document_size(void **state)
{
    char              *buf;
    size_t             head;
    fs_str_t           body;
    fs_fault_t         fault;
    fs_sale_request_t  request;

    (void) state;

    buf = padded("{", FS_DOC_MAX + 1);
    body.data = buf;

    buf[FS_DOC_MAX - 1] = '}';
    body.len = FS_DOC_MAX;
    assert_int_equal(fs_request_document(body, &fault), 0);

    body.len = FS_DOC_MAX + 1;
    assert_int_equal(fs_request_document(body, &fault), -1);
    assert_int_equal(fault.outcome, FS_TOO_LARGE);
    free(buf);

    /* within a sale: as large, and one byte more */

    buf = padded("{\"price_fen\":1,\"stock\":1,\"doc\":{", FS_DOC_MAX + 64);
    head = strlen("{\"price_fen\":1,\"stock\":1,\"doc\":");
    body.data = buf;

    buf[head + FS_DOC_MAX - 1] = '}';
    buf[head + FS_DOC_MAX] = '}';
    body.len = head + FS_DOC_MAX + 1;
    assert_int_equal(fs_request_sale(body, &request, &fault), 0);
    assert_int_equal(request.doc.len, FS_DOC_MAX);

    buf[head + FS_DOC_MAX - 1] = ' ';
    buf[head + FS_DOC_MAX + 1] = '}';
    body.len++;
    assert_int_equal(fs_request_sale(body, &request, &fault), -1);
    assert_int_equal(fault.outcome, FS_TOO_LARGE);
    assert_string_equal(fault.field, "doc");
    assert_string_equal(fault.rule, "is at most 65536 bytes");
    free(buf);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_document_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
