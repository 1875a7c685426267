/* SPDX-License-Identifier: MIT */
/* Connections, pipes and files of tasks on several workers, which are cancelled, time out, break
 * off and are closed by others at random. What comes back must be what was sent; afterwards no
 * task, no allocation and no descriptor is left.
 *
 *     stress_executor_io [clients]      default 3000 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loopscope/executor.h"
#include "loopscope/fs.h"
#include "loopscope/net.h"
#include "loopscope/time.h"

#define WAVE 48
#define MESSAGE_MAX 40000u
#define MESSAGES 4

static _Atomic uint64_t begun, ended, echoed, cut_short, blocks;

/* Where the files are. A file whose opening was cut short may come to be after its task has gone.
 */
static char directory[] = "/tmp/executor_io_XXXXXX";

static void remove_files(void)
{
    char path[600];
    DIR *files = opendir(directory);
    for (struct dirent *file; files && (file = readdir(files));) {
        snprintf(path, sizeof(path), "%s/%s", directory, file->d_name);
        unlink(path);
    }
    if (files)
        closedir(files);
    rmdir(directory);
}

static void fail(const char *what, long long a, long long b)
{
    fprintf(stderr, "executor_io: %s: %lld and %lld\n", what, a, b);
    remove_files();
    exit(1);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 20;
}

static void *allocate(void *data, size_t bytes)
{
    (void)data;
    atomic_fetch_add(&blocks, 1);
    return malloc(bytes);
}

static void release(void *data, void *memory)
{
    (void)data;
    if (memory)
        atomic_fetch_sub(&blocks, 1);
    free(memory);
}

/* What may end any I/O here. */
static bool is_expected(lsc_result r)
{
    return r >= 0 || r == -ECANCELED || r == -ETIMEDOUT || r == -ECONNRESET || r == -EPIPE ||
           r == -EBADF;
}

/* ---- the server ---- */

struct server_side {
    struct lsc_frame frame;
    struct lsc_cleanup cleanup;
    struct lsc_stream stream;
    lsc_result r;
    char bytes[2048];
};

static void close_stream(void *stream)
{
    lsc_stream_close(stream);
}

static lsc_result serve_poll(struct lsc_context *cx, void *state)
{
    struct server_side *self = state;
    LSC_BEGIN(cx, self);
    lsc_cleanup_push(cx, &self->cleanup, close_stream, &self->stream);
    lsc_stream_set_nodelay(&self->stream, true);
    do {
        LSC_AWAIT(self->r, lsc_read(cx, &self->stream, self->bytes, sizeof(self->bytes)));
        if (self->r > 0)
            LSC_AWAIT(self->r, lsc_write_all(cx, &self->stream, self->bytes, (size_t)self->r));
    } while (self->r > 0);
    if (!is_expected(self->r))
        fail("a served connection", self->r, 0);
    LSC_END(0);
}

struct acceptor {
    struct lsc_frame frame;
    struct lsc_listener *listener;
    struct lsc_scope *scope;
    struct server_side next;
    lsc_result r;
};

static lsc_result accept_poll(struct lsc_context *cx, void *state)
{
    struct acceptor *self = state;
    LSC_BEGIN(cx, self);
    for (;;) {
        LSC_AWAIT(self->r, lsc_accept(cx, self->listener, &self->next.stream));
        if (self->r == -ECANCELED)
            LSC_RETURN(0);
        if (self->r < 0)
            fail("accept", self->r, 0);
        if (lsc_spawn(cx, serve_poll, &self->next, .scope = self->scope) < 0)
            lsc_stream_close(&self->next.stream);
    }
    LSC_END(0);
}

/* ---- a client ---- */

struct client {
    struct lsc_frame frame;
    struct lsc_cleanup cleanup;
    struct lsc_deadline deadline;
    const struct lsc_address *address;
    struct lsc_stream stream, pipe[2];
    struct lsc_join reader;
    struct lsc_scope scope;
    struct lsc_file file;
    uint64_t seed;
    size_t bytes, got;
    int i;
    lsc_result r;
    char path[48];
    char *sent, *received;
};

