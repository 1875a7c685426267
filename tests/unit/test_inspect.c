/* SPDX-License-Identifier: MIT */
/* What doctor says of programs: small ones compiled here for every verdict, and real ones. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "analyzers/inspect/inspect.h"
#include "elf_fixture.h"
#include "segment.h"

#define LOOP_AND_CALLS (LSC_DEPTH_LOOP | LSC_DEPTH_BLOCKING)

static const char waiting[] = "#include <sys/epoll.h>\n"
                              "struct epoll_event e;\n"
                              "int main(void) { return epoll_wait(0, &e, 1, 0); }\n";
static const char idle[] = "int main(void) { return 0; }\n";

static char directory[64];
static char program[128];
static struct inspection inspection;

static void set_up(void)
{
    fixture_make(directory, sizeof directory);
    snprintf(program, sizeof program, "%s/app", directory);
}

static void tear_down(void)
{
    fixture_remove(directory);
}

TestSuite(inspect, .init = set_up, .fini = tear_down, .timeout = 60);

static void compile(const char *text, const char *options)
{
    char source[128];
    snprintf(source, sizeof source, "%s/app.c", directory);
    fixture_write(source, text);
    fixture_run("cd %s && cc -o app app.c %s", directory, options);
}

static void inspect(const char *text, const char *options)
{
    compile(text, options);
    cr_assert_eq(inspect_program(program, &inspection), 0);
}

/* The finding whose sentence holds `part`, NULL when there is none. */
static const struct inspect_finding *finding(const char *part)
{
    for (unsigned i = 0; i < inspection.finding_count; i++) {
        if (strstr(inspection.findings[i].what, part))
            return &inspection.findings[i];
    }
    return NULL;
}

static void expect_finding(enum inspect_level level, const char *part)
{
    const struct inspect_finding *found = finding(part);
    cr_assert_not_null(found, "nothing was said of: %s", part);
    cr_expect_eq(found->level, level, "%s", part);
    if (level >= INSPECT_WARNING)
        cr_expect_str_neq(found->advice, "", "nothing is advised on: %s", part);
}

static void expect_blocked(const char *part)
{
    expect_finding(INSPECT_BLOCKER, part);
    cr_expect_eq(inspection.depths, 0);
    cr_expect_eq(inspection.findings[0].level, INSPECT_BLOCKER, "the worst is said first");
}

Test(inspect, finds_the_loop_of_a_dynamic_program)
{
    inspect(waiting, "-g");
    cr_expect_eq(inspection.depths, LOOP_AND_CALLS);
    cr_expect_str_eq(inspection.waits, "epoll_wait");
    cr_expect_str_eq(inspection.waits_in, "app");
    cr_expect_eq(inspection.libc, INSPECT_LIBC_GLIBC);
    cr_expect_eq(inspection.bits, 64);
    cr_expect(strstr(inspection.needed, "libc.so.6"));
    expect_finding(INSPECT_OK, "app waits through libc (epoll_wait)");
    expect_finding(INSPECT_OK, "linked dynamically with glibc");
    expect_finding(INSPECT_NOTE, "no threads");
}

Test(inspect, expects_pools_where_threads_are_made)
{
    inspect("#include <poll.h>\n#include <pthread.h>\nstatic void *f(void *p) { return p; }\n"
            "int main(void) { pthread_t t; pthread_create(&t, 0, f, 0); return poll(0, 0, 0); }\n",
            "");
    cr_expect_eq(inspection.depths, LOOP_AND_CALLS | LSC_DEPTH_POOLS);
    cr_expect_str_eq(inspection.waits, "poll");
}

Test(inspect, knows_fortified_wait_calls)
{
    inspect("#include <poll.h>\nint main(int n, char **v) { struct pollfd f[4]; (void)v;"
            "f[0].fd = 0; return poll(f, n, 0); }\n",
            "-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2");
    cr_expect_str_eq(inspection.waits, "poll");
}

Test(inspect, says_when_nothing_waits)
{
    inspect(idle, "");
    cr_expect_eq(inspection.depths, 0);
    expect_finding(INSPECT_WARNING, "makes no such call through libc");
}

Test(inspect, explains_static_linking)
{
    inspect(waiting, "-static");
    cr_expect_eq(inspection.libc, INSPECT_LIBC_NONE);
    expect_blocked("statically linked, so no loader runs that would read LD_PRELOAD");
    inspect(waiting, "-static-pie");
    expect_blocked("statically linked");
}

