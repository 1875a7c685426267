/* SPDX-License-Identifier: MIT */
/* Wrong: the handler looks words up in a dictionary mapped from a file that is not in memory: each
 * page it touches is read from the disk while the loop waits. No call is to be seen anywhere.
 *
 * loopscope must say: fault-stall in look_up, this file.
 * The healthy twin keeps the dictionary in memory.
 *
 * `page_fault [healthy] [FILE]`: FILE is made, 64 MiB, on a file system with a disk under it. */
#include "ticker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TICKS 30
#define PERIOD_MS 20
#define DICTIONARY_BYTES (64u << 20)
#define PAGE_BYTES 4096
#define LOOK_UPS 1000

struct dictionary {
    int fd;
    bool stays_in_memory;
    uint64_t sum;
    unsigned held;
    uint64_t held_ns;
};

/* Maps the file, out of the page cache first unless it is to stay there. NULL when it cannot. */
static const unsigned char *dictionary_map(const struct dictionary *dictionary)
{
    if (!dictionary->stays_in_memory)
        posix_fadvise(dictionary->fd, 0, DICTIONARY_BYTES, POSIX_FADV_DONTNEED);
    void *map = mmap(NULL, DICTIONARY_BYTES, PROT_READ, MAP_SHARED, dictionary->fd, 0);

    if (map == MAP_FAILED)
        return NULL;
    madvise(map, DICTIONARY_BYTES, MADV_RANDOM);
    return map;
}

__attribute__((noinline)) static uint64_t look_up(const unsigned char *words, unsigned count)
{
    uint64_t sum = 0;
    uint32_t page = 1;

    for (unsigned i = 0; i < count; i++) {
        page = page * 1664525 + 1013904223;
        sum += words[(uint64_t)(page % (DICTIONARY_BYTES / PAGE_BYTES)) * PAGE_BYTES]; /* DEFECT */
    }
    return sum;
}

static void on_tick(unsigned tick, void *context)
{
    struct dictionary *dictionary = context;

    if (tick % 6 != 5)
        return;
    const unsigned char *words = dictionary_map(dictionary);
    if (words == NULL)
        abort();
    uint64_t start = ticker_now_ns();
    dictionary->sum += look_up(words, LOOK_UPS);
    dictionary->held_ns += ticker_now_ns() - start;
    dictionary->held++;
    munmap((void *)(uintptr_t)words, DICTIONARY_BYTES);
}

/* Makes the file, on the disk and not only in the cache. The descriptor, or -1. */
static int dictionary_make(const char *path)
{
    static unsigned char block[1 << 20];
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    memset(block, 7, sizeof block);
    for (unsigned written = 0; fd >= 0 && written < DICTIONARY_BYTES; written += sizeof block)
        if (write(fd, block, sizeof block) != sizeof block)
            return -1;
    return fd >= 0 && fsync(fd) == 0 ? fd : -1;
}

int main(int argc, char **argv)
{
    bool is_healthy = ticker_wants_healthy(argc, argv);
    const char *path = argc > 1 + is_healthy ? argv[1 + is_healthy] : "loopscope-dictionary";
    struct dictionary dictionary = {.fd = dictionary_make(path), .stays_in_memory = is_healthy};

    if (dictionary.fd < 0) {
        perror(path);
        return EXIT_FAILURE;
    }
    int status = ticker_run(TICKS, PERIOD_MS, on_tick, &dictionary);
    unlink(path);
    ticker_say_held(dictionary.held, dictionary.held_ns);
    return status < 0 || dictionary.sum == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
