/* SPDX-License-Identifier: MIT */
/* What the live console costs: a program with 100 000 live tasks emits a million records a second
 * (wakes and polls, of tasks all over the table) and then falls idle; this one observes it as
 * `loopscope top` does, four frames a second. Printed, for both: records applied and lost, the
 * share of a core, the longest time between two drains, memory.
 *
 *     bench_top [--short]        (2 s of each instead of 10) */
#include <dirent.h>
#include <fcntl.h>
#include <loopscope/probe.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "console/top/feed/feeder.h"

enum { THREADS = 2, RATE = 500000, BURST = 500, TASKS = 100000, STRIDE = 7919 };
#define DRAIN_BUDGET_NS 20000000u
#define FRAME_NS 250000000u

static unsigned duration_s = 10;

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the observed program: RATE records a second and thread, a burst a millisecond ---- */

static lsc_task tasks[TASKS];
static int ready_pipe;

static void *emit(void *data)
{
    uint64_t at = (uintptr_t)data * TASKS / THREADS;
    uint64_t start = now_ns(CLOCK_MONOTONIC), bursts = (uint64_t)duration_s * RATE / BURST;
    for (uint64_t i = 0; i < bursts; i++) {
        for (unsigned k = 0; k < BURST / 2; k++) {
            lsc_task task = tasks[at = (at + STRIDE) % TASKS];
            lsc_wake(task, 0);
            lsc_poll_begin(task);
            lsc_poll_end(task, LSC_POLL_RESULT_PENDING);
        }
        uint64_t next = start + (i + 1) * (1000000000u / (RATE / BURST));
        struct timespec until = {(time_t)(next / 1000000000u), (long)(next % 1000000000u)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
    return NULL;
}

static int run_program(void)
{
    pthread_t threads[THREADS];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (lsc_probe_start() < 0)
        return 2;
    for (unsigned i = 0; i < TASKS; i++)
        tasks[i] = lsc_task_spawn(&(struct lsc_task_info){.kind = i % 16 ? "session" : "timer"});
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, emit, (void *)i);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    if (write(ready_pipe, "i", 1) != 1)
        return 2;
    pause();
    return 0;
}

/* ---- the console ---- */

struct phase {
    const char *name;
    uint64_t wall_ns, cpu_ns, records, lost, drained_ns, longest_ns, judgements, judging_ns;
};

static long resident_kb(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = -1;
    if (file)
        fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void begin_phase(struct phase *phase, const char *name, const struct feed *feed)
{
    *phase = (struct phase){.name = name,
                            .wall_ns = now_ns(CLOCK_MONOTONIC),
                            .cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID),
                            .records = feed->records,
                            .lost = feed->lost};
    phase->drained_ns = phase->wall_ns;
}

static void end_phase(const struct phase *phase, const struct feed *feed)
{
    double wall = (double)(now_ns(CLOCK_MONOTONIC) - phase->wall_ns);
    double cpu = (double)(now_ns(CLOCK_PROCESS_CPUTIME_ID) - phase->cpu_ns);
    double judgements = phase->judgements ? (double)phase->judgements : 1;
    printf("%s: %.0f records/s applied, %llu lost, %.2f %% of a core, %ld MB\n", phase->name,
           (double)(feed->records - phase->records) * 1e9 / wall,
           (unsigned long long)(feed->lost - phase->lost), 100 * cpu / wall, resident_kb() / 1024);
    uint64_t records = feed->records - phase->records;
    if (records > 1000)
        printf("    %.0f ns of CPU a record\n", cpu / (double)records);
    printf("    longest time between two drains %.1f ms, %.1f judgements/s of %.2f ms\n",
           (double)phase->longest_ns / 1e6, judgements * 1e9 / wall,
           (double)phase->judging_ns / 1e6 / judgements);
}

/* One round of the console's main loop. */
static void step(struct feeder *feeder, struct phase *phase)
{
    uint64_t begun = now_ns(CLOCK_MONOTONIC);
    feeder_advance(feeder, DRAIN_BUDGET_NS);
    uint64_t drained = now_ns(CLOCK_MONOTONIC);
    if (drained - phase->drained_ns > phase->longest_ns)
        phase->longest_ns = drained - phase->drained_ns;
    phase->drained_ns = drained;
    if (feeder_judge(feeder, false)) {
        phase->judgements++;
        phase->judging_ns += now_ns(CLOCK_MONOTONIC) - drained;
    }
    uint64_t pause_ns = feeder_pause_us(feeder) * 1000, spent = now_ns(CLOCK_MONOTONIC) - begun;
    if (spent < pause_ns)
        usleep((useconds_t)((pause_ns - spent) / 1000));
}

static unsigned live_tasks(const struct feed *feed)
{
    unsigned count = 0;
    for (unsigned i = 0; feed->process_count && i < model_task_slots(feed->processes[0].model); i++)
        count += model_task_at(feed->processes[0].model, i) != NULL;
    return count;
}

static int observe(int child_is_idle)
{
    struct feeder *feeder;
    struct phase phase;
    char why[128] = "", byte;
    struct feeder_options options = {.run_id = 0xbe7c5};
    if (feeder_open(&options, &feeder, why, sizeof(why)) < 0) {
        fprintf(stderr, "bench_top: cannot observe: %s\n", why);
        return 2;
    }
    struct feed *feed = feeder_feed(feeder);
    begin_phase(&phase, "busy", feed);
    while (read(child_is_idle, &byte, 1) < 0)
        step(feeder, &phase);
    end_phase(&phase, feed);
    for (unsigned i = 0; i < 50; i++)
        step(feeder, &phase);
    begin_phase(&phase, "idle", feed);
    while (now_ns(CLOCK_MONOTONIC) - phase.wall_ns < duration_s * UINT64_C(1000000000))
        step(feeder, &phase);
    end_phase(&phase, feed);
    printf("%u of %u tasks are shown\n", live_tasks(feed), TASKS);
    feeder_close(feeder);
    return 0;
}

/* The directory is this bench's own. */
static void remove_directory(const char *directory)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;
    while (stream && (entry = readdir(stream)))
        unlinkat(dirfd(stream), entry->d_name, 0);
    if (stream)
        closedir(stream);
    rmdir(directory);
}

int main(int argc, char **argv)
{
    char directory[] = "/dev/shm/loopscope-bench-XXXXXX", seconds[16], pipe_text[16];
    int idle[2];
    if (argc > 1 && strcmp(argv[1], "--short") == 0)
        duration_s = 2;
    if (argc > 3 && strcmp(argv[1], "--program") == 0) {
        duration_s = (unsigned)strtoul(argv[2], NULL, 10);
        ready_pipe = (int)strtol(argv[3], NULL, 10);
        return run_program();
    }
    if (!mkdtemp(directory) || pipe(idle) < 0)
        return 2;
    fcntl(idle[0], F_SETFL, O_NONBLOCK);
    setenv("LOOPSCOPE_DIR", directory, 1);
    setenv("LOOPSCOPE_RUN", "be7c5", 1);
    snprintf(seconds, sizeof(seconds), "%u", duration_s);
    snprintf(pipe_text, sizeof(pipe_text), "%d", idle[1]);
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", argv[0], "--program", seconds, pipe_text, (char *)NULL);
        _exit(2);
    }
    int status = child < 0 ? 2 : observe(idle[0]);
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    remove_directory(directory);
    return status;
}
