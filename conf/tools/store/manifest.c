
/*
 * The manifest of a backup: lines of a name and a value.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"


#define TOOL_MANIFEST_MAX    1024
#define TOOL_MANIFEST_BYTES  (1U << 18)  /* read at once */

static const char  tool_manifest_form[] =
    "format 1\n"
    "schema %" PRIu32 "\n"
    "epoch %08" PRIx32 "\n"
    "lives %" PRIu64 "\n"
    "first 1\n"
    "last %" PRIu64 "\n"
    "at %s\n"
    "hash %s\n"
    "bytes %" PRIu64 "\n"
    "sha256 %s\n"
    "taken %s\n";

static int tool_manifest_text(const tool_manifest_t *manifest, char *text);


int
tool_sha256(int fd, const char *name, uint64_t *bytes, char *sha256)
{
    int             good;
    ssize_t         n;
    uint8_t        *buf, hash[FS_HASH_LEN];
    EVP_MD_CTX     *context;

    /* what was just written is in memory, and that is not what is asked */

    (void) posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);

    buf = malloc(TOOL_MANIFEST_BYTES);
    context = EVP_MD_CTX_new();
    good = buf && context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    *bytes = 0;
    n = 0;

    while (good
           && (n = pread(fd, buf, TOOL_MANIFEST_BYTES, (off_t) *bytes)) > 0)
    {
        good = EVP_DigestUpdate(context, buf, (size_t) n);
        *bytes += (uint64_t) n;
    }

    if (n == -1) {
        tool_says(0, "%s cannot be read: %s", name, strerror(errno));

    } else if (!good || !EVP_DigestFinal_ex(context, hash, NULL)) {
        n = tool_says(-1, "no memory");

    } else {
        tool_hex(hash, sizeof(hash), sha256);
    }

    EVP_MD_CTX_free(context);
    free(buf);

    return n == -1 ? -1 : 0;
}


static int
tool_manifest_text(const tool_manifest_t *manifest, char *text)
{
    char                  at[TOOL_TIME_LEN], hash[TOOL_HEX_LEN];
    const tool_ledger_t  *ledger;

    ledger = &manifest->ledger;
    tool_time(ledger->at, at);
    tool_hex(ledger->hash, FS_HASH_LEN, hash);

    return snprintf(text, TOOL_MANIFEST_MAX, tool_manifest_form,
                    ledger->schema, ledger->epoch, ledger->lives,
                    ledger->last, at, hash, manifest->bytes,
                    manifest->sha256, manifest->taken);
}


int
tool_manifest_write(const char *directory, const tool_manifest_t *manifest)
{
    int   fd, len, error;
    char  name[PATH_MAX], text[TOOL_MANIFEST_MAX];

    if (tool_name(name, directory, "manifest") == -1) {
        return -1;
    }

    len = tool_manifest_text(manifest, text);
    errno = EIO;        /* a write that is cut short says none */
    error = 0;
    fd = open(name, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600);

    if (fd == -1 || write(fd, text, (size_t) len) != len || fsync(fd) == -1) {
        error = errno;
    }

    if (fd != -1) {
        close(fd);
    }

    return error ? tool_says(-1, "%s cannot be written: %s", name,
                             strerror(error)) : 0;
}


/* The time of the last entry is in it for people. */

int
tool_manifest_read(int directory, const char *name,
    tool_manifest_t *manifest)
{
    int       fd, bad;
    char      text[TOOL_MANIFEST_MAX];
    char      hash[TOOL_HEX_LEN], at[TOOL_TIME_LEN];
    ssize_t   n;
    unsigned  i, value;

    fd = openat(directory, "manifest", O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return errno == ENOENT
               ? 0 : tool_says(-1, "%s/manifest: %s", name, strerror(errno));
    }

    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';

    memset(manifest, 0, sizeof(*manifest));

    bad = sscanf(text, "format 1 schema %" SCNu32 " epoch %" SCNx32
                 " lives %" SCNu64 " first 1 last %" SCNu64 " at %20s"
                 " hash %64s bytes %" SCNu64 " sha256 %64s taken %20s",
                 &manifest->ledger.schema, &manifest->ledger.epoch,
                 &manifest->ledger.lives, &manifest->ledger.last, at, hash,
                 &manifest->bytes, manifest->sha256, manifest->taken) != 9;

    for (i = 0; !bad && i < FS_HASH_LEN; i++) {
        bad = sscanf(hash + 2 * i, "%2x", &value) != 1;
        manifest->ledger.hash[i] = (uint8_t) value;
    }

    return bad ? tool_says(-1, "%s/manifest is damaged, or no manifest",
                           name) : 1;
}


int
tool_manifest_agrees(const char *name, const tool_manifest_t *manifest,
    const tool_manifest_t *found)
{
    char  hash[TOOL_HEX_LEN];

    if (manifest->bytes != found->bytes
        || strcmp(manifest->sha256, found->sha256) != 0)
    {
        tool_says(0, "%s/data.mdb is not what was written: %" PRIu64
                  " bytes, SHA-256 %s; its manifest says %" PRIu64 ", %s",
                  name, found->bytes, found->sha256, manifest->bytes,
                  manifest->sha256);
        return 0;
    }

    if (manifest->ledger.last != found->ledger.last
        || memcmp(manifest->ledger.hash, found->ledger.hash, FS_HASH_LEN)
           != 0)
    {
        tool_hex(found->ledger.hash, FS_HASH_LEN, hash);
        tool_says(0, "%s/data.mdb ends with entry %" PRIu64 ", hash %s; its "
                  "manifest says otherwise", name, found->ledger.last, hash);
        return 0;
    }

    return 1;
}
