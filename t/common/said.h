
/* What was said into the log, kept in one string. */

#ifndef SAID_H
#define SAID_H

#include <string.h>


/* How often these words are among it. */

static inline unsigned
said_times(const char *said, const char *words)
{
    unsigned     n;
    const char  *p;

    for (n = 0, p = said; (p = strstr(p, words)) != NULL; n++, p++) {
        /* void */
    }

    return n;
}


#endif /* SAID_H */
