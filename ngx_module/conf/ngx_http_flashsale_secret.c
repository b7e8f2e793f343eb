
#include "conf/ngx_http_flashsale_conf.h"


#define NGX_HTTP_FLASHSALE_WHY_MAX  128


static ngx_int_t ngx_http_flashsale_keep_secrets(ngx_conf_t *cf,
    const char *text, size_t len, ngx_array_t *secrets);
static void ngx_http_flashsale_forget_secrets(void *data);
static int ngx_http_flashsale_refuse_secrets(int fd, char *text,
    const char *why, int err);


const char  *ngx_http_flashsale_roles[] = {
    "orders", "ledger", "admin", "checkout"
};


char *
ngx_http_flashsale_secret(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_flashsale_main_conf_t *mcf = conf;

    int           len;
    char          text[FS_SECRETS_MAX + 1];
    ngx_int_t     rc;
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

    if (value[2].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V %V\" has an empty path", &cmd->name,
                           &value[1]);
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

    len = ngx_http_flashsale_read_secrets((char *) path.data, text);

    if (len == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" refuses \"%V\": %s", &cmd->name, &path,
                           text);
        return NGX_CONF_ERROR;
    }

    rc = ngx_http_flashsale_keep_secrets(cf, text, len, secrets);

    explicit_bzero(text, sizeof(text));

    if (rc != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    mcf->secrets[i] = secrets;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_flashsale_keep_secrets(ngx_conf_t *cf, const char *text, size_t len,
    ngx_array_t *secrets)
{
    u_char              *p, *last, *end;
    fs_str_t            *secret;
    ngx_str_t           *kept;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_str_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    kept = cln->data;
    kept->len = len;
    kept->data = ngx_pnalloc(cf->pool, len);

    if (kept->data == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_flashsale_forget_secrets;

    ngx_memcpy(kept->data, text, len);

    last = kept->data + len;

    for (p = kept->data; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, LF);

        secret = ngx_array_push(secrets);
        if (secret == NULL) {
            return NGX_ERROR;
        }

        secret->data = (const char *) p;
        secret->len = end - p;
    }

    return NGX_OK;
}


static void
ngx_http_flashsale_forget_secrets(void *data)
{
    ngx_str_t *kept = data;

    explicit_bzero(kept->data, kept->len);
}


int
ngx_http_flashsale_read_secrets(const char *path, char *text)
{
    int          fd, len;
    char         why[NGX_HTTP_FLASHSALE_WHY_MAX];
    size_t       size;
    ssize_t      n;
    struct stat  st;

    /* not blocking: it may be a pipe */
    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);

    if (fd == -1 || fstat(fd, &st) == -1) {
        return ngx_http_flashsale_refuse_secrets(fd, text,
                                         "it cannot be opened: ", errno);
    }

    if (!S_ISREG(st.st_mode) || st.st_size > FS_SECRETS_MAX) {
        return ngx_http_flashsale_refuse_secrets(fd, text,
                                   "it must be a file of at most 64k", 0);
    }

    if (st.st_mode & (S_IROTH|S_IWOTH)) {
        return ngx_http_flashsale_refuse_secrets(fd, text,
                                   "the file must not be readable or "
                                   "writable by everybody (chmod 600)", 0);
    }

    size = 0;

    do {
        n = read(fd, text + size, FS_SECRETS_MAX - size);

        if (n == -1) {
            return ngx_http_flashsale_refuse_secrets(fd, text,
                                             "it cannot be read: ", errno);
        }

        size += n;

    } while (n > 0 && size < FS_SECRETS_MAX);

    len = fs_secrets_reduce(text, size, why);

    if (len == -1) {
        return ngx_http_flashsale_refuse_secrets(fd, text, why, 0);
    }

    (void) close(fd);

    return len;
}


static int
ngx_http_flashsale_refuse_secrets(int fd, char *text, const char *why,
    int err)
{
    if (fd != -1) {
        (void) close(fd);
    }

    explicit_bzero(text, FS_SECRETS_MAX + 1);

    (void) ngx_snprintf((u_char *) text, FS_SECRETS_MAX, "%s%s%Z", why,
                        err ? strerror(err) : "");

    return -1;
}
