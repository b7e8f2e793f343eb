
/*
 * Answers: the JSON that people and services get.  Each writes at most `size`
 * bytes into buf and returns the length, or -1: it did not fit or a name is
 * unknown.
 */

#ifndef FS_ANSWER_H
#define FS_ANSWER_H

#include "base/command.h"
#include "json/field.h"
#include "json/json_writer.h"

#pragma GCC visibility push(hidden)


#define FS_HOLD_JSON_MAX     2048
#define FS_LINES_JSON_MAX    1024
#define FS_SALE_JSON_MAX     2560       /* a title may need escaping */
#define FS_PROBLEM_JSON_MAX  2048

/* {"id","state","lines":[…],"pickup","amount_fen","created_at","expires_at",
 * "now"}; pickup null when there is none; expires_at null once it is not
 * live */
int fs_answer_hold(char *buf, size_t size, const fs_hold_t *hold,
    const fs_names_t *names, int64_t now);

/* its lines alone: [{"sale","qty","price_fen"},…] */
int fs_answer_lines(char *buf, size_t size, const fs_hold_t *hold,
    const fs_names_t *names);

/* {"holds":[…],"next":id or null} */
int fs_answer_holds(char *buf, size_t size, const fs_hold_t *holds, size_t n,
    int more, const fs_names_t *names, int64_t now);

/* {"id","title","state","price_fen","stock","free","held","sold","limit",
 * "opens_at","closes_at","goal","goal_by","joined","formed","version"};
 * 0 for none becomes null */
int fs_answer_sale(char *buf, size_t size, const fs_sale_t *sale);

/* {"sales":[…],"next":slug or null} */
int fs_answer_sales(char *buf, size_t size, const fs_sale_t *sales, size_t n,
    int more);

/*
 * RFC 9457: {"type":"about:blank","title","status","code", and what helps:
 * "field","rule"; "sale","free","limit","opens_at","retry_at","state","held",
 * "sold", "last_seq"}.  fault and result may be NULL.
 */
int fs_answer_problem(char *buf, size_t size, fs_outcome_t outcome,
    const fs_fault_t *fault, const fs_result_t *result,
    const fs_names_t *names);

/* A problem document without a result, under another status than the
 * outcome's own.  fault may be NULL. */
int fs_answer_refusal(char *buf, size_t size, fs_outcome_t outcome,
    int status, const fs_fault_t *fault);


/* {"outcome":"sold"} or {"outcome":"refund_due","reason":…} */
int fs_answer_confirm(char *buf, size_t size, const fs_result_t *result);

/* its parts: a sale, as everybody sees it; "sales":[…]; and its `formed` */
void fs_write_sale(fs_writer_t *writer, const fs_sale_t *sale);
void fs_write_sales(fs_writer_t *writer, const fs_sale_t *sales, size_t n);
void fs_write_formed(fs_writer_t *writer, const fs_sale_t *sale);


#pragma GCC visibility pop

#endif /* FS_ANSWER_H */
