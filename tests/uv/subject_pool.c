/* SPDX-License-Identifier: MIT */
/* Requests for the pool: all kinds, without a callback, cancelled. */
#include "subject_uv.h"

#include <fcntl.h>

static int completions, cancelled;
static char secret[16];

static void only_work(uv_work_t *req)
{
    (void)req;
    __atomic_fetch_add(&first_calls, 1, __ATOMIC_RELAXED);
}

static int without(void)
{
    uv_fs_t fs;
    uv_getaddrinfo_t look;
    uv_work_t work;
    uv_async_t async;
    uv_timer_t timer;
    EXPECT(uv_fs_stat(loop, &fs, "/", NULL) == 0 && fs.result == 0);
    uv_fs_req_cleanup(&fs);
    EXPECT(uv_fs_stat(loop, NULL, "/", NULL) == UV_EINVAL);
    EXPECT(uv_fs_open(NULL, &fs, "/no/such/file", O_RDONLY, 0, NULL) == UV_ENOENT);
    uv_fs_req_cleanup(&fs);
    EXPECT(uv_getaddrinfo(loop, &look, NULL, "127.0.0.1", NULL, NULL) == 0);
    uv_freeaddrinfo(look.addrinfo);
    EXPECT(uv_queue_work(loop, &work, NULL, NULL) == UV_EINVAL);
    EXPECT(uv_queue_work(loop, &work, only_work, NULL) == 0);
    EXPECT(uv_async_init(loop, &async, NULL) == 0 && uv_async_send(&async) == 0);
    EXPECT(uv_timer_init(loop, &timer) == 0 && uv_timer_start(&timer, NULL, 0, 0) == UV_EINVAL);
    uv_close((uv_handle_t *)&async, NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    run();
    say("work", first_calls);
    return finish();
}

static void after(uv_work_t *req, int status)
{
    completions++;
    cancelled += status == UV_ECANCELED;
    free(req);
}

static int work(void)
{
    for (int i = 0; i < 2000; i++)
        EXPECT(uv_queue_work(loop, malloc(sizeof(uv_work_t)), only_work, after) == 0);
    run();
    say("work", first_calls);
    say("done", completions);
    return finish();
}

static void on_stat(uv_fs_t *req)
{
    EXPECT(req->result == 0 || req->result == UV_ECANCELED);
    completions++;
    cancelled += req->result == UV_ECANCELED;
    uv_fs_req_cleanup(req);
    free(req);
}
static void on_name(uv_getnameinfo_t *req, int status, const char *host, const char *service)
{
    (void)req;
    EXPECT(status == 0 && strcmp(host, "127.0.0.1") == 0 && strcmp(service, "80") == 0);
    completions++;
}
static void on_address(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    (void)req;
    EXPECT(status == 0);
    uv_freeaddrinfo(found);
    completions++;
}
static void on_random(uv_random_t *req, int status, void *buf, size_t n)
{
    (void)req;
    EXPECT(status == 0 && buf == secret && n == 16);
    completions++;
}

static int pool(void)
{
    uv_getnameinfo_t name;
    uv_getaddrinfo_t address;
    uv_random_t random;
    struct sockaddr_in a;
    uv_ip4_addr("127.0.0.1", 80, &a);
    for (int i = 0; i < 500; i++)
        EXPECT(uv_fs_stat(loop, malloc(sizeof(uv_fs_t)), "/", on_stat) == 0);
    EXPECT(uv_getnameinfo(loop, &name, on_name, (struct sockaddr *)&a,
                          NI_NUMERICHOST | NI_NUMERICSERV) == 0);
    EXPECT(uv_getaddrinfo(loop, &address, on_address, "127.0.0.1", "80", NULL) == 0);
    EXPECT(uv_random(loop, &random, secret, 16, 0, on_random) == 0);
    run();
    say("done", completions);
    return finish();
}

/* Cancelling races with the pool's threads: each request ends exactly once, as what was returned
 * says. */
static int cancel(void)
{
    int refused = 0;
    for (int i = 0; i < 20000; i++) {
        uv_req_t *req = malloc(sizeof(union uv_any_req));
        if (i % 2)
            EXPECT(uv_fs_stat(loop, (uv_fs_t *)req, "/", on_stat) == 0);
        else
            EXPECT(uv_queue_work(loop, (uv_work_t *)req, only_work, after) == 0);
        for (volatile int pause = i % 300; pause > 0; pause--) {
        }
        int error = uv_cancel(req);
        EXPECT(error == 0 || error == UV_EBUSY);
        refused += error == UV_EBUSY;
        if (i % 64 == 0)
            uv_run(loop, UV_RUN_NOWAIT);
    }
    run();
    say("done", completions);
    EXPECT(completions == 20000 && cancelled + refused == completions);
    EXPECT(first_calls <= refused);
    return finish();
}

const struct subject_case pool_cases[] = {
    {"without", without}, {"work", work}, {"pool", pool}, {"cancel", cancel}, {NULL, NULL},
};
