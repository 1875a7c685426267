/* SPDX-License-Identifier: MIT */
/* Small programs for tests to look into: compiled when the test runs, in a directory of its own. */
#ifndef LSC_TEST_ELF_FIXTURE_H
#define LSC_TEST_ELF_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

/* A new directory under /tmp; fixture_remove deletes it with all that is in it. */
void fixture_make(char *directory, size_t bytes);
void fixture_remove(const char *directory);

/* Runs a shell command made like printf; the test fails when the command does. */
void fixture_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

void fixture_write(const char *path, const char *text);

struct fixture_symbol {
    uint64_t address, bytes;
};
/* A symbol of .symtab, or of .dynsym where there is no .symtab. Fails the test when there is none.
 */
struct fixture_symbol fixture_symbol(const char *path, const char *name);

/* The build id into out (at least 32 bytes): how many bytes, 0 none. */
size_t fixture_build_id(const char *path, uint8_t *out);

/* One past the highest address that the file's load segments reach. */
uint64_t fixture_end(const char *path);

#endif