static void end_client(void *data)
{
    struct client *self = data;
    lsc_stream_close(&self->stream);
    lsc_stream_close(&self->pipe[0]);
    lsc_stream_close(&self->pipe[1]);
    lsc_file_close(&self->file);
    if (self->path[0])
        unlink(self->path);
    free(self->sent);
    free(self->received);
    atomic_fetch_add(&ended, 1);
}

struct transfer {
    struct lsc_frame frame;
    struct client *client;
    lsc_result r;
};

static lsc_result send_poll(struct lsc_context *cx, void *state)
{
    struct transfer *self = state;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(self->r,
              lsc_write_all(cx, &self->client->stream, self->client->sent, self->client->bytes));
    LSC_END(self->r < 0 ? self->r : 0);
}

/* Sends from a task of its own while it reads: both directions of a stream at once. */
static lsc_result echo_once(struct lsc_context *cx, struct client *self)
{
    LSC_BEGIN(cx, self);
    self->bytes = 1 + next_random(&self->seed) % MESSAGE_MAX;
    for (size_t i = 0; i < self->bytes; i++)
        self->sent[i] = (char)next_random(&self->seed);
    lsc_scope_begin(cx, &self->scope, 0);
    lsc_spawn(cx, send_poll, (&(struct transfer){.client = self}), .scope = &self->scope);
    LSC_AWAIT(self->r, lsc_read_exactly(cx, &self->stream, self->received, self->bytes));
    self->got = self->r < 0 ? 0 : (size_t)self->r;
    if (self->r < 0)
        lsc_scope_cancel(cx, &self->scope);
    LSC_AWAIT(self->r, lsc_scope_end(cx, &self->scope));
    if (self->got == self->bytes) {
        if (memcmp(self->sent, self->received, self->bytes) != 0)
            fail("an echo differs", (long long)self->bytes, self->i);
        atomic_fetch_add(&echoed, 1);
    } else {
        atomic_fetch_add(&cut_short, 1);
        if (self->r >= 0)
            self->r = -ECANCELED;
    }
    LSC_END(self->r);
}

static lsc_result read_forever_poll(struct lsc_context *cx, void *state)
{
    struct transfer *self = state;
    LSC_BEGIN(cx, self);
    LSC_AWAIT(self->r, lsc_read(cx, &self->client->stream, self->client->received, 1));
    LSC_END(self->r);
}

static void ignore_site(void *data, const struct lsc_code_site *site)
{
    (void)data, (void)site;
}

struct visitor {
    struct lsc_frame frame;
    struct client client;
    unsigned choice;
    lsc_result r;
};

/* Nobody sends: the task that reads waits until another closes its stream. */
static lsc_result close_under_a_reader(struct lsc_context *cx, struct client *self)
{
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    self->r = lsc_spawn(cx, read_forever_poll, (&(struct transfer){.client = self}),
                        .scope = &self->scope, .join = &self->reader);
    while (self->r == 0 && lsc_join_trace(&self->reader, ignore_site, NULL) <= 0 &&
           !lsc_join_is_finished(&self->reader))
        LSC_AWAIT(self->r, lsc_yield(cx));
    lsc_join_detach(&self->reader);
    lsc_stream_close(&self->stream);
    LSC_AWAIT(self->r, lsc_scope_end(cx, &self->scope));
    if (self->r != -EBADF && self->r != -ECANCELED && self->r != -ETIMEDOUT)
        fail("a read of what was closed", self->r, 0);
    LSC_END(self->r);
}

