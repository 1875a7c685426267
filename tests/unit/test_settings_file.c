/* SPDX-License-Identifier: MIT */
/* What the console remembers, on disk. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/top/app/settings_file.h"

static char directory[64], path[200], notice[SETTINGS_NOTICE_BYTES];
static struct settings settings;

static void begin(void)
{
    strcpy(directory, "/tmp/loopscope-settings.XXXXXX");
    cr_assert(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/config/loopscope/top.conf", directory);
}

static void end(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    cr_assert(eq(int, system(command), 0));
}

static void put_file(const void *text, size_t length)
{
    snprintf(path, sizeof path, "%s/top.conf", directory);
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL);
    cr_assert(eq(sz, fwrite(text, 1, length, file), length));
    fclose(file);
}

static int read_text(const char *text)
{
    put_file(text, strlen(text));
    return settings_file_read(path, &settings, notice);
}

static void expect_same(const char *text, const char *wanted)
{
    cr_expect(strcmp(text, wanted) == 0, "'%s' is not '%s'", text, wanted);
}

TestSuite(settings_file, .init = begin, .fini = end);

Test(settings_file, what_was_written_is_read_again)
{
    struct settings written = {0};
    for (unsigned i = 0; i < SETTINGS_VIEWS_MAX; i++) {
        struct view_settings *view = &written.views[i];
        snprintf(view->view, sizeof view->view, "view-%u", i);
        for (unsigned c = 0; c < (i * 2) % (SETTINGS_COLUMNS_MAX + 1); c++)
            snprintf(view->columns[c], SETTINGS_ID_BYTES, "column_%u", c);
        if (i & 1)
            strcpy(view->sort, "column_0");
        view->is_ascending = i & 2;
        view->is_tree = i & 4;
    }
    cr_assert(eq(int, settings_file_write(path, &written), 0));
    cr_assert(eq(int, settings_file_read(path, &settings, notice), 0));
    expect_same(notice, "");
    cr_expect(memcmp(&written, &settings, sizeof settings) == 0);
}

Test(settings_file, no_file_means_no_settings)
{
    memset(&settings, 1, sizeof settings);
    cr_expect(eq(int, settings_file_read(path, &settings, notice), 0));
    expect_same(settings.views[0].view, "");
    expect_same(notice, "");
}

Test(settings_file, only_its_owner_can_read_it)
{
    umask(0);
    cr_assert(eq(int, settings_file_write(path, &(struct settings){0}), 0));
    struct stat status;
    cr_assert(eq(int, stat(path, &status), 0));
    cr_expect(eq(int, (int)(status.st_mode & 0777), 0600));
}

Test(settings_file, a_link_stays_a_link)
{
    char elsewhere[200];
    cr_assert(eq(int, settings_file_write(path, &(struct settings){0}), 0));
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", directory);
    cr_assert(eq(int, rename(path, elsewhere), 0));
    cr_assert(eq(int, symlink(elsewhere, path), 0));
    struct settings written = {.views = {{.view = "tasks"}}};
    cr_assert(eq(int, settings_file_write(path, &written), 0));
    struct stat status;
    cr_expect(lstat(path, &status) == 0 && S_ISLNK(status.st_mode));
    cr_expect(eq(int, settings_file_read(elsewhere, &settings, notice), 0));
    expect_same(settings.views[0].view, "tasks");
}

Test(settings_file, what_cannot_be_written_leaves_the_old_file)
{
    char blocked[300];
    put_file("[tasks]\n", 8);
    snprintf(blocked, sizeof blocked, "%s/top.conf", path); /* below a file */
    cr_expect(eq(int, settings_file_write(blocked, &(struct settings){0}), -ENOTDIR));
    cr_expect(eq(int, settings_file_read(path, &settings, notice), 0));
    expect_same(settings.views[0].view, "tasks");
    char command[200];
    snprintf(command, sizeof command, "test \"$(ls %s)\" = top.conf", directory);
    cr_expect(eq(int, system(command), 0), "nothing else is left behind");
}

