/* SPDX-License-Identifier: MIT */
/* Starts, finds, accounts and ends the server. */
#include "slices_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 32
#define START_TRIES 3000 /* of 10 ms */
#define STOP_TRIES 1000  /* of 10 ms */
#define SETTLE_TRIES 100 /* of 200 us */

static void nap_us(long us)
{
    struct timespec rest = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&rest, NULL);
}

void server_pin(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static int loopback_socket(struct sockaddr_in *address, int port)
{
    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)port),
                                    .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* A port that was free a moment ago. */
static int free_port(void)
{
    struct sockaddr_in address;
    socklen_t bytes = sizeof address;
    int port = -EADDRNOTAVAIL;
    int fd = loopback_socket(&address, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&address, bytes) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &bytes) == 0)
        port = ntohs(address.sin_port);
    close(fd);
    return port;
}

static bool is_listening(int port)
{
    struct sockaddr_in address;
    int fd = loopback_socket(&address, port);
    if (fd < 0)
        return false;
    bool is_open = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return is_open;
}

/* `argument` with "{port}" replaced; memory of the child that is about to exec. */
static char *with_port(const char *argument, int port)
{
    const char *place = strstr(argument, "{port}");
    char *text = NULL;
    if (!place)
        return strdup(argument);
    if (asprintf(&text, "%.*s%d%s", (int)(place - argument), argument, port, place + 6) < 0)
        return NULL;
    return text;
}

static _Noreturn void become(char *const command[], char *const environment[], int port, int core)
{
    char *arguments[ARGUMENTS_MAX + 1] = {NULL};
    for (size_t i = 0; command[i] && i < ARGUMENTS_MAX; i++)
        arguments[i] = with_port(command[i], port);
    for (size_t i = 0; environment && environment[i]; i++)
        putenv(environment[i]);
    int null = open("/dev/null", O_RDWR);
    if (null >= 0 && !getenv("BENCH_SHOW_OUTPUT")) {
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
    }
    server_pin(core);
    execvp(arguments[0], arguments);
    _exit(127);
}

/* The processes that `pid` has forked, one generation: what prefork servers do. */
static void find_children(struct server *server)
{
    char path[64];
    int child;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", server->pid, server->pid);
    server->pids[0] = server->pid;
    server->pid_count = 1;
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    while (server->pid_count < SERVER_PIDS_MAX && fscanf(file, "%d", &child) == 1)
        server->pids[server->pid_count++] = child;
    fclose(file);
}

static int wait_until_it_listens(struct server *server)
{
    for (int i = 0; i < START_TRIES; i++) {
        int status;
        if (waitpid(server->pid, &status, WNOHANG) == server->pid)
            return -ECHILD;
        if (is_listening(server->port))
            return 0;
        nap_us(10000);
    }
    return -ETIMEDOUT;
}

int server_start(struct server *server, char *const command[], char *const environment[], int core)
{
    int port = free_port();
    if (port < 0)
        return port;
    *server = (struct server){.port = port, .is_ours = true};
    server->pid = fork();
    if (server->pid < 0)
        return -errno;
    if (server->pid == 0)
        become(command, environment, port, core);
    int error = wait_until_it_listens(server);
    if (error) {
        if (error != -ECHILD)
            server_stop(server);
        return error;
    }
    nap_us(50000); /* a prefork server listens before its workers are there */
    find_children(server);
    return 0;
}

int server_watch(struct server *server, pid_t pid, int port)
{
    *server = (struct server){.pid = pid, .port = port};
    if (kill(pid, 0) < 0)
        return -errno;
    find_children(server);
    return 0;
}

/* V8's name flags leave it behind. */
static void remove_perf_map(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%d.map", pid);
    unlink(path);
}

static void end_process(pid_t pid)
{
    kill(pid, SIGTERM);
    for (int i = 0; i < STOP_TRIES; i++) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return;
        nap_us(10000);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

void server_stop(struct server *server)
{
    if (!server->is_ours || server->pid <= 0)
        return;
    end_process(server->pid);
    for (size_t i = 0; i < server->pid_count; i++)
        remove_perf_map(server->pids[i]);
}

static bool is_running(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0)
        return false;
    text[length] = '\0';
    const char *state = strrchr(text, ')');
    return state && state[1] == ' ' && state[2] == 'R';
}

uint64_t server_cpu_ns(const struct server *server)
{
    uint64_t total = 0;
    for (size_t i = 0; i < server->pid_count; i++) {
        for (int tries = 0; tries < SETTLE_TRIES; tries++) {
            nap_us(200);
            if (!is_running(server->pids[i]))
                break;
        }
        clockid_t clock;
        struct timespec used;
        if (clock_getcpuclockid(server->pids[i], &clock) == 0 && clock_gettime(clock, &used) == 0)
            total += (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
    }
    return total;
}
