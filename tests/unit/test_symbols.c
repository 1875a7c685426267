/* SPDX-License-Identifier: MIT */
/* The symbolizer on programs that are compiled here: DWARF, separate debug files, bare symbol
 * tables, and files that are missing, replaced, deleted or damaged. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzers/symbols/frame_cache.h"
#include "analyzers/symbols/string_pool.h"
#include "analyzers/symbols/symbols.h"
#include "elf_fixture.h"

#define BIAS 0x7f0000000000u

static const char program_text[] =
    "#include <unistd.h>\n"
    "static inline __attribute__((always_inline)) int deepest(volatile int *p)\n"
    "{\n"
    "    return *p / 3;\n" /* line 4 */
    "}\n"
    "static inline __attribute__((always_inline)) int middle(volatile int *p)\n"
    "{\n"
    "    return deepest(p) + 1;\n" /* line 8 */
    "}\n"
    "static __attribute__((noinline)) int hidden(int x)\n"
    "{\n"
    "    volatile int v = x;\n"
    "    return middle(&v);\n" /* line 13 */
    "}\n"
    "__attribute__((noinline)) int visible(int x)\n"
    "{\n"
    "    return hidden(x) + (int)getpid();\n"
    "}\n"
    "int main(int argc, char **argv)\n"
    "{\n"
    "    if (argc > 1) { write(1, argv[0], 1); for (;;) pause(); }\n"
    "    return visible(argc) & 1;\n"
    "}\n";

static char directory[64];
static char program[128];
static struct symbolizer *symbolizer;
static struct frame frames[SYMBOL_INLINE_MAX];

static void compile(const char *options)
{
    char source[128];
    snprintf(source, sizeof source, "%s/app.c", directory);
    snprintf(program, sizeof program, "%s/app", directory);
    fixture_write(source, program_text);
    fixture_run("cd %s && cc -fno-ipa-icf %s -o app app.c 2>&1", directory, options);
}

static void set_up(void)
{
    fixture_make(directory, sizeof directory);
    symbolizer = symbolizer_new(0, "/nonexistent/perf.map");
    cr_assert_not_null(symbolizer);
}

static void tear_down(void)
{
    symbolizer_delete(symbolizer);
    fixture_remove(directory);
}

TestSuite(symbols, .init = set_up, .fini = tear_down, .timeout = 60);

/* Tells the symbolizer of the program as if a process had mapped it at BIAS. */
static void add_program(void)
{
    uint8_t id[32];
    size_t bytes = fixture_build_id(program, id);
    symbolizer_add_module(symbolizer, program, BIAS, BIAS, BIAS + fixture_end(program), id, bytes);
}

static uint64_t address_of(const char *name)
{
    return BIAS + fixture_symbol(program, name).address;
}

/* The first address of `hidden` at which the division is inlined; fails when there is none. */
static unsigned resolve_inlined(struct fixture_symbol hidden)
{
    for (uint64_t at = 0; at < hidden.bytes; at++) {
        unsigned count = symbolizer_resolve(symbolizer, BIAS + hidden.address + at, false, frames);
        if (strcmp(frames[0].function, "deepest") == 0)
            return count;
    }
    cr_assert_fail("no address of hidden lies in deepest");
    return 0;
}

Test(symbols, name_the_function_the_file_and_the_line)
{
    compile("-g -O1");
    add_program();
    cr_assert_eq(symbolizer_resolve(symbolizer, address_of("main"), false, frames), 1);
    cr_expect_str_eq(frames[0].function, "main");
    cr_expect_str_eq(frames[0].module, program);
    cr_expect(strstr(frames[0].file, "app.c"));
    cr_expect_eq(frames[0].line, 20);
    cr_expect_eq(frames[0].kind, FRAME_NATIVE);
}

static void expect_inlines_innermost_first(void)
{
    cr_assert_eq(resolve_inlined(fixture_symbol(program, "hidden")), 3);
    cr_expect_eq(frames[0].line, 4);
    cr_expect(frames[0].is_inline);
    cr_expect_str_eq(frames[1].function, "middle");
    cr_expect_eq(frames[1].line, 8);
    cr_expect(frames[1].is_inline);
    cr_expect_str_eq(frames[2].function, "hidden");
    cr_expect_eq(frames[2].line, 13);
    cr_expect_not(frames[2].is_inline);
    cr_expect(strstr(frames[2].file, "app.c"));
}

Test(symbols, list_inlined_functions_innermost_first)
{
    compile("-g -O1");
    add_program();
    expect_inlines_innermost_first();
}