static const char go_program[] =
    "#include <sys/epoll.h>\n"
    "__attribute__((section(\".note.go.buildid\"), used)) static const char id[] = \"Go\";\n"
    "struct epoll_event e;\n"
    "int main(void) { return epoll_wait(0, &e, 1, 0); }\n";

Test(inspect, explains_go)
{
    inspect(go_program, "");
    cr_expect(inspection.is_go);
    expect_blocked("It is a Go program: its runtime waits");
    inspect(go_program, "-static");
    expect_blocked("statically linked Go program");
}

Test(inspect, explains_musl)
{
    inspect(waiting, "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1");
    cr_expect_eq(inspection.libc, INSPECT_LIBC_MUSL);
    expect_blocked("linked with musl (its loader is /lib/ld-musl-x86_64.so.1)");
}

Test(inspect, explains_a_missing_loader)
{
    inspect(waiting, "-Wl,--dynamic-linker=/nonexistent/ld-linux-x86-64.so.2");
    expect_blocked("/nonexistent/ld-linux-x86-64.so.2 does not exist");
}

static void patch(off_t offset, uint8_t byte)
{
    int fd = open(program, O_WRONLY | O_CLOEXEC);
    cr_assert_eq(pwrite(fd, &byte, 1, offset), 1);
    close(fd);
}

Test(inspect, explains_another_architecture)
{
    compile(waiting, "");
    patch(18, 243); /* e_machine: RISC-V */
    cr_assert_eq(inspect_program(program, &inspection), 0);
    cr_expect_str_eq(inspection.architecture, "riscv");
    expect_blocked("built for riscv");
}

static void need_root_and_setuid(void)
{
    struct statvfs filesystem;
    if (geteuid() != 0 || statvfs(directory, &filesystem) != 0 || (filesystem.f_flag & ST_NOSUID))
        cr_skip_test("needs root, and /tmp mounted without nosuid");
    cr_assert_eq(chmod(directory, 0755), 0);
}

Test(inspect, sees_the_callbacks_of_a_shared_libuv)
{
    static const char text[] = "int uv_run(void *, int); void *uv_default_loop(void);\n"
                               "int main(void) { return uv_run(uv_default_loop(), 0); }\n";
    inspect(text, "-l:libuv.so.1");
    cr_expect(inspection.depths & LSC_DEPTH_LIBUV);
    expect_finding(INSPECT_NOTE, "each of its handles and requests is seen");
    inspect(waiting, "");
    cr_expect_not(inspection.depths & LSC_DEPTH_LIBUV);
}

Test(inspect, explains_setuid)
{
    need_root_and_setuid();
    compile(waiting, "");
    cr_assert_eq(chown(program, 1, 1), 0);
    cr_assert_eq(chmod(program, 04755), 0);
    cr_assert_eq(inspect_program(program, &inspection), 0);
    cr_expect(inspection.is_setuid);
    expect_blocked("setuid or setgid and would run with rights you do not have");
    cr_assert_eq(chown(program, 0, 0), 0);
    cr_assert_eq(chmod(program, 04755), 0);
    cr_assert_eq(inspect_program(program, &inspection), 0);
    expect_finding(INSPECT_NOTE, "gains nothing when you start it");
    cr_expect_eq(inspection.depths, LOOP_AND_CALLS);
}

Test(inspect, explains_file_capabilities_to_those_who_gain_by_them)
{
    need_root_and_setuid();
    compile(waiting, "");
    struct vfs_cap_data capability = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE};
    capability.data[0].permitted = 1u << CAP_NET_BIND_SERVICE;
    if (setxattr(program, "security.capability", &capability, sizeof capability, 0) != 0)
        cr_skip_test("the file system takes no capabilities");
    cr_assert_eq(inspect_program(program, &inspection), 0);
    cr_expect(inspection.has_capabilities);
    cr_expect_not(inspection.gains_privilege, "root gains nothing");
    cr_assert_eq(seteuid(0), 0);
    cr_assert_eq(setresuid(65534, 65534, 0), 0);
    int result = inspect_program(program, &inspection);
    cr_assert_eq(setresuid(0, 0, 0), 0);
    cr_assert_eq(result, 0);
    expect_blocked("It has file capabilities");
}