/* Writes more than a pipe holds, and nobody reads: only an end from outside helps. */
static lsc_result fill_a_pipe(struct lsc_context *cx, struct client *self)
{
    LSC_BEGIN(cx, self);
    self->r = lsc_pipe(cx, &self->pipe[0], &self->pipe[1]);
    if (self->r < 0)
        fail("pipe", self->r, 0);
    lsc_deadline_push(cx, &self->deadline, 1 + self->seed % 5);
    for (self->i = 0; self->i < 8; self->i++) {
        LSC_AWAIT(self->r, lsc_write_all(cx, &self->pipe[1], self->sent, MESSAGE_MAX));
        if (self->r < 0)
            break;
    }
    lsc_deadline_pop(cx, &self->deadline);
    if (self->r != -ECANCELED && self->r != -ETIMEDOUT)
        fail("a full pipe took it", self->r, 0);
    LSC_END(self->r);
}

static lsc_result use_a_file(struct lsc_context *cx, struct client *self)
{
    LSC_BEGIN(cx, self);
    snprintf(self->path, sizeof(self->path), "%s/%llx", directory, (unsigned long long)self->seed);
    LSC_AWAIT(self->r, lsc_file_open(cx, &self->file, self->path, O_RDWR | O_CREAT, 0600));
    if (self->r < 0)
        LSC_RETURN(self->r);
    LSC_AWAIT(self->r, lsc_file_write(cx, &self->file, self->sent, 1000, 0));
    if (self->r < 0)
        LSC_RETURN(self->r);
    LSC_AWAIT(self->r, lsc_file_read(cx, &self->file, self->received, 1000, 0));
    if (self->r >= 0 && memcmp(self->sent, self->received, (size_t)self->r) != 0)
        fail("a file differs", self->r, 0);
    LSC_END(self->r);
}

static lsc_result echo_some(struct lsc_context *cx, struct visitor *self)
{
    LSC_BEGIN(cx, self);
    lsc_stream_set_nodelay(&self->client.stream, true);
    for (self->choice = 0; self->choice < MESSAGES; self->choice++) {
        LSC_AWAIT(self->r, echo_once(cx, &self->client));
        if (self->r < 0)
            break;
    }
    LSC_END(self->r);
}

struct visit {
    struct lsc_frame frame;
    struct visitor visitor;
    struct lsc_deadline deadline;
    unsigned choice;
    lsc_result r;
};

static lsc_result visit_poll(struct lsc_context *cx, void *state)
{
    struct visit *self = state;
    struct client *client = &self->visitor.client;
    LSC_BEGIN(cx, self);
    atomic_fetch_add(&begun, 1);
    lsc_cleanup_push(cx, &client->cleanup, end_client, client);
    client->sent = calloc(1, MESSAGE_MAX);
    client->received = malloc(MESSAGE_MAX);
    self->choice = next_random(&client->seed) % 8;
    if (next_random(&client->seed) % 3 == 0)
        lsc_deadline_push(cx, &self->deadline, next_random(&client->seed) % 6);
    if (self->choice < 6)
        LSC_AWAIT(self->r, lsc_connect(cx, &client->stream, client->address));
    if (self->choice < 6 && self->r < 0)
        self->choice = 99;
    if (self->choice < 5)
        LSC_AWAIT(self->r, echo_some(cx, &self->visitor));
    if (self->choice == 5)
        LSC_AWAIT(self->r, close_under_a_reader(cx, client));
    if (self->choice == 6)
        LSC_AWAIT(self->r, fill_a_pipe(cx, client));
    if (self->choice == 7)
        LSC_AWAIT(self->r, use_a_file(cx, client));
    if (!is_expected(self->r))
        fail("a client", self->r, self->choice);
    LSC_END(0);
}

/* ---- all ---- */

struct root {
    struct lsc_frame frame;
    struct lsc_address address;
    struct lsc_listener listener;
    struct lsc_scope scope, wave;
    struct lsc_join acceptor, joins[WAVE];
    uint64_t seed, left;
    int i, count;
    lsc_result r;
};

