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

#include "console/top/app/app.h"
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
    uint64_t start = now_ns(CLOCK_MONOTONIC),
             bursts = (uint64_t)(2 * duration_s + 3) * RATE / BURST;
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

struct console {
    struct feeder *feeder;
    struct app *app;
    struct screen screen;
    uint64_t drawn_ns;
};

struct phase {
    const char *name;
    uint64_t wall_ns, cpu_ns, records, lost, drained_ns, longest_ns;
    uint64_t judgements, judging_ns, frames, drawing_ns;
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
    double frames = phase->frames ? (double)phase->frames : 1;
    printf("%s: %.0f records/s applied, %llu lost, %.2f %% of a core, %ld MB\n", phase->name,
           (double)(feed->records - phase->records) * 1e9 / wall,
           (unsigned long long)(feed->lost - phase->lost), 100 * cpu / wall, resident_kb() / 1024);
    uint64_t records = feed->records - phase->records;
    if (records > 1000)
        printf("    %.0f ns of CPU a record\n", cpu / (double)records);
    printf("    longest time between two drains %.1f ms, %.1f judgements/s of %.2f ms, "
           "%.1f frames/s of %.2f ms\n",
           (double)phase->longest_ns / 1e6, judgements * 1e9 / wall,
           (double)phase->judging_ns / 1e6 / judgements, frames * 1e9 / wall,
           (double)phase->drawing_ns / 1e6 / frames);
}

static void draw(struct console *console, struct phase *phase, bool is_news)
{
    uint64_t begun = now_ns(CLOCK_MONOTONIC);
    struct top_event time = {.kind = EVENT_TIME, .time_ns = begun}, news = {.kind = EVENT_NEWS};
    if (begun - console->drawn_ns < FRAME_NS)
        return;
    console->drawn_ns = begun;
    bool has_changed = app_update(console->app, &time).draw;
    if (is_news)
        has_changed |= app_update(console->app, &news).draw;
    if (!has_changed)
        return;
    app_render(console->app, &console->screen);
    phase->frames++;
    phase->drawing_ns += now_ns(CLOCK_MONOTONIC) - begun;
}

/* One round of the console's main loop. */
static void step(struct console *console, struct phase *phase)
{
    static bool is_news; /* since the last frame */
    struct feeder *feeder = console->feeder;
    uint64_t begun = now_ns(CLOCK_MONOTONIC), frames = phase->frames;
    is_news |= feeder_advance(feeder, DRAIN_BUDGET_NS);
    uint64_t drained = now_ns(CLOCK_MONOTONIC);
    if (drained - phase->drained_ns > phase->longest_ns)
        phase->longest_ns = drained - phase->drained_ns;
    phase->drained_ns = drained;
    if (feeder_judge(feeder, false)) {
        is_news = true;
        phase->judgements++;
        phase->judging_ns += now_ns(CLOCK_MONOTONIC) - drained;
    }
    draw(console, phase, is_news);
    is_news &= phase->frames == frames;
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

static void run_for(struct console *console, struct phase *phase, const char *name, unsigned ms)
{
    const struct feed *feed = feeder_feed(console->feeder);
    begin_phase(phase, name, feed);
    while (now_ns(CLOCK_MONOTONIC) - phase->wall_ns < ms * UINT64_C(1000000))
        step(console, phase);
}

static void measure(struct console *console, const char *name)
{
    struct phase phase;
    run_for(console, &phase, name, duration_s * 1000);
    end_phase(&phase, feeder_feed(console->feeder));
}

static bool open_console(struct console *console)
{
    static const struct settings settings;
    struct feeder_options options = {.run_id = 0xbe7c5};
    struct top_event size = {.kind = EVENT_RESIZE, .columns = 120, .rows = 40};
    char why[128] = "";
    if (feeder_open(&options, &console->feeder, why, sizeof(why)) < 0) {
        fprintf(stderr, "bench_top: cannot observe: %s\n", why);
        return false;
    }
    console->app = app_new(feeder_feed(console->feeder), &settings);
    if (!console->app || screen_init(&console->screen, size.columns, size.rows) < 0)
        return false;
    app_update(console->app, &size);
    return true;
}

static int observe(int child_is_idle)
{
    struct console console = {.drawn_ns = 0};
    struct phase phase;
    char byte;
    if (!open_console(&console))
        return 2;
    run_for(&console, &phase, "", 1000); /* the first look at the tables is its own */
    measure(&console, "busy, overview");
    app_open_view(console.app, "tasks");
    measure(&console, "busy, tasks");
    while (read(child_is_idle, &byte, 1) < 0)
        step(&console, &phase);
    run_for(&console, &phase, "", 1000);
    measure(&console, "idle, tasks");
    app_open_view(console.app, "overview");
    measure(&console, "idle, overview");
    printf("%u of %u tasks are shown\n", live_tasks(feeder_feed(console.feeder)), TASKS);
    app_delete(console.app);
    screen_free(&console.screen);
    feeder_close(console.feeder);
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
        duration_s = 3;
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
