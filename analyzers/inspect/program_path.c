/* SPDX-License-Identifier: MIT */
/* What execvp and the kernel's script loader do before any program runs. */
#include "program_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRIPT_LINE_MAX 256 /* what the kernel reads of a file to find out its kind */

static int check_executable(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno == EACCES ? -EACCES : -ENOENT;
    return S_ISREG(status.st_mode) && access(path, X_OK) == 0 ? 0 : -EACCES;
}

static int search_path(const char *name, char path[PATH_MAX])
{
    const char *at = getenv("PATH");
    int result = -ENOENT;
    if (!at)
        at = "/usr/local/bin:/usr/bin:/bin";
    for (;;) {
        size_t length = strcspn(at, ":");
        int n = length ? snprintf(path, PATH_MAX, "%.*s/%s", (int)length, at, name)
                       : snprintf(path, PATH_MAX, "./%s", name);
        int checked = n < PATH_MAX ? check_executable(path) : -ENOENT;
        if (checked == 0)
            return 0;
        if (checked == -EACCES)
            result = -EACCES;
        if (at[length] == '\0')
            break;
        at += length + 1;
    }
    snprintf(path, PATH_MAX, "%s", name);
    return result;
}

int program_path_find(const char *name, char path[PATH_MAX])
{
    if (name[0] == '\0' || strlen(name) >= PATH_MAX) {
        path[0] = '\0';
        return -ENOENT;
    }
    if (!strchr(name, '/'))
        return search_path(name, path);
    snprintf(path, PATH_MAX, "%s", name);
    return check_executable(path);
}

/* The line behind "#!" without leading blanks; false when the file is no script. */
static bool read_script_line(const char *path, char line[SCRIPT_LINE_MAX + 1])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, line, SCRIPT_LINE_MAX);
    close(fd);
    if (n < 3 || line[0] != '#' || line[1] != '!')
        return false;
    line[n] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    char *start = line + 2 + strspn(line + 2, " \t");
    memmove(line, start, strlen(start) + 1);
    return line[0] != '\0';
}

/* The program that env(1) would start: behind its options and assignments. */
static const char *env_program(char *arguments)
{
    char *rest = NULL;
    for (char *word = strtok_r(arguments, " \t", &rest); word;
         word = strtok_r(NULL, " \t", &rest)) {
        if (word[0] != '-' && !strchr(word, '='))
            return word;
    }
    return "";
}

static int follow_one(char path[PATH_MAX], char line[SCRIPT_LINE_MAX + 1])
{
    size_t length = strcspn(line, " \t");
    char *arguments = line + length + (line[length] != '\0');
    line[length] = '\0';
    const char *slash = strrchr(line, '/');
    if (strcmp(slash ? slash + 1 : line, "env") == 0 && arguments[0] != '\0')
        return program_path_find(env_program(arguments), path);
    snprintf(path, PATH_MAX, "%s", line);
    return check_executable(path);
}

int program_path_follow(char path[PATH_MAX])
{
    char line[SCRIPT_LINE_MAX + 1];
    int followed = 0;
    while (read_script_line(path, line)) {
        if (followed == INTERPRETERS_MAX)
            return -ELOOP;
        int result = follow_one(path, line);
        if (result != 0)
            return result;
        followed++;
    }
    return followed;
}