Test(settings_file, people_may_write_it_as_they_like)
{
    cr_expect(eq(int,
                 read_text("# mine\r\n\r\n [ignored\n[tasks]\r\n  columns=name,state , polls\n"
                           "\ttree = yes  \nsort=polls\norder = ascending"),
                 0));
    expect_same(notice, "top.conf: line 3 is not understood; it is left out");
    expect_same(settings.views[0].view, "tasks");
    expect_same(settings.views[0].columns[2], "polls");
    expect_same(settings.views[0].columns[3], "");
    expect_same(settings.views[0].sort, "polls");
    cr_expect(settings.views[0].is_tree && settings.views[0].is_ascending);
}

Test(settings_file, what_is_not_understood_is_left_out_and_told)
{
    cr_expect(eq(int,
                 read_text("sort = early\n[tasks]\ncolour = red\nsort = a b\norder = up\n"
                           "sort = polls\n[\x1b[2J]\nsort = lost\n"),
                 0));
    expect_same(notice, "top.conf: line 1 is not understood, and others are not; it is left out");
    expect_same(settings.views[0].sort, "polls");
    expect_same(settings.views[1].view, "");
}

Test(settings_file, more_than_there_is_room_for_is_left_out)
{
    static char text[30000];
    size_t used = 0;
    for (int i = 0; i < 40; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "[view-%d]\n", i);
    used += (size_t)snprintf(text + used, sizeof text - used, "[view-0]\ncolumns =");
    for (int i = 0; i < 400; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " c%d", i);
    used += (size_t)snprintf(text + used, sizeof text - used, "\nsort = %0400d\n", 1);
    cr_expect(eq(int, read_text(text), 0));
    expect_same(notice, "top.conf: line 17 is not understood, and others are not; it is left out");
    expect_same(settings.views[SETTINGS_VIEWS_MAX - 1].view, "view-15");
    expect_same(settings.views[0].columns[SETTINGS_COLUMNS_MAX - 1], "c23");
    expect_same(settings.views[0].sort, "");
}

Test(settings_file, any_bytes_are_read_without_harm)
{
    unsigned seed = 7;
    for (int round = 0; round < 200; round++) {
        char bytes[2000];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = "[]=#\n\0\xff"
                       "abcolumns trey,-"[rand_r(&seed) % 23];
        put_file(bytes, sizeof bytes);
        cr_assert(eq(int, settings_file_read(path, &settings, notice), 0));
        for (unsigned i = 0; i < SETTINGS_VIEWS_MAX; i++)
            cr_assert(memchr(settings.views[i].view, '\0', SETTINGS_ID_BYTES) != NULL);
    }
}

Test(settings_file, it_must_be_a_file_of_a_sensible_size)
{
    static char text[70000];
    memset(text, '\n', sizeof text);
    put_file(text, sizeof text);
    cr_expect(eq(int, settings_file_read(path, &settings, notice), -EFBIG));
    cr_assert(eq(int, unlink(path), 0));
    cr_assert(eq(int, mkfifo(path, 0600), 0));
    cr_expect(eq(int, settings_file_read(path, &settings, notice), -EINVAL));
    cr_expect(eq(int, settings_file_read(directory, &settings, notice), -EINVAL));
}

Test(settings_file, its_place_is_where_xdg_says)
{
    char out[64];
    setenv("HOME", "/home/ada", 1);
    setenv("XDG_CONFIG_HOME", "/cfg", 1);
    cr_expect(eq(int, settings_file_path(out, sizeof out), 0));
    expect_same(out, "/cfg/loopscope/top.conf");
    setenv("XDG_CONFIG_HOME", "relative", 1);
    cr_expect(eq(int, settings_file_path(out, sizeof out), 0));
    expect_same(out, "/home/ada/.config/loopscope/top.conf");
    cr_expect(eq(int, settings_file_path(out, 10), -ENAMETOOLONG));
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    cr_expect(eq(int, settings_file_path(out, sizeof out), -ENOENT));
}
