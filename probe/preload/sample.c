/* SPDX-License-Identifier: MIT */
/* The sampling signal: sending it, and the handler that takes the stack. */
#include "sample.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "process.h"
#include "real.h"
#include "self.h"
#include "turn.h"
#include "unwind.h"

static int sample_signal;
static bool is_installed;
static struct sigaction previous; /* what the program had before us */

static long membarrier_do(int command)
{
    return real.syscall(SYS_membarrier, command, 0, 0, 0, 0, 0);
}

static uintptr_t interrupted_address(const void *context)
{
    const ucontext_t *uc = context;
#if defined(__x86_64__)
    return (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)uc->uc_mcontext.pc;
#else
#error "the interrupted address of this machine is not known"
#endif
}

static void take(struct loop *loop, uintptr_t address)
{
    struct lsc_thread *shared = loop->shared;
    uint64_t since = atomic_load_explicit(&shared->turn_since, memory_order_relaxed);
    if (since == 0 || loop->is_capturing) {
        total_add(&shared->late_samples, 1);
        return;
    }
    uint64_t now = lsc__now();
    uint32_t stack = unwind_intern(loop, address);
    lsc__ring_put(loop->writer, now, LSC_RECORD_STALL_SAMPLE, 0, stack, now - since, 0);
    atomic_store_explicit(&shared->stall_stack, stack, memory_order_relaxed);
    total_add(&shared->samples, 1);
}

/* True when the signal is the answer to our own request. */
static bool is_ours(const siginfo_t *info, struct loop *loop)
{
    if (info->si_code != SI_TKILL ||
        info->si_pid != atomic_load_explicit(&process.pid, memory_order_relaxed) || !loop)
        return false;
    uint32_t request = atomic_load_explicit(&loop->request, memory_order_acquire);
    return request == SAMPLE_SENDING || request == SAMPLE_LOST;
}

static void pass_on(int signal, siginfo_t *info, void *context)
{
    if (previous.sa_flags & SA_SIGINFO)
        previous.sa_sigaction(signal, info, context);
    else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
        previous.sa_handler(signal);
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    struct loop *loop = self_is_vforked() ? NULL : self.loop;
    if (loop && !loop->shared)
        loop = NULL;
    if (!is_ours(info, loop)) {
        pass_on(signal, info, context);
        return;
    }
    int saved = errno;
    uint8_t gate = self.gate;
    self.gate = GATE_SHUT; /* the unwinder's own calls are interposed, too */
    take(loop, interrupted_address(context));
    atomic_store_explicit(&loop->request, SAMPLE_NONE, memory_order_release);
    self.gate = gate;
    errno = saved;
}

bool sample_is_installed(void)
{
    struct sigaction now;
    return is_installed && sigaction(sample_signal, NULL, &now) == 0 &&
           (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_signal;
}

/* The handler keeps the manners of the one it stands before; a one-shot handler is left alone. */
static bool can_replace(const struct sigaction *old)
{
    return !(old->sa_flags & (int)SA_RESETHAND);
}

bool sample_install(int signal)
{
    struct sigaction ours = {.sa_sigaction = on_signal,
                             .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    sample_signal = signal;
    if (membarrier_do(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0)
        return false;
    if (is_installed)
        return sample_is_installed();
    if (sigaction(signal, NULL, &previous) != 0 || !can_replace(&previous))
        return false;
    bool has_handler = (previous.sa_flags & SA_SIGINFO) ||
                       (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN);
    if (has_handler) {
        ours.sa_flags = previous.sa_flags | SA_SIGINFO;
        ours.sa_mask = previous.sa_mask;
    }
    is_installed = sigaction(signal, &ours, NULL) == 0;
    return is_installed;
}

bool sample_ask(struct loop *loop, uint64_t turn)
{
    uint32_t none = SAMPLE_NONE;
    if (!atomic_compare_exchange_strong(&loop->request, &none, SAMPLE_WANTED))
        return false; /* the one before is still on its way */
    membarrier_do(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    uint32_t wanted = SAMPLE_WANTED;
    bool is_running = atomic_load(&loop->is_in_call) == 0 &&
                      atomic_load(&loop->shared->turn_since) != 0 &&
                      atomic_load(&loop->shared->turn_number) == turn;
    if (!is_running) {
        atomic_compare_exchange_strong(&loop->request, &wanted, SAMPLE_NONE);
        return false;
    }
    if (!atomic_compare_exchange_strong(&loop->request, &wanted, SAMPLE_SENDING))
        return false;
    long result = real.syscall(SYS_tgkill, atomic_load(&process.pid), atomic_load(&loop->owner),
                               sample_signal, 0, 0, 0);
    if (result != 0)
        atomic_store(&loop->request, SAMPLE_NONE);
    return result == 0;
}

/* How long the thread waits for the handler before it gives up on the signal: 10 milliseconds, in
 * units of merge_ticks. Only a watchdog that lost the processor between two lines takes so long. */
#define SETTLE_LIMIT 1000

void sample_settle(struct loop *loop)
{
    uint32_t wanted = SAMPLE_WANTED;
    if (atomic_compare_exchange_strong(&loop->request, &wanted, SAMPLE_NONE))
        return;
    uint64_t begin = lsc__now();
    while (atomic_load_explicit(&loop->request, memory_order_acquire) == SAMPLE_SENDING) {
        if (lsc__now() - begin > SETTLE_LIMIT * process.merge_ticks)
            break;
        sched_yield();
    }
    uint32_t sending = SAMPLE_SENDING;
    atomic_compare_exchange_strong(&loop->request, &sending, SAMPLE_LOST);
}