Test(symbols, read_dwarf_4_and_5_and_compressed_sections)
{
    static const char *const options[] = {"-gdwarf-4", "-gdwarf-5", "-g -gz"};
    for (size_t i = 0; i < 3; i++) {
        char line[64];
        symbolizer_delete(symbolizer);
        symbolizer = symbolizer_new(0, NULL);
        snprintf(line, sizeof line, "-O1 %s", options[i]);
        compile(line);
        add_program();
        expect_inlines_innermost_first();
    }
}

Test(symbols, look_a_return_address_up_in_the_call_before_it)
{
    compile("-g -O1");
    add_program();
    struct fixture_symbol hidden = fixture_symbol(program, "hidden");
    uint64_t end = BIAS + hidden.address + hidden.bytes;
    symbolizer_resolve(symbolizer, end, true, frames);
    cr_expect_str_eq(frames[0].function, "hidden");
}

Test(symbols, come_from_a_separate_debug_file_beside_the_program)
{
    compile("-g -O1");
    struct fixture_symbol hidden = fixture_symbol(program, "hidden");
    fixture_run("cd %s && mkdir .debug && objcopy --only-keep-debug app .debug/app.debug && "
                "strip app && objcopy --add-gnu-debuglink=.debug/app.debug app",
                directory);
    add_program();
    cr_expect_eq(resolve_inlined(hidden), 3);
    cr_expect_eq(frames[2].line, 13);
}

Test(symbols, fall_back_to_the_symbol_table_without_dwarf)
{
    compile("-g0 -O1");
    add_program();
    cr_assert_eq(symbolizer_resolve(symbolizer, address_of("hidden") + 1, false, frames), 1);
    cr_expect_str_eq(frames[0].function, "hidden");
    cr_expect_str_eq(frames[0].file, "");
    cr_expect_eq(frames[0].line, 0);
}

Test(symbols, never_take_a_neighbours_name_in_a_stripped_program)
{
    compile("-g0 -O1 -rdynamic");
    uint64_t hidden = address_of("hidden");
    fixture_run("strip %s", program);
    add_program();
    symbolizer_resolve(symbolizer, address_of("visible") + 1, false, frames);
    cr_expect_str_eq(frames[0].function, "visible");
    cr_assert_eq(symbolizer_resolve(symbolizer, hidden + 1, false, frames), 1);
    cr_expect_str_eq(frames[0].function, "");
    cr_expect_str_eq(frames[0].module, program);
}

Test(symbols, are_not_read_from_a_file_that_was_replaced)
{
    compile("-g -O1");
    uint8_t id[32] = {1};
    symbolizer_add_module(symbolizer, program, BIAS, BIAS, BIAS + fixture_end(program), id, 20);
    cr_assert_eq(symbolizer_resolve(symbolizer, address_of("main"), false, frames), 1);
    cr_expect_str_eq(frames[0].function, "");
    cr_expect_str_eq(frames[0].module, program);
}

Test(symbols, need_the_same_extent_where_there_is_no_build_id)
{
    compile("-g -O1 -Wl,--build-id=none");
    uint64_t end = BIAS + fixture_end(program);
    symbolizer_add_module(symbolizer, program, BIAS, BIAS, end, NULL, 0);
    symbolizer_resolve(symbolizer, address_of("main"), false, frames);
    cr_expect_str_eq(frames[0].function, "main");
    symbolizer_add_module(symbolizer, program, BIAS, BIAS, end + 0x10000, NULL, 0);
    symbolizer_resolve(symbolizer, address_of("main"), false, frames);
    cr_expect_str_eq(frames[0].function, "");
}

Test(symbols, of_a_missing_file_are_its_name_alone)
{
    symbolizer_add_module(symbolizer, "/nonexistent/libgone.so", BIAS, BIAS, BIAS + 4096, NULL, 0);
    cr_assert_eq(symbolizer_resolve(symbolizer, BIAS + 16, false, frames), 1);
    cr_expect_str_eq(frames[0].function, "");
    cr_expect_str_eq(frames[0].module, "/nonexistent/libgone.so");
}

Test(symbols, of_an_address_in_no_module_are_empty)
{
    cr_assert_eq(symbolizer_resolve(symbolizer, 0x1234, true, frames), 1);
    cr_expect_str_eq(frames[0].function, "");
    cr_expect_str_eq(frames[0].module, "");
    cr_expect_eq(frames[0].kind, FRAME_UNKNOWN);
    cr_expect_eq(symbolizer_resolve(symbolizer, 0, true, frames), 1);
    cr_expect_eq(symbolizer_resolve(symbolizer, UINT64_MAX, false, frames), 1);
}

