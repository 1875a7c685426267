/* SPDX-License-Identifier: MIT */
/* Where a segment is made, where it is refused, and that the program runs on either way. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core_subject.h"

/* Sanitizers make system calls of their own and reserve terabytes of addresses. */
#ifdef SANITIZED
#define SKIP_UNDER_SANITIZERS() cr_skip_test("not under a sanitizer")
#else
#define SKIP_UNDER_SANITIZERS() (void)0
#endif

static struct subject subject;

static void set_up(void)
{
    subject_init(&subject);
}

static void tear_down(void)
{
    subject_free(&subject);
}

TestSuite(segment, .init = set_up, .fini = tear_down);

/* One line that contains `text`, and the program did its work. */
static void assert_refused(const char *text)
{
    cr_assert(subject_exited_with(&subject, 0), "status %x", (unsigned)subject.status);
    cr_assert_eq(strncmp(subject.err, "loopscope: ", 11), 0, "stderr: '%s'", subject.err);
    cr_assert_not_null(strstr(subject.err, text), "stderr: '%s'", subject.err);
    cr_assert_eq(strchr(subject.err, '\n') - subject.err, (long)strlen(subject.err) - 1);
}

Test(segment, says_who_the_process_is)
{
    subject_run(&subject, "polls", "10");
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_not_null(reader);
    const struct lsc_segment_header *header = segment_reader_header(reader);
    cr_assert_str_eq(header->program, "core_subject");
    cr_assert_str_eq(header->command, "core_subject");
    cr_assert_str_eq(header->command + 13, "polls");
    cr_assert_not_null(strstr(header->executable, "/core_subject"));
    cr_assert_eq(header->uid, geteuid());
    cr_assert_eq(header->depths & LSC_DEPTH_EXPLICIT, LSC_DEPTH_EXPLICIT);
    cr_assert_gt(header->process_start, 0);
    cr_assert_neq(header->end_ticks, 0);
    segment_reader_close(reader);
}

Test(segment, is_for_its_user_only_and_costs_a_few_pages)
{
    struct stat directory, file;
    char name[512];
    subject_run(&subject, "polls", "10");
    cr_assert_eq(stat(subject.directory, &directory), 0);
    cr_assert_eq(directory.st_mode & 07777, 0700);
    snprintf(name, sizeof name, "ls %s/*.seg", subject.directory);
    FILE *list = popen(name, "r");
    cr_assert_not_null(fgets(name, sizeof name, list));
    pclose(list);
    name[strcspn(name, "\n")] = '\0';
    cr_assert_eq(stat(name, &file), 0);
    cr_assert_eq(file.st_mode & 07777, 0600);
    cr_assert_leq(file.st_blocks * 512, 256 * 1024);
}

Test(segment, is_not_made_when_the_probe_is_off)
{
    setenv("LOOPSCOPE", "off", 1);
    subject_run(&subject, "polls", "10");
    cr_assert(subject_exited_with(&subject, 0));
    cr_assert_eq(subject_segments(&subject), 0);
    cr_assert_str_empty(subject.err);
}

Test(segment, is_refused_in_a_directory_that_others_may_enter)
{
    cr_assert_eq(mkdir(subject.directory, 0755), 0);
    subject_run(&subject, "polls", "10");
    assert_refused("is open to other users");
    cr_assert_eq(subject_segments(&subject), -EACCES);
}

Test(segment, is_refused_through_a_symlink)
{
    char target[160];
    snprintf(target, sizeof target, "%s-target", subject.directory);
    cr_assert_eq(mkdir(target, 0700), 0);
    cr_assert_eq(symlink(target, subject.directory), 0);
    subject_run(&subject, "polls", "10");
    unlink(subject.directory);
    cr_assert_eq(rmdir(target), 0, "nothing was made in it");
    assert_refused("is not a directory");
}

Test(segment, is_refused_in_a_directory_of_another_user)
{
    if (geteuid() != 0)
        cr_skip_test("only root can make a directory of another user");
    cr_assert_eq(mkdir(subject.directory, 0700), 0);
    cr_assert_eq(chown(subject.directory, 12345, 12345), 0);
    subject_run(&subject, "polls", "10");
    assert_refused("belongs to another user");
}