Test(inspect, tells_a_sanitizer_that_insists_on_being_first)
{
    inspect(waiting, "-fsanitize=address");
    cr_expect_eq(inspection.sanitizer, INSPECT_SANITIZER_ADDRESS);
    expect_finding(INSPECT_WARNING, "AddressSanitizer from a shared library");
    inspect(waiting, "-fsanitize=address -static-libasan");
    cr_expect_not(inspection.sanitizer_is_shared);
    expect_finding(INSPECT_NOTE, "AddressSanitizer inside");
    inspect(waiting, "-fsanitize=thread");
    expect_finding(INSPECT_WARNING, "ThreadSanitizer");
}

static const char rust_program[] = "#include <poll.h>\n#include <sys/epoll.h>\n"
                                   "void rust_eh_personality(void);\n"
                                   "void rust_eh_personality(void) {}\n"
                                   "const char path[] = \"/root/registry/rustix-1.0.5/src/x.rs\";\n"
                                   "int main(void) { return WAIT; }\n";

Test(inspect, tells_rust_programs_that_wait_past_libc)
{
    inspect(rust_program, "'-DWAIT=poll(0, 0, 0)'");
    cr_expect(inspection.is_rust && inspection.uses_rustix);
    cr_expect_eq(inspection.depths, 0);
    expect_finding(INSPECT_WARNING, "contains rustix and imports no epoll call");
    cr_expect_null(finding("waits through libc ("), "poll alone is Rust's standard library");
    inspect(rust_program, "'-DWAIT=epoll_wait(0, 0, 1, 0)'");
    cr_expect_eq(inspection.depths, LOOP_AND_CALLS);
    expect_finding(INSPECT_OK, "waits through libc (epoll_wait)");
}

Test(inspect, looks_into_the_libraries_of_a_program)
{
    char source[128];
    snprintf(source, sizeof source, "%s/wait.c", directory);
    fixture_write(source, "#include <sys/select.h>\nint wait_here(void);\n"
                          "int wait_here(void) { return select(0, 0, 0, 0, 0); }\n");
    fixture_run("cd %s && mkdir lib && cc -shared -fPIC -o lib/libwait.so wait.c", directory);
    inspect("int wait_here(void);\nint main(void) { return wait_here(); }\n",
            "-Llib -lwait -Wl,-rpath,'$ORIGIN/lib'");
    cr_expect_eq(inspection.depths, LOOP_AND_CALLS);
    cr_expect_str_eq(inspection.waits_in, "libwait.so");
    expect_finding(INSPECT_OK, "libwait.so waits through libc (select)");
    fixture_run("rm %s/lib/libwait.so", directory);
    cr_assert_eq(inspect_program(program, &inspection), 0);
    expect_finding(INSPECT_WARNING, "The library libwait.so, which it needs, cannot be found.");
}

Test(inspect, tells_libuv_inside_from_libuv_beside)
{
    inspect("int uv_run(void);\nint uv_run(void) { return 0; }\nint main(void) { return 0; }\n",
            "-rdynamic");
    cr_expect_eq(inspection.libuv, INSPECT_LIBUV_INSIDE);
    inspect("int uv_version(void);\nint main(void) { return uv_version() < 0; }\n", "-luv");
    cr_expect_eq(inspection.libuv, INSPECT_LIBUV_SHARED);
    cr_expect_str_eq(inspection.waits_in, "libuv.so.1");
    inspect(waiting, "");
    cr_expect_eq(inspection.libuv, INSPECT_LIBUV_ABSENT);
}

Test(inspect, says_what_the_stacks_will_lack)
{
    inspect(waiting, "-g");
    expect_finding(INSPECT_OK, "debug information");
    inspect(waiting, "-g0");
    expect_finding(INSPECT_NOTE, "function names but no line numbers");
    fixture_run("cd %s && cc -g -o app app.c && objcopy --only-keep-debug app app.debug && "
                "strip app && objcopy --add-gnu-debuglink=app.debug app",
                directory);
    cr_assert_eq(inspect_program(program, &inspection), 0);
    cr_expect(inspection.has_debug_file && !inspection.has_symbols);
    fixture_run("rm %s/app.debug", directory);
    cr_assert_eq(inspect_program(program, &inspection), 0);
    expect_finding(INSPECT_WARNING, "symbols are stripped");
}

static void write_script(const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    fixture_write(path, text);
    cr_assert_eq(chmod(path, 0755), 0);
}

static int inspect_named(const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return inspect_program(path, &inspection);
}