Test(symbols, follow_the_library_that_was_loaded_last_at_an_address)
{
    compile("-g -O1");
    symbolizer_add_module(symbolizer, "/nonexistent/old.so", BIAS, BIAS, BIAS + (1 << 20), NULL, 0);
    uint64_t main_address = address_of("main");
    symbolizer_resolve(symbolizer, main_address, false, frames);
    cr_expect_str_eq(frames[0].module, "/nonexistent/old.so");
    add_program();
    symbolizer_resolve(symbolizer, main_address, false, frames);
    cr_expect_str_eq(frames[0].function, "main");
    cr_expect_eq(frames[0].kind, FRAME_LIBRARY, "only the first module is the program itself");
}

/* Starts the program and waits until it runs its own code. */
static pid_t start_program(void)
{
    int ends[2];
    char byte;
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        execl(program, program, "stay", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    cr_assert_eq(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return pid;
}

Test(symbols, outlive_the_file_and_the_process)
{
    compile("-g -O1");
    pid_t pid = start_program();
    uint64_t main_address = address_of("main");
    uint8_t id[32];
    size_t id_bytes = fixture_build_id(program, id);
    uint64_t end = BIAS + fixture_end(program);
    unlink(program);
    symbolizer_delete(symbolizer);
    symbolizer = symbolizer_new((uint32_t)pid, NULL);
    symbolizer_add_module(symbolizer, program, BIAS, BIAS, end, id, id_bytes);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    symbolizer_resolve(symbolizer, main_address, false, frames);
    cr_expect_str_eq(frames[0].function, "main");
    cr_expect_eq(frames[0].line, 20);
}

Test(symbols, are_found_through_a_second_mapping_of_a_module)
{
    compile("-g -O1");
    int fd = open(program, O_RDONLY | O_CLOEXEC);
    char *copy = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE, fd, 0);
    cr_assert_neq(copy, MAP_FAILED);
    close(fd);
    symbolizer_delete(symbolizer);
    symbolizer = symbolizer_new((uint32_t)getpid(), "/nonexistent/perf.map");
    add_program();
    uint64_t offset = fixture_symbol(program, "main").address; /* as in any PIE's first segments */
    symbolizer_resolve(symbolizer, (uint64_t)(uintptr_t)copy + offset, false, frames);
    cr_expect_str_eq(frames[0].function, "main");
    cr_expect_eq(frames[0].line, 20);
    munmap(copy, 65536);
}

Test(symbols, survive_damaged_elf_files)
{
    compile("-g -O1");
    uint64_t end = fixture_end(program);
    struct fixture_symbol hidden = fixture_symbol(program, "hidden");
    char damaged[160];
    snprintf(damaged, sizeof damaged, "%s/damaged", directory);
    srand(7);
    for (int round = 0; round < 150; round++) {
        fixture_run("cp %s %s", program, damaged);
        int fd = open(damaged, O_RDWR | O_CLOEXEC);
        off_t size = lseek(fd, 0, SEEK_END);
        for (int i = 0; i < 1 + round; i++) {
            uint8_t byte = (uint8_t)rand();
            cr_assert_eq(pwrite(fd, &byte, 1, rand() % (round % 2 ? size : 4096)), 1);
        }
        if (round % 5 == 0)
            cr_assert_eq(ftruncate(fd, rand() % size), 0);
        close(fd);
        struct symbolizer *fresh = symbolizer_new(0, NULL);
        symbolizer_add_module(fresh, damaged, BIAS, BIAS, BIAS + end, NULL, 0);
        for (uint64_t at = 0; at < hidden.bytes; at++)
            cr_assert_geq(symbolizer_resolve(fresh, BIAS + hidden.address + at, false, frames), 1u);
        symbolizer_delete(fresh);
    }
}

Test(symbols, cut_strings_that_no_person_would_read_to_the_end)
{
    struct string_pool *pool = string_pool_new();
    char *text = malloc(100000);
    memset(text, 'x', 100000);
    const char *kept = string_pool_intern(pool, text, 100000);
    cr_expect_eq(strlen(kept), STRING_POOL_LENGTH_MAX);
    cr_expect_eq(string_pool_intern(pool, text, 100000), kept, "each string is kept once");
    free(text);
    string_pool_delete(pool);
}

Test(symbols, are_cached_in_bounded_memory)
{
    struct frame_cache *cache = frame_cache_new();
    struct frame frame = {.function = "", .file = "", .module = ""};
    unsigned count = 0;
    for (uint64_t pc = 1; pc <= 3 * FRAME_CACHE_PCS_MAX; pc++) {
        frame.line = (uint32_t)pc;
        frame_cache_put(cache, pc, &frame, 1);
        const struct frame *found = frame_cache_find(cache, pc, &count);
        cr_assert(found && found->line == pc);
    }
    cr_expect_null(frame_cache_find(cache, 1, &count), "the oldest are gone");
    frame_cache_delete(cache);
}
