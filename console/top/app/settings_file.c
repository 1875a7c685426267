/* SPDX-License-Identifier: MIT */
/* Settings as text: a section for each view, and in it "columns", "sort", "order" and "tree". */
#include "settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX 65536 /* many times what all views together need */

int settings_file_path(char *out, size_t bytes)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int length;
    if (config && *config == '/') /* a relative one is to be ignored, says the XDG specification */
        length = snprintf(out, bytes, "%s/loopscope/top.conf", config);
    else if (home && *home)
        length = snprintf(out, bytes, "%s/.config/loopscope/top.conf", home);
    else
        return -ENOENT;
    return length < 0 || (size_t)length >= bytes ? -ENAMETOOLONG : 0;
}

/* ---- reading */

struct reading {
    struct settings *settings;
    struct view_settings *view; /* of the section; NULL: none, or one that is left out */
    unsigned line, left_out;    /* `left_out`: how many lines */
    unsigned first;             /* of the lines left out */
};

static bool is_id(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    return length > 0 && length < SETTINGS_ID_BYTES && text[length] == '\0';
}

static bool begin_section(struct reading *reading, char *name)
{
    struct view_settings *views = reading->settings->views;
    char *end = strchr(name, ']');
    reading->view = NULL;
    if (!end || end[1] != '\0')
        return false;
    *end = '\0';
    if (!is_id(name))
        return false;
    for (unsigned i = 0; i < SETTINGS_VIEWS_MAX; i++) {
        if (views[i].view[0] != '\0' && strcmp(views[i].view, name) != 0)
            continue;
        reading->view = &views[i];
        *reading->view = (struct view_settings){0};
        strcpy(reading->view->view, name);
        return true;
    }
    return false;
}

static bool take_columns(struct view_settings *view, char *value)
{
    unsigned count = 0;
    char *rest = NULL;
    memset(view->columns, 0, sizeof view->columns);
    for (char *id = strtok_r(value, " ,", &rest); id; id = strtok_r(NULL, " ,", &rest)) {
        if (count == SETTINGS_COLUMNS_MAX || !is_id(id))
            return false;
        strcpy(view->columns[count++], id);
    }
    return count > 0;
}

static bool take_sort(struct view_settings *view, char *value)
{
    if (!is_id(value))
        return false;
    strcpy(view->sort, value);
    return true;
}

/* One of two words. */
static bool take_either(const char *value, const char *no, const char *yes, bool *out)
{
    *out = strcmp(value, yes) == 0;
    return *out || strcmp(value, no) == 0;
}

static bool take_order(struct view_settings *view, char *value)
{
    return take_either(value, "descending", "ascending", &view->is_ascending);
}

static bool take_tree(struct view_settings *view, char *value)
{
    return take_either(value, "no", "yes", &view->is_tree);
}

static const struct {
    const char *name;
    bool (*take)(struct view_settings *view, char *value);
} keys[] = {
    {"columns", take_columns},
    {"sort", take_sort},
    {"order", take_order},
    {"tree", take_tree},
};

static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static bool take_pair(struct reading *reading, char *line)
{
    char *equals = strchr(line, '=');
    if (!equals || !reading->view)
        return false;
    *equals = '\0';
    const char *name = trimmed(line);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].name, name) == 0)
            return keys[i].take(reading->view, trimmed(equals + 1));
    }
    return false;
}

static void take_line(struct reading *reading, char *line)
{
    reading->line++;
    line = trimmed(line);
    if (*line == '\0' || *line == '#')
        return;
    if (*line == '[' ? begin_section(reading, line + 1) : take_pair(reading, line))
        return;
    if (reading->left_out++ == 0)
        reading->first = reading->line;
}

/* The file's bytes, NUL-terminated, for free(); NULL after setting *error. */
static char *read_text(const char *path, size_t *length, int *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        *error = -errno;
        return NULL;
    }
    struct stat status;
    char *text = NULL;
    *error = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? 0 : -EINVAL;
    if (*error == 0 && status.st_size > FILE_BYTES_MAX)
        *error = -EFBIG;
    if (*error == 0 && !(text = malloc(FILE_BYTES_MAX + 1)))
        *error = -ENOMEM;
    if (text) {
        ssize_t got = pread(fd, text, FILE_BYTES_MAX, 0);
        *error = got < 0 ? -errno : 0;
        *length = got < 0 ? 0 : (size_t)got;
        text[*length] = '\0';
    }
    close(fd);
    return text;
}

int settings_file_read(const char *path, struct settings *out, char notice[SETTINGS_NOTICE_BYTES])
{
    int error;
    size_t length = 0;
    *out = (struct settings){0};
    notice[0] = '\0';
    char *text = read_text(path, &length, &error);
    if (!text)
        return error == -ENOENT || error == -ENOTDIR ? 0 : error;
    struct reading reading = {.settings = out};
    for (char *line = text; line < text + length;) {
        char *end = memchr(line, '\n', (size_t)(text + length - line));
        if (end)
            *end = '\0';
        take_line(&reading, line);
        line = end ? end + 1 : text + length;
    }
    free(text);
    if (reading.left_out > 0)
        snprintf(notice, SETTINGS_NOTICE_BYTES,
                 "top.conf: line %u is not understood%s; it is left out", reading.first,
                 reading.left_out > 1 ? ", and others are not" : "");
    return error;
}

/* ---- writing */

static void write_view(FILE *file, const struct view_settings *view)
{
    fprintf(file, "\n[%s]\n", view->view);
    if (view->columns[0][0] != '\0') {
        fputs("columns =", file);
        for (unsigned i = 0; i < SETTINGS_COLUMNS_MAX && view->columns[i][0] != '\0'; i++)
            fprintf(file, " %s", view->columns[i]);
        fputc('\n', file);
    }
    if (view->sort[0] != '\0')
        fprintf(file, "sort = %s\n", view->sort);
    fprintf(file, "order = %s\n", view->is_ascending ? "ascending" : "descending");
    fprintf(file, "tree = %s\n", view->is_tree ? "yes" : "no");
}

static int write_all(int fd, const struct settings *settings)
{
    FILE *file = fdopen(fd, "w");
    if (!file) {
        int error = -errno;
        close(fd);
        return error;
    }
    fputs(
        "# What loopscope top remembers. It writes this file anew whenever you change something.\n",
        file);
    for (unsigned i = 0; i < SETTINGS_VIEWS_MAX && settings->views[i].view[0] != '\0'; i++)
        write_view(file, &settings->views[i]);
    bool has_failed = ferror(file) != 0;
    has_failed |= fclose(file) != 0;
    return has_failed ? (errno ? -errno : -EIO) : 0;
}

/* The directory of `path`, and those above it. */
static int make_directories(const char *path)
{
    char directory[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof directory)
        return -ENAMETOOLONG;
    memcpy(directory, path, length + 1);
    for (char *slash = strchr(directory + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(directory, 0700) != 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return 0;
}

int settings_file_write(const char *path, const struct settings *settings)
{
    char target[PATH_MAX], beside[PATH_MAX + 8];
    int error = make_directories(path);
    if (error)
        return error;
    /* Who keeps the file elsewhere and a link here finds the link as it was. */
    if (!realpath(path, target))
        snprintf(target, sizeof target, "%s", path);
    snprintf(beside, sizeof beside, "%s.XXXXXX", target);
    int fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return -errno;
    error = write_all(fd, settings);
    if (error == 0 && rename(beside, target) != 0)
        error = -errno;
    if (error)
        unlink(beside);
    return error;
}
