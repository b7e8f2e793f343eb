
/*
 * The directive flashsale_secret: the secrets of a role, read from a file by
 * the master when it reads its configuration.
 */

#include "ngx_http_flashsale.h"


#define NGX_HTTP_FLASHSALE_SECRET_MAX  65536    /* bytes of a file */


static ngx_int_t ngx_http_flashsale_read_secrets(ngx_conf_t *cf,
    ngx_str_t *path, ngx_array_t *secrets);


const char  *ngx_http_flashsale_roles[] = {
    "orders", "ledger", "admin", "checkout"
};


char *
ngx_http_flashsale_secret(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_flashsale_main_conf_t *mcf = conf;

    ngx_str_t    *value, path;
    ngx_uint_t    i;
    ngx_array_t  *secrets;

    value = cf->args->elts;

    for (i = 0; i < NGX_HTTP_FLASHSALE_ROLES_N; i++) {
        if (ngx_strcmp(value[1].data, ngx_http_flashsale_roles[i]) == 0) {
            break;
        }
    }

    if (i == NGX_HTTP_FLASHSALE_ROLES_N) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the invalid role \"%V\": it is "
                           "\"orders\", \"ledger\", \"admin\" or "
                           "\"checkout\"", &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    if (mcf->secrets[i]) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V %V\" is duplicate", &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    path = value[2];

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    secrets = ngx_array_create(cf->pool, 2, sizeof(fs_str_t));
    if (secrets == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_flashsale_read_secrets(cf, &path, secrets) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    mcf->secrets[i] = secrets;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_flashsale_read_secrets(ngx_conf_t *cf, ngx_str_t *path,
    ngx_array_t *secrets)
{
    u_char           *buf, *p, *last, *line, *end;
    size_t            size;
    ssize_t           n;
    ngx_fd_t          fd;
    fs_str_t         *secret;
    ngx_file_info_t   fi;

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"flashsale_secret\": " ngx_open_file_n
                           " \"%V\" failed", path);
        return NGX_ERROR;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"flashsale_secret\": " ngx_fd_info_n
                           " \"%V\" failed", path);
        goto failed;
    }

    if (fi.st_mode & (S_IROTH|S_IWOTH)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"flashsale_secret\" refuses \"%V\": "
                           "the file must not be readable or writable by "
                           "everybody", path);
        goto failed;
    }

    if (!ngx_is_file(&fi)
        || ngx_file_size(&fi) > NGX_HTTP_FLASHSALE_SECRET_MAX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"flashsale_secret\" refuses \"%V\": "
                           "it must be a file of at most 64k", path);
        goto failed;
    }

    size = (size_t) ngx_file_size(&fi);

    buf = ngx_pnalloc(cf->pool, size + 1);
    if (buf == NULL) {
        goto failed;
    }

    n = ngx_read_fd(fd, buf, size);

    if (n == -1 || (size_t) n != size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"flashsale_secret\": " ngx_read_fd_n
                           " \"%V\" failed", path);
        goto failed;
    }

    last = buf + size;

    for (p = buf; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, LF);
        if (end == NULL) {
            end = last;
        }

        line = p;
        p = end;

        while (line < p && (*line == ' ' || *line == '\t')) {
            line++;
        }

        while (line < p
               && (p[-1] == ' ' || p[-1] == '\t' || p[-1] == CR))
        {
            p--;
        }

        if (line == p) {
            continue;
        }

        secret = ngx_array_push(secrets);
        if (secret == NULL) {
            goto failed;
        }

        secret->data = (const char *) line;
        secret->len = p - line;
    }

    if (secrets->nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"flashsale_secret\" refuses \"%V\": "
                           "there is no secret in it", path);
        goto failed;
    }

    (void) ngx_close_file(fd);

    return NGX_OK;

failed:

    (void) ngx_close_file(fd);

    return NGX_ERROR;
}
