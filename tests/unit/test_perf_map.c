/* SPDX-License-Identifier: MIT */
/* Perf maps: what the names of V8, CPython, the JVM and .NET say, and the file that grows
 * meanwhile. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzers/symbols/perf_map.h"
#include "analyzers/symbols/perf_name.h"
#include "analyzers/symbols/symbols.h"

static char path[64];
static struct perf_map map;

static void set_up(void)
{
    snprintf(path, sizeof path, "/tmp/loopscope-test-map-%d", getpid());
    unlink(path);
    perf_map_init(&map);
}

static void tear_down(void)
{
    perf_map_free(&map);
    unlink(path);
}

TestSuite(perf_map, .init = set_up, .fini = tear_down, .timeout = 60);

static void append(const char *text)
{
    FILE *file = fopen(path, "ae");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static int open_map(void)
{
    uid_t us = geteuid();
    return perf_map_open(&map, path, &us, 1);
}

static const char *name_at(uint64_t pc)
{
    static char name[PERF_MAP_LINE_MAX + 1];
    perf_map_update(&map);
    name[perf_map_find(&map, pc, name)] = '\0';
    return name;
}

Test(perf_map, names_code_from_its_first_to_its_last_byte)
{
    append("7f00001000 20 JS:*work /srv/app.js:1:2\n1000 10 second\n");
    cr_assert_eq(open_map(), 0);
    cr_expect_str_eq(name_at(0x7f00001000), "JS:*work /srv/app.js:1:2");
    cr_expect_str_eq(name_at(0x7f0000101f), "JS:*work /srv/app.js:1:2");
    cr_expect_str_eq(name_at(0x7f00001020), "");
    cr_expect_str_eq(name_at(0x7f00000fff), "");
    cr_expect_str_eq(name_at(0x1000), "second");
}

Test(perf_map, follows_the_file_as_it_grows)
{
    append("1000 10 one\n");
    cr_assert_eq(open_map(), 0);
    cr_expect_str_eq(name_at(0x2000), "");
    append("2000 10 tw");
    cr_expect_str_eq(name_at(0x2000), "", "a line is taken when it is whole");
    append("o\n500 10 three\n");
    cr_expect_str_eq(name_at(0x2000), "two");
    cr_expect_str_eq(name_at(0x505), "three");
    cr_expect_str_eq(name_at(0x1005), "one");
}

Test(perf_map, lets_later_code_hide_earlier_code)
{
    append("1000 100 old\n");
    cr_assert_eq(open_map(), 0);
    cr_expect_str_eq(name_at(0x1050), "old");
    append("1040 20 new\n1000 8 newest\n");
    cr_expect_str_eq(name_at(0x1004), "newest");
    cr_expect_str_eq(name_at(0x1010), "old");
    cr_expect_str_eq(name_at(0x1050), "new");
    cr_expect_str_eq(name_at(0x1060), "old");
    append("1000 100 whole\n");
    cr_expect_str_eq(name_at(0x1050), "whole");
}

Test(perf_map, keeps_order_among_many_batches)
{
    char line[64];
    for (unsigned batch = 0; batch < 50; batch++) {
        for (unsigned i = 0; i < 40; i++) {
            unsigned at = (i * 7919 + batch * 31) % 997;
            snprintf(line, sizeof line, "%x 10 f%u-%u\n", 0x10000 + at * 16, at, batch);
            append(line);
        }
        if (batch == 0)
            cr_assert_eq(open_map(), 0);
        snprintf(line, sizeof line, "f%u-%u", batch * 31 % 997, batch);
        cr_assert_str_eq(name_at(0x10000 + batch * 31 % 997 * 16 + 5), line);
    }
    for (size_t i = 1; i < map.count; i++)
        cr_assert_leq(map.entries[i - 1].start, map.entries[i].start);
}

Test(perf_map, skips_lines_that_make_no_sense)
{
    append(
        "\n \nzz 10 bad\n1000 zz bad\n1000\n1000 10\n1000 10 \n1000 0 empty\n"
        "ffffffffffffffff 10 wraps\n11112222333344445 10 long\n-5 10 minus\n0x2000 0x10 prefix\n");
    cr_assert_eq(open_map(), 0);
    cr_expect_str_eq(name_at(0x1000), "");
    cr_expect_str_eq(name_at(0x2008), "prefix");
    cr_expect_eq(map.count, 1);
}

Test(perf_map, skips_a_line_without_end)
{
    FILE *file = fopen(path, "we");
    for (int i = 0; i < 600000; i++)
        fputc('1', file);
    fputs("\n3000 10 after\n", file);
    fclose(file);
    cr_assert_eq(open_map(), 0);
    cr_expect_str_eq(name_at(0x3004), "after");
}

Test(perf_map, refuses_what_is_no_regular_file_of_the_process_user)
{
    uid_t other = geteuid() + 1;
    cr_expect_eq(open_map(), -ENOENT);
    append("1000 10 one\n");
    cr_expect_eq(perf_map_open(&map, path, &other, 1), -EPERM);
    unlink(path);
    cr_assert_eq(symlink("/etc/passwd", path), 0);
    cr_expect_eq(open_map(), -ELOOP);
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(open_map(), -EPERM, "and does not hang on a FIFO");
    cr_expect_eq(map.fd, -1);
}

Test(perf_map, is_what_the_symbolizer_asks_outside_of_modules)
{
    struct frame frames[SYMBOL_INLINE_MAX];
    struct symbolizer *symbolizer = symbolizer_new(0, path);
    cr_assert_eq(symbolizer_resolve(symbolizer, 0x1004, false, frames), 1);
    cr_expect_eq(frames[0].kind, FRAME_UNKNOWN);
    append("1000 10 JS:*work /srv/app.js:7:2\n");
    cr_assert_eq(symbolizer_resolve(symbolizer, 0x1010, true, frames), 1);
    cr_expect_str_eq(frames[0].function, "work");
    cr_expect_str_eq(frames[0].file, "/srv/app.js");
    cr_expect_str_eq(frames[0].module, "[jit]");
    cr_expect_eq(frames[0].line, 7);
    cr_expect_eq(frames[0].kind, FRAME_SCRIPT);
    symbolizer_delete(symbolizer);
}

static void expect_name(const char *text, const char *function, const char *file, uint32_t line,
                        enum frame_kind kind)
{
    struct perf_name name;
    perf_name_parse(text, strlen(text), &name);
    cr_expect_str_eq(name.function, function);
    cr_expect_str_eq(name.file, file);
    cr_expect_eq(name.line, line, "%s", text);
    cr_expect_eq(name.kind, kind, "%s", text);
}

Test(perf_name, takes_v8_functions_apart)
{
    expect_name("JS:~work /srv/app.js:12:15", "work", "/srv/app.js", 12, FRAME_SCRIPT);
    expect_name("LazyCompile:*f /a/b.js:1:2", "f", "/a/b.js", 1, FRAME_SCRIPT);
    expect_name("JS:^get foo /srv/my app.js:3:18", "get foo", "/srv/my app.js", 3, FRAME_SCRIPT);
    expect_name("JS:+ /srv/app.js:5:12", "(anonymous)", "/srv/app.js", 5, FRAME_SCRIPT);
    expect_name("Function:plain", "plain", "", 0, FRAME_SCRIPT);
    expect_name("JS:*f [eval]:2:3", "f", "[eval]", 2, FRAME_SCRIPT);
}

Test(perf_name, decodes_file_urls)
{
    expect_name("JS:*hash file:///srv/sl%20ow%2E.mjs:3:20", "hash", "/srv/sl ow..mjs", 3,
                FRAME_SCRIPT);
    expect_name("JS:*hash file:///a%00b%zz%4:3:20", "hash", "/a%00b%zz%4", 3, FRAME_SCRIPT);
}

Test(perf_name, calls_the_code_outside_functions_top_level)
{
    expect_name("Script:~ file:///srv/app.mjs:1:1", "(top level)", "/srv/app.mjs", 1, FRAME_SCRIPT);
    expect_name("JS:~ /srv/app.js:1:1", "(top level)", "/srv/app.js", 1, FRAME_SCRIPT);
}

Test(perf_name, tells_the_runtimes_own_scripts)
{
    expect_name("JS:*listOnTimeout node:internal/timers:524:25", "listOnTimeout",
                "node:internal/timers", 524, FRAME_SCRIPT_CORE);
    expect_name("Builtin:ArrayPrototypeSort", "Builtin:ArrayPrototypeSort", "", 0,
                FRAME_SCRIPT_CORE);
    expect_name("RegExp:(a+)+$", "RegExp:(a+)+$", "", 0, FRAME_SCRIPT_CORE);
}

Test(perf_name, takes_other_runtimes_names_apart)
{
    expect_name("py::Shop.total:/srv/shop.py", "Shop.total", "/srv/shop.py", 0, FRAME_SCRIPT);
    expect_name("py::sleep:/usr/lib/python3.12/asyncio/tasks.py", "sleep",
                "/usr/lib/python3.12/asyncio/tasks.py", 0, FRAME_SCRIPT_CORE);
    expect_name("py::_find:<frozen importlib._bootstrap>", "_find", "<frozen importlib._bootstrap>",
                0, FRAME_SCRIPT_CORE);
    expect_name("py::get:/srv/venv/lib/python3.12/site-packages/x.py", "get",
                "/srv/venv/lib/python3.12/site-packages/x.py", 0, FRAME_SCRIPT);
    expect_name("Lcom/shop/Cart;::total", "com.shop.Cart.total", "", 0, FRAME_SCRIPT);
    expect_name("Ljava/util/HashMap;::put", "java.util.HashMap.put", "", 0, FRAME_SCRIPT_CORE);
    expect_name("int32 [Shop] Shop.Cart::Total(int32)[Tier0]",
                "int32 [Shop] Shop.Cart::Total(int32)[Tier0]", "", 0, FRAME_SCRIPT);
    expect_name("void [System.Private.CoreLib] System.GC::Collect()[PreJIT]",
                "void [System.Private.CoreLib] System.GC::Collect()[PreJIT]", "", 0,
                FRAME_SCRIPT_CORE);
}

Test(perf_name, accepts_any_bytes)
{
    static const char *const odd[] = {"JS:",     "JS:~",      "JS:*:::",
                                      "py::",    "py::x",     "L;::",
                                      "RegExp:", "JS:~ :1:1", "JS:*f /a:99999999999:1",
                                      "\xff\xfe"};
    struct perf_name name;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        perf_name_parse(odd[i], strlen(odd[i]), &name);
    char line[PERF_MAP_LINE_MAX];
    memset(line, '/', sizeof line);
    memcpy(line, "JS:* /", 6);
    perf_name_parse(line, sizeof line, &name);
    cr_expect_eq(strlen(name.file), PERF_NAME_MAX - 1);
    memset(line, 'x', sizeof line);
    memcpy(line, "La;::", 5);
    perf_name_parse(line, sizeof line, &name);
    cr_expect_lt(strlen(name.function), PERF_NAME_MAX);
}
