
/*
 * Any bytes as a form and as a query string: nothing breaks, and no limit is
 * passed.
 */

#include <stdio.h>

#include "../unit/request_limits.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fs_str_t     body = { size, (const char *) data };
    const char  *broken;

    broken = limits_form(body);

    if (broken != NULL) {
        fprintf(stderr, "broken: %s\n", broken);
        abort();
    }

    return 0;
}
