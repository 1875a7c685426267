/* SPDX-License-Identifier: MIT */
/* The load generator and the comparison of slices: what is counted, and what is refused. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/slices_load.h"
#include "tests/bench/slices_sweep.h"

/* The comparison needs no probe here. */
int probe_switch(struct probe *probe, bool is_on)
{
    (void)probe;
    (void)is_on;
    return 0;
}

/* A server with one connection: answers each request with `answer`, in two pieces. */
struct fake {
    const char *answer;
    int listener;
    int port;
    unsigned asked;
    pthread_t thread;
};

static void *serve(void *data)
{
    struct fake *fake = data;
    char request[256];
    size_t half = strlen(fake->answer) / 2;
    int fd = accept(fake->listener, NULL, NULL);
    while (recv(fd, request, sizeof request, 0) > 0) {
        fake->asked++;
        if (fake->answer[0] == '\0')
            break;
        send(fd, fake->answer, half, MSG_NOSIGNAL);
        usleep(1000);
        send(fd, fake->answer + half, strlen(fake->answer) - half, MSG_NOSIGNAL);
    }
    close(fd);
    return NULL;
}

static void fake_start(struct fake *fake, const char *answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t bytes = sizeof address;
    *fake = (struct fake){.answer = answer, .listener = socket(AF_INET, SOCK_STREAM, 0)};
    cr_assert_eq(bind(fake->listener, (struct sockaddr *)&address, bytes), 0);
    cr_assert_eq(listen(fake->listener, 1), 0);
    getsockname(fake->listener, (struct sockaddr *)&address, &bytes);
    fake->port = ntohs(address.sin_port);
    pthread_create(&fake->thread, NULL, serve, fake);
}

/* Result of a slice of 20 ms against a server that answers so. */
static int slice_against(const char *protocol, const char *answer, struct slice *slice,
                         unsigned *asked)
{
    struct fake fake;
    fake_start(&fake, answer);
    struct load *load = load_open(protocol_find(protocol), fake.port, 1);
    cr_assert_not_null(load);
    int result = load_slice(load, 20000000, slice);
    load_close(load);
    pthread_join(fake.thread, NULL);
    close(fake.listener);
    *asked = fake.asked;
    return result;
}

Test(slices_load, counts_as_many_responses_as_the_server_gave)
{
    static const char *const cases[][2] = {
        {"redis-ping", "+PONG\r\n"},
        {"redis-get", "$5\r\nhello\r\n"},
        {"redis-get", "$-1\r\n"},
        {"http", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
        {"http", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice slice;
        unsigned asked;
        cr_assert_eq(slice_against(cases[i][0], cases[i][1], &slice, &asked), 0, "case %zu", i);
        cr_assert_eq(slice.requests, asked, "case %zu", i);
        cr_assert_gt(asked, 1);
        cr_assert_geq(slice.wall_ns, 20000000);
    }
}

Test(slices_load, refuses_an_answer_that_is_none)
{
    static const char *const cases[][2] = {
        {"redis-ping", "-ERR unknown\r\n"},
        {"redis-ping", "+PONG\r\n:"},
        {"http", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"},
        {"http", "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"},
        {"http", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice slice;
        unsigned asked;
        cr_assert_eq(slice_against(cases[i][0], cases[i][1], &slice, &asked), -EPROTO, "case %zu",
                     i);
    }
}

Test(slices_load, says_when_the_server_closes_the_connection)
{
    struct slice slice;
    unsigned asked;
    cr_assert_eq(slice_against("redis-ping", "", &slice, &asked), -ECONNRESET);
}

Test(slices_ratio, gives_median_and_quartiles_of_unsorted_values)
{
    double values[] = {5, 1, 4, 2, 3};
    struct spread spread = spread_of(values, 5);
    cr_assert_eq(spread.low, 2);
    cr_assert_eq(spread.median, 3);
    cr_assert_eq(spread.high, 4);
    cr_assert_eq(spread.count, 5);
    cr_assert_eq(spread_of(values, 0).median, 0);
}

Test(slices_sweep, gives_every_arm_one_slice_a_sweep_and_every_place_in_turn)
{
    for (size_t count = 1; count <= ARMS_MAX; count++) {
        unsigned at_place[ARMS_MAX][ARMS_MAX] = {{0}};
        for (size_t sweep = 0; sweep < 2 * count; sweep++) {
            for (size_t place = 0; place < count; place++)
                at_place[sweep_arm(sweep, place, count)][place]++;
        }
        for (size_t arm = 0; arm < count; arm++) {
            for (size_t place = 0; place < count; place++)
                cr_assert_eq(at_place[arm][place], 2, "arm %zu at %zu of %zu", arm, place, count);
        }
    }
}

Test(slices_sweep, compares_each_arm_with_the_first_of_its_own_sweep)
{
    /* The machine is twice as slow in the second sweep; the arm costs 10 % more in both. */
    struct slice slices[] = {{.requests = 10, .cpu_ns = 1000, .wall_ns = 2000},
                             {.requests = 20, .cpu_ns = 2200, .wall_ns = 4000},
                             {.requests = 10, .cpu_ns = 2000, .wall_ns = 4000},
                             {.requests = 10, .cpu_ns = 2200, .wall_ns = 4000}};
    struct spread cpu = sweep_ratio(slices, 2, 2, 1, SWEEP_CPU_PER_REQUEST);
    struct spread wall = sweep_ratio(slices, 2, 2, 1, SWEEP_WALL_PER_REQUEST);
    cr_assert_float_eq(cpu.low, 1.1, 1e-9);
    cr_assert_float_eq(cpu.high, 1.1, 1e-9);
    cr_assert_float_eq(wall.median, 1.0, 1e-9);
    cr_assert_float_eq(sweep_figure(slices, 2, 2, 0, SWEEP_CPU_PER_REQUEST).median, 150, 1e-9);
}
