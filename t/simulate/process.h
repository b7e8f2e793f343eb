
/*
 * Several processes in one thread, for simulations.
 *
 * A process has a number of its own, and a thread (a coroutine) that runs
 * until it yields.  process.c defines getpid(), fcntl(), flock() and the
 * calls for mutexes; the executable's definitions win over libc's, for
 * liblmdb.so too.  So robust mutexes and locks of files belong to these
 * processes, whoever waits for one lets others run, and what a process held
 * when it died is found by the next as the kernel would leave it.  An
 * environment of LMDB may be open once in each of them.
 *
 * What a dead process had in memory is not given back: it is small.  Its
 * descriptors are, and in the end its maps of files.
 */

#ifndef PROCESS_H
#define PROCESS_H

#include <stdint.h>


#define PROCESSES_MAX  32               /* alive at once */

typedef struct process_s  process_t;


/* run() is its thread's; it ends when that returns.  NULL: no memory. */
process_t *process_create(void (*run)(void *data), void *data);

/* Give its memory back; nothing of it runs any more. */
void process_destroy(process_t *process);

int32_t process_number(const process_t *process);

/* Let its thread go on until it yields.  1: it has more to do; 0: not. */
int process_run(process_t *process);

/* 1: the thread waits for a lock that another holds. */
int process_waits(const process_t *process);

/* It dies, wherever its thread is. */
void process_kill(process_t *process);

/*
 * What the caller does is done by another thread of this process, which
 * must not wait for a lock; NULL: by none.
 */
void process_enter(process_t *process);

/* The process whose thread runs now, or NULL. */
process_t *process_current(void);

/* By its thread: let others run; die. */
void process_yield(void);
void process_die(void) __attribute__((noreturn));

/* Files below this directory are theirs; NULL: it ends.  Nobody is alive. */
void process_watch(const char *root);

/* A descriptor is about to be closed, by whomever. */
void process_closing(int fd);

/* A descriptor that is none of theirs, though opened in a turn of one. */
void process_keep(int fd);


#endif /* PROCESS_H */