Test(segment, is_refused_on_a_disk)
{
    char disk[] = "/var/tmp/loopscope-test-XXXXXX";
    cr_assert_not_null(mkdtemp(disk));
    setenv("LOOPSCOPE_DIR", disk, 1);
    subject_run(&subject, "polls", "10");
    cr_assert_eq(rmdir(disk), 0);
    assert_refused("is not on a memory file system");
}

Test(segment, shrinks_to_the_limit_on_file_size)
{
    subject_run(&subject, "limited-file", "8000000");
    cr_assert(subject_exited_with(&subject, 0));
    cr_assert_str_empty(subject.err);
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_not_null(reader);
    cr_assert_leq(segment_reader_header(reader)->segment_bytes, 8000000);
    segment_reader_close(reader);
}

Test(segment, is_given_up_under_a_tiny_limit_on_file_size)
{
    subject_run(&subject, "limited-file", "100000");
    assert_refused("limits on file size or address space");
}

Test(segment, leaves_the_address_space_to_the_program)
{
    SKIP_UNDER_SANITIZERS();
    subject_run(&subject, "limited-space", "1000000000");
    cr_assert(subject_exited_with(&subject, 0));
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_not_null(reader);
    cr_assert_leq(segment_reader_header(reader)->segment_bytes, 1000000000 / 16);
    segment_reader_close(reader);
}

/* A tmpfs of its own, of `kib`, in a mount namespace of this test. */
static void mount_tmpfs(int kib)
{
    char options[64];
    snprintf(options, sizeof options, "size=%dk,mode=0700", kib);
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        cr_skip_test("no permission to mount a small tmpfs");
    cr_assert_eq(mkdir(subject.directory, 0700), 0);
    cr_assert_eq(mount("none", subject.directory, "tmpfs", 0, options), 0);
}

static void unmount_tmpfs(void)
{
    umount2(subject.directory, MNT_DETACH);
}

Test(segment, counts_drops_when_shared_memory_is_full_and_never_faults)
{
    struct lsc_thread thread;
    mount_tmpfs(256);
    subject_run(&subject, "polls", "100000");
    cr_assert(subject_exited_with(&subject, 0), "status %x", (unsigned)subject.status);
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_not_null(reader);
    cr_assert_eq(segment_reader_thread(reader, 0, &thread), 0);
    cr_assert_gt(thread.dropped_memory, 0);
    cr_assert_gt(thread.head, 0);
    cr_assert_eq(thread.head + thread.dropped_memory, 1 + 4 + 100000);
    cr_assert_neq(segment_reader_header(reader)->limits & LSC_LIMIT_NO_MEMORY, 0);
    segment_reader_close(reader);
    unmount_tmpfs();
}

Test(segment, survives_every_size_of_a_full_tmpfs)
{
    static const char *const commands[] = {"resources",       "fill-strings", "fill-tasks",
                                           "threads-in-turn", "forks",        "fill-stacks"};
    mount_tmpfs(4);
    for (int kib = 4; kib <= 200; kib += 12) {
        char options[64];
        snprintf(options, sizeof options, "size=%dk", kib);
        cr_assert_eq(mount("none", subject.directory, "tmpfs", MS_REMOUNT, options), 0);
        for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
            subject_run(&subject, commands[i], "400");
            cr_assert(WIFEXITED(subject.status), "%s at %d KiB: status %x", commands[i], kib,
                      (unsigned)subject.status);
            char clean[160];
            snprintf(clean, sizeof clean, "rm -f %s/*.seg", subject.directory);
            cr_assert_eq(system(clean), 0);
        }
    }
    unmount_tmpfs();
}

Test(segment, needs_no_descriptor_once_it_is_mapped)
{
    subject_run(&subject, "closes-all", "5000");
    cr_assert(subject_exited_with(&subject, 0));
    cr_assert_eq(subject_segments(&subject), 1);
}

