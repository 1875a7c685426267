/* SPDX-License-Identifier: MIT */
/* Wrong: to render a page the handler opens, reads and closes a thousand template files. No
 * single call is slow, all of them together hold the loop for tens of milliseconds.
 *
 * loopscope must say: short-blocking-calls in load_template, this file, with the calls and how
 * many. The healthy twin reads each template once and keeps it. */
#include "ticker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TICKS 40
#define PERIOD_MS 20
#define TEMPLATES 1000
#define TEMPLATE_BYTES 524288

struct page {
    char path[64]; /* the template file */
    bool is_cached;
    unsigned held;
    uint64_t held_ns;
};

static char template_text[TEMPLATE_BYTES];

__attribute__((noinline)) static ssize_t load_template(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    ssize_t got = read(fd, template_text, sizeof template_text);
    close(fd);
    return got;
}

static void render(struct page *page)
{
    for (int i = 0; i < TEMPLATES; i++)
        if (load_template(page->path) != TEMPLATE_BYTES)
            abort();
}

static void on_tick(unsigned tick, void *context)
{
    struct page *page = context;
    uint64_t start = ticker_now_ns();

    if (tick % 5 != 4 || page->is_cached)
        return;
    render(page);
    page->held++;
    page->held_ns += ticker_now_ns() - start;
}

/* Makes the template file; false when it cannot. */
static bool write_template(struct page *page)
{
    snprintf(page->path, sizeof page->path, "/tmp/loopscope-sample-XXXXXX");
    int fd = mkstemp(page->path);

    if (fd < 0)
        return false;
    bool is_written = write(fd, template_text, sizeof template_text) == TEMPLATE_BYTES;
    close(fd);
    return is_written;
}

int main(int argc, char **argv)
{
    struct page page = {.is_cached = ticker_wants_healthy(argc, argv)};

    if (!write_template(&page))
        return EXIT_FAILURE;
    int status = ticker_run(TICKS, PERIOD_MS, on_tick, &page);
    unlink(page.path);
    ticker_say_held(page.held, page.held_ns);
    return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
