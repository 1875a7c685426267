/* SPDX-License-Identifier: MIT */
/* What the preload library costs a program that never becomes a loop: a process is started again
 * and again, bare, under the no-op preload and under the real one, in turn, and the time from start
 * to end is compared. Shells and compilers start hundreds of them. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define VARIANTS 3
#define ROUNDS_FULL 600
#define ROUNDS_SHORT 100

struct variant {
    const char *name;
    char environment[512];
    double times[ROUNDS_FULL];
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double run_once(struct variant *v)
{
    static char program[] = "/bin/true";
    char *const argv[] = {program, NULL};
    char *const environment[] = {v->environment, NULL};
    int status;
    pid_t child;
    double begin = now_us();
    if (posix_spawn(&child, argv[0], NULL, NULL, argv, environment) != 0 ||
        waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "cannot run %s\n", argv[0]);
        exit(2);
    }
    return now_us() - begin;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const struct variant *v, int rounds, double bare)
{
    double median = v->times[rounds / 2];
    printf("%-8s median %7.1f us  (quartiles %.1f to %.1f)  x %.3f\n", v->name, median,
           v->times[rounds / 4], v->times[rounds * 3 / 4], median / bare);
}

int main(int argc, char **argv)
{
    static struct variant variants[VARIANTS] = {
        {.name = "bare"}, {.name = "no-op"}, {.name = "probe"}};
    int rounds = argc > 1 && strcmp(argv[1], "--short") == 0 ? ROUNDS_SHORT : ROUNDS_FULL;
    snprintf(variants[0].environment, sizeof(variants[0].environment), "LANG=C");
    snprintf(variants[1].environment, sizeof(variants[1].environment), "LD_PRELOAD=%s",
             NOOP_LIBRARY);
    snprintf(variants[2].environment, sizeof(variants[2].environment), "LD_PRELOAD=%s",
             PRELOAD_LIBRARY);
    for (int i = 0; i < rounds; i++)
        for (int k = 0; k < VARIANTS; k++)
            variants[k].times[i] = run_once(&variants[k]);
    for (int k = 0; k < VARIANTS; k++)
        qsort(variants[k].times, (size_t)rounds, sizeof(double), ascending);
    printf("start to end of /bin/true, %d rounds in turn\n", rounds);
    for (int k = 0; k < VARIANTS; k++)
        report(&variants[k], rounds, variants[0].times[rounds / 2]);
    return 0;
}