Test(segment, complains_about_an_absurd_environment_in_one_line_and_goes_on)
{
    setenv("LOOPSCOPE_STALL_MS", "abc", 1);
    setenv("LOOPSCOPE_BLOCK_US", "-7", 1);
    subject_run(&subject, "polls", "10");
    cr_assert(subject_exited_with(&subject, 0));
    cr_assert_str_eq(subject.err, "loopscope: LOOPSCOPE_STALL_MS=abc: not a number between 1 and "
                                  "60000; using 20\n");
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_eq(segment_reader_header(reader)->stall_ns, 20000000);
    cr_assert_eq(segment_reader_header(reader)->block_ns, 1000000);
    segment_reader_close(reader);
}

Test(segment, clamps_numbers_of_the_environment)
{
    setenv("LOOPSCOPE_STALL_MS", "99999999999999999999999", 1);
    setenv("LOOPSCOPE_RING_KB", "3", 1);
    subject_run(&subject, "polls", "10");
    cr_assert_not_null(strstr(subject.err, "using 60000"), "stderr: '%s'", subject.err);
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_eq(segment_reader_header(reader)->stall_ns, 60000000000);
    cr_assert_eq(segment_reader_header(reader)->ring_records, 512);
    segment_reader_close(reader);
}

Test(segment, writes_no_line_into_a_file_that_took_the_place_of_stderr)
{
    cr_assert_eq(mkdir(subject.directory, 0755), 0);
    subject_run(&subject, "reuses-stderr", "10");
    cr_assert(subject_exited_with(&subject, 0));
}

Test(segment, shows_why_the_probe_gave_up)
{
    char reason[64];
    subject_run(&subject, "gives-up", "2");
    assert_refused("the test asked for it");
    struct segment_reader *reader = subject_open(&subject, false);
    const struct lsc_segment_header *header = segment_reader_header(reader);
    cr_assert_eq(header->state, LSC_SEGMENT_OFF);
    segment_reader_string(reader, header->off_reason, reason, sizeof reason);
    cr_assert_str_eq(reason, "the test asked for it");
    segment_reader_close(reader);
}

Test(segment, goes_on_recording_without_a_system_call_after_a_sandbox_closed)
{
    struct lsc_thread thread;
    SKIP_UNDER_SANITIZERS();
    subject_run(&subject, "sealed", "100000");
    if (subject_exited_with(&subject, 77))
        cr_skip_test("seccomp filters are not allowed here");
    cr_assert(subject_exited_with(&subject, 0), "status %x", (unsigned)subject.status);
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_eq(segment_reader_thread(reader, 0, &thread), 0);
    cr_assert_gt(thread.head, 100000);
    cr_assert_eq(thread.dropped_memory, 0);
    segment_reader_close(reader);
}

Test(segment, reads_no_counter_after_the_program_forbade_it)
{
    char reason[128];
    SKIP_UNDER_SANITIZERS();
    subject_run(&subject, "goes-strict", "100");
    if (subject_exited_with(&subject, 77))
        cr_skip_test("strict mode is not allowed here");
    cr_assert(subject_exited_with(&subject, 0), "status %x", (unsigned)subject.status);
    struct segment_reader *reader = subject_open(&subject, false);
    const struct lsc_segment_header *header = segment_reader_header(reader);
    cr_assert_eq(header->state, LSC_SEGMENT_OFF);
    cr_assert_gt(segment_reader_string(reader, header->off_reason, reason, sizeof reason), 0);
    segment_reader_close(reader);
}

static int note_entry(const struct segment_entry *entry, void *data)
{
    memcpy(data, entry, sizeof *entry);
    return 0;
}

Test(segment, is_listed_with_the_state_of_its_process)
{
    struct segment_entry entry = {.pid = 0};
    setenv("LOOPSCOPE_RUN", "abcdef12", 1);
    subject_run(&subject, "polls-then-kill", "10");
    cr_assert_eq(segment_list(subject.directory, note_entry, &entry), 0);
    cr_assert_not(entry.is_alive);
    cr_assert_eq(entry.run_id, 0xabcdef12);
    cr_assert_str_eq(entry.program, "core_subject");
    cr_assert_gt(entry.bytes, 0);
    cr_assert_geq(entry.age_ns, 0);
    cr_assert_lt(entry.age_ns, INT64_C(60000000000));
}

Test(segment, list_of_a_directory_that_does_not_exist_is_empty)
{
    cr_assert_eq(subject_segments(&subject), 0);
}
