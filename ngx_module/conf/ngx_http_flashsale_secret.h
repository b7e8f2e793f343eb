
/*
 * The secrets of roles: files, read by the master when it reads its
 * configuration.  Lua reads its own the same way.
 */

#ifndef NGX_HTTP_FLASHSALE_SECRET_H
#define NGX_HTTP_FLASHSALE_SECRET_H

#include "conf/ngx_http_flashsale_conf.h"
#include "core/base/secret.h"

#pragma GCC visibility push(hidden)


extern const char  *ngx_http_flashsale_roles[];     /* by role */

char *ngx_http_flashsale_secret(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * The secrets of a file, each with a newline, into a text of FS_SECRETS_MAX +
 * 1 bytes.  Returns how long it is, or -1, and the text says why,
 * NUL-terminated.
 */
int ngx_http_flashsale_read_secrets(const char *path, char *text);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_SECRET_H */
