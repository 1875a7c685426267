/* SPDX-License-Identifier: MIT */
/* Signals as something to poll for: handlers write one byte each into a pipe. */
#include "term_signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const int taken[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT};
#define TAKEN (sizeof taken / sizeof *taken)

static struct sigaction before[TAKEN];
static int ends[2] = {-1, -1};

static void note(int signal)
{
    int saved = errno;
    unsigned char byte = (unsigned char)signal;
    /* A full pipe holds enough of them already. */
    ssize_t written = write(ends[1], &byte, 1);
    (void)written;
    errno = saved;
}

int term_signals_open(void)
{
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -errno;
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < TAKEN; i++)
        sigaction(taken[i], &action, &before[i]);
    return ends[0];
}

struct signals_seen term_signals_take(void)
{
    struct signals_seen seen = {0};
    unsigned char bytes[64];
    ssize_t count;
    while ((count = read(ends[0], bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            int signal = bytes[i];
            seen.resize |= signal == SIGWINCH;
            seen.quit |= signal == SIGTERM || signal == SIGHUP || signal == SIGINT;
            seen.stop |= signal == SIGTSTP;
            seen.carry_on |= signal == SIGCONT;
        }
    }
    return seen;
}

void term_signals_stop(void)
{
    struct sigaction ours, standard = {.sa_handler = SIG_DFL};
    sigemptyset(&standard.sa_mask);
    sigaction(SIGTSTP, &standard, &ours);
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
}

void term_signals_close(void)
{
    for (size_t i = 0; i < TAKEN; i++)
        sigaction(taken[i], &before[i], NULL);
    close(ends[0]);
    close(ends[1]);
    ends[0] = ends[1] = -1;
}