Test(inspect, follows_scripts_to_their_interpreter)
{
    char line[256];
    compile(waiting, "");
    snprintf(line, sizeof line, "#! %s -x\n", program);
    write_script("one", line);
    snprintf(line, sizeof line, "#!%s/one\n", directory);
    write_script("two", line);
    cr_assert_eq(inspect_named("two"), 0);
    cr_expect_str_eq(inspection.program, program);
    cr_expect(strstr(inspection.script, "/two"));
    expect_finding(INSPECT_NOTE, "/two is a script");
    cr_assert_eq(setenv("PATH", directory, 1), 0);
    write_script("three", "#!/usr/bin/env -S A=b app --flag\n");
    cr_assert_eq(inspect_named("three"), 0);
    cr_expect_str_eq(inspection.program, program);
}

Test(inspect, follows_four_interpreters_and_no_more)
{
    char line[256];
    char name[16];
    snprintf(line, sizeof line, "#!%s\n", program);
    compile(waiting, "");
    for (int i = 1; i <= 5; i++) {
        snprintf(name, sizeof name, "script%d", i);
        write_script(name, line);
        cr_expect_eq(inspect_named(name), i <= 4 ? 0 : -ELOOP, "%d scripts", i);
        snprintf(line, sizeof line, "#!%s/%s\n", directory, name);
    }
}

Test(inspect, gives_up_on_scripts_that_lead_nowhere)
{
    char line[256];
    snprintf(line, sizeof line, "#!%s/self\n", directory);
    write_script("self", line);
    cr_expect_eq(inspect_named("self"), -ELOOP);
    write_script("gone", "#!/nonexistent/interpreter\n");
    cr_expect_eq(inspect_named("gone"), -ENOENT);
    cr_expect_str_eq(inspection.program, "/nonexistent/interpreter");
    write_script("bare", "echo no line\n");
    cr_expect_eq(inspect_named("bare"), -ENOEXEC);
    write_script("empty", "#!\n");
    cr_expect_eq(inspect_named("empty"), -ENOEXEC);
}

Test(inspect, searches_the_path_as_exec_does)
{
    compile(waiting, "");
    cr_assert_eq(setenv("PATH", "/nonexistent", 1), 0);
    cr_expect_eq(inspect_program("app", &inspection), -ENOENT);
    cr_assert_eq(setenv("PATH", directory, 1), 0);
    cr_expect_eq(inspect_program("app", &inspection), 0);
    cr_expect_str_eq(inspection.program, program);
    cr_assert_eq(chmod(program, 0644), 0);
    cr_expect_eq(inspect_program("app", &inspection), -EACCES);
    cr_expect_eq(inspect_program("", &inspection), -ENOENT);
    cr_expect_eq(inspect_program(directory, &inspection), -EACCES);
}

Test(inspect, survives_damaged_elf_files)
{
    compile(waiting, "-g");
    fixture_run("cp %s %s.whole", program, program);
    srand(5);
    for (int round = 0; round < 200; round++) {
        fixture_run("cp %s.whole %s", program, program);
        int fd = open(program, O_RDWR | O_CLOEXEC);
        off_t size = lseek(fd, 0, SEEK_END);
        for (int i = 0; i < 1 + round / 4; i++) {
            uint8_t byte = (uint8_t)rand();
            cr_assert_eq(pwrite(fd, &byte, 1, 4 + rand() % ((round % 2 ? size : 1024) - 4)), 1);
        }
        if (round % 5 == 0)
            cr_assert_eq(ftruncate(fd, rand() % size), 0);
        close(fd);
        int result = inspect_program(program, &inspection);
        cr_assert(result == 0 || result == -ENOEXEC || result == -ENOENT);
    }
}

Test(inspect, judges_the_real_programs)
{
    static const struct {
        const char *name, *waits;
    } real[] = {{"/usr/bin/redis-server", "epoll_wait"},
                {"/usr/bin/node", "epoll_"},
                {"/usr/bin/bash", "select"},
                {"/usr/sbin/nginx", "epoll_wait"},
                {"/usr/bin/python3", "epoll_wait"}};
    unsigned judged = 0;
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        if (access(real[i].name, X_OK) != 0)
            continue;
        cr_assert_eq(inspect_program(real[i].name, &inspection), 0, "%s", real[i].name);
        cr_expect_eq(inspection.depths & LOOP_AND_CALLS, LOOP_AND_CALLS, "%s", real[i].name);
        cr_expect(strstr(inspection.waits, real[i].waits), "%s: %s", real[i].name,
                  inspection.waits);
        cr_expect_eq(inspection.is_node, strstr(real[i].name, "node") != NULL);
        cr_expect_eq(inspection.is_python, strstr(real[i].name, "python") != NULL);
        judged++;
    }
    cr_expect_geq(judged, 1u);
}
