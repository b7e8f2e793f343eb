
/*
 * A check that ends the program.  Each program says in check_failed() how
 * the run can be had again.
 */

#ifndef CHECK_H
#define CHECK_H


#define check(cond, ...)                                                     \
    do {                                                                     \
        if (!(cond)) {                                                       \
            check_failed(#cond, __FILE__, __LINE__, __VA_ARGS__);            \
        }                                                                    \
    } while (0)

void check_failed(const char *what, const char *file, int line,
    const char *format, ...)
    __attribute__((noreturn, format(printf, 4, 5)));


#endif /* CHECK_H */