static lsc_result run_wave(struct lsc_context *cx, struct root *self)
{
    self->count = self->left < WAVE ? (int)self->left : WAVE;
    self->left -= (uint64_t)self->count;
    for (int i = 0; i < self->count; i++)
        lsc_spawn(cx, visit_poll,
                  (&(struct visit){.visitor = {.client = {.address = &self->address,
                                                          .seed = next_random(&self->seed) | 1}}}),
                  .scope = &self->wave, .join = &self->joins[i]);
    return 0;
}

/* A few of them are cancelled, at different times. */
static lsc_result waves(struct lsc_context *cx, struct root *self)
{
    LSC_BEGIN(cx, self);
    while (self->left > 0) {
        lsc_scope_begin(cx, &self->wave, 0);
        run_wave(cx, self);
        for (self->i = 0; self->i < self->count; self->i++) {
            if (next_random(&self->seed) % 4 == 0)
                lsc_join_cancel(&self->joins[self->i]);
            lsc_join_detach(&self->joins[self->i]);
            if (next_random(&self->seed) % 8 == 0)
                LSC_AWAIT(self->r, lsc_sleep(cx, 1));
        }
        LSC_AWAIT(self->r, lsc_scope_end(cx, &self->wave));
    }
    LSC_END(0);
}

struct all {
    struct lsc_frame frame;
    struct root root;
    lsc_result r;
};

static lsc_result root_poll(struct lsc_context *cx, void *state)
{
    struct all *all = state;
    struct root *self = &all->root;
    LSC_BEGIN(cx, all);
    lsc_address_ip(&self->address, "127.0.0.1", 0);
    if (lsc_listen(cx, &self->listener, &self->address, 256) < 0)
        fail("listen", 0, 0);
    lsc_listener_address(&self->listener, &self->address);
    lsc_scope_begin(cx, &self->scope, 0);
    lsc_spawn(cx, accept_poll,
              (&(struct acceptor){.listener = &self->listener, .scope = &self->scope}),
              .scope = &self->scope, .join = &self->acceptor);
    LSC_AWAIT(all->r, waves(cx, self));
    lsc_join_cancel(&self->acceptor);
    lsc_join_detach(&self->acceptor);
    LSC_AWAIT(all->r, lsc_scope_end(cx, &self->scope));
    lsc_listener_close(&self->listener);
    LSC_END(all->r);
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *entries = opendir("/proc/self/fd");
    while (readdir(entries))
        count++;
    closedir(entries);
    return count;
}

static void run(uint64_t clients, unsigned workers)
{
    const struct lsc_allocator allocator = {allocate, release, NULL};
    const struct lsc_executor_options options = {.workers = workers, .allocator = &allocator};
    struct lsc_executor *executor;
    struct lsc_executor_counts counts;
    if (lsc_executor_new(&executor, &options) < 0)
        fail("no executor", 0, 0);
    lsc_result r = lsc_executor_run(
        executor, root_poll, (&(struct all){.root = {.left = clients, .seed = 88172645463325252}}));
    if (r < 0)
        fail("the root's result", r, 0);
    if (lsc_executor_shutdown(executor, 10000) != 0)
        fail("tasks did not end", 0, 0);
    lsc_executor_counts(executor, &counts);
    if (counts.spawned != counts.finished)
        fail("tasks", (long long)counts.spawned, (long long)counts.finished);
    lsc_executor_delete(executor);
}

int main(int argc, char **argv)
{
    uint64_t clients = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000;
    if (!mkdtemp(directory))
        return 1;
    run(WAVE, 3); /* libuv's own descriptors */
    int before = open_descriptors();
    run(clients, 3);
    run(clients / 4, 1);
    if (atomic_load(&begun) != atomic_load(&ended))
        fail("clients begun and ended", (long long)begun, (long long)ended);
    if (atomic_load(&blocks) != 0)
        fail("allocations left", (long long)blocks, 0);
    if (open_descriptors() != before)
        fail("descriptors before and after", before, open_descriptors());
    remove_files();
    printf("executor_io: %llu clients, %llu echoes, %llu cut short\n", (unsigned long long)begun,
           (unsigned long long)echoed, (unsigned long long)cut_short);
    return 0;
}
