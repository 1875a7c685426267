/* SPDX-License-Identifier: MIT */
/* Wrong: the mail hosts of eight domains are looked up at once, each on a thread of libuv's pool of
 * four, and the name server does not answer. Each look-up keeps its thread until it times out after
 * a second, and the file requests of the same pool wait behind them. (uv_getaddrinfo would leave
 * half of the pool to others, but knows no MX records.)
 *
 * loopscope must say: queue-saturated on the libuv thread pool, filled by look_up, this file, and
 * how long the file requests waited.
 * The healthy twin has two look-ups at a time. The name server is a socket of this program. */
#include "ticker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define DOMAINS 8
#define FILE_PERIOD_MS 20
#define WAIT_NS (20u * 1000 * 1000)

struct file_request {
    uv_fs_t fs;
    uint64_t start_ns;
};

static struct {
    struct sockaddr_in name_server;
    uv_timer_t file_timer;
    unsigned at_once, asked, answered;
    unsigned held;
    uint64_t held_ns;
} program;

/* On a thread of the pool: a real query, to a server that is deaf. */
static void query_mail_host(uv_work_t *work)
{
    struct __res_state resolver = {.options = 0};
    unsigned char answer[512];
    char domain[32];

    if (res_ninit(&resolver) < 0)
        return;
    resolver.nscount = 1;
    resolver.nsaddr_list[0] = program.name_server;
    resolver.retrans = 1; /* seconds */
    resolver.retry = 1;
    snprintf(domain, sizeof domain, "shard-%u.example", (unsigned)(uintptr_t)work->data);
    res_nquery(&resolver, domain, ns_c_in, ns_t_mx, answer, sizeof answer);
    res_nclose(&resolver);
}

static void on_mail_host(uv_work_t *work, int status);

__attribute__((noinline)) static void look_up(uv_loop_t *loop)
{
    static uv_work_t requests[DOMAINS];
    uv_work_t *work = &requests[program.asked];

    work->data = (void *)(uintptr_t)program.asked++;
    if (uv_queue_work(loop, work, query_mail_host, on_mail_host) < 0) /* DEFECT */
        abort();
}

static void on_mail_host(uv_work_t *work, int status)
{
    (void)status;
    if (program.asked < DOMAINS)
        look_up(work->loop);
    if (++program.answered == DOMAINS)
        uv_timer_stop(&program.file_timer);
}

static void on_file(uv_fs_t *fs)
{
    struct file_request *request = fs->data;
    uint64_t waited_ns = ticker_now_ns() - request->start_ns;

    if (waited_ns > WAIT_NS) {
        program.held++;
        program.held_ns += waited_ns;
    }
    uv_fs_req_cleanup(fs);
    free(request);
}

static void on_file_timer(uv_timer_t *timer)
{
    struct file_request *request = malloc(sizeof *request);

    request->fs.data = request;
    request->start_ns = ticker_now_ns();
    if (uv_fs_stat(timer->loop, &request->fs, "/proc/self/exe", on_file) < 0)
        abort();
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    socklen_t length = sizeof program.name_server;
    int deaf = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    program.at_once = ticker_wants_healthy(argc, argv) ? 2 : DOMAINS;
    program.name_server.sin_family = AF_INET;
    program.name_server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(deaf, (struct sockaddr *)&program.name_server, length) < 0 ||
        getsockname(deaf, (struct sockaddr *)&program.name_server, &length) < 0)
        return EXIT_FAILURE;
    uv_timer_init(loop, &program.file_timer);
    uv_timer_start(&program.file_timer, on_file_timer, 0, FILE_PERIOD_MS);
    while (program.asked < program.at_once)
        look_up(loop);
    uv_run(loop, UV_RUN_DEFAULT);
    ticker_say_held(program.held, program.held_ns);
    return EXIT_SUCCESS;
}
