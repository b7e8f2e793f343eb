
/*
 * The stores of this process.
 */

#include "store/store.h"


/*
 * LMDB allows an environment to be opened once in a process, and not to be
 * taken through a fork.  The counter tells a child's copies from its own.
 */
static pthread_mutex_t    fs_stores_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t     fs_stores_once = PTHREAD_ONCE_INIT;
static fs_store_t        *fs_stores;
static _Atomic unsigned   fs_forks;

static void fs_stores_watch(void);
static void fs_stores_prepare(void);
static void fs_stores_parent(void);
static void fs_stores_child(void);


static void
fs_stores_watch(void)
{
    (void) pthread_atfork(fs_stores_prepare, fs_stores_parent,
                          fs_stores_child);
}


static void
fs_stores_prepare(void)
{
    pthread_mutex_lock(&fs_stores_lock);
}


static void
fs_stores_parent(void)
{
    pthread_mutex_unlock(&fs_stores_lock);
}


/* The parent's stores are left as they are: to close them would end its
 * locks' life in a process that shares them. */

static void
fs_stores_child(void)
{
    fs_stores = NULL;
    atomic_fetch_add(&fs_forks, 1);
    pthread_mutex_init(&fs_stores_lock, NULL);
}


int
fs_store_forked(const fs_store_t *store)
{
    return store->forks != atomic_load_explicit(&fs_forks,
                                                memory_order_relaxed);
}


int
fs_stores_add(fs_store_t *store)
{
    fs_store_t  *other;

    pthread_once(&fs_stores_once, fs_stores_watch);

    pthread_mutex_lock(&fs_stores_lock);

    for (other = fs_stores; other; other = other->next) {
        if (other->device == store->device && other->inode == store->inode) {
            pthread_mutex_unlock(&fs_stores_lock);
            return -1;
        }
    }

    store->forks = atomic_load(&fs_forks);
    store->next = fs_stores;
    fs_stores = store;

    pthread_mutex_unlock(&fs_stores_lock);

    return 0;
}


void
fs_stores_remove(fs_store_t *store)
{
    fs_store_t  **link;

    pthread_mutex_lock(&fs_stores_lock);

    for (link = &fs_stores; *link; link = &(*link)->next) {
        if (*link == store) {
            *link = store->next;
            break;
        }
    }

    pthread_mutex_unlock(&fs_stores_lock);
}
