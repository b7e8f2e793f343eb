/*
 * Preloaded: whoever asks to be told of its parent's death does so only when
 * that has happened.
 */

#define _GNU_SOURCE

#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>


int
prctl(int option, ...)
{
    pid_t          parent;
    va_list        rest;
    unsigned long  value;

    va_start(rest, option);
    value = va_arg(rest, unsigned long);
    va_end(rest);

    if (option == PR_SET_PDEATHSIG) {
        parent = getppid();

        while (getppid() == parent) {
            usleep(1000);
        }
    }

    return (int) syscall(SYS_prctl, option, value, 0UL, 0UL, 0UL);
}
