/* SPDX-License-Identifier: MIT */
/* Starts a program under the probe: its environment, and the fork and exec. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzers/inspect/inspect.h"
#include "complain.h"

#define PRELOAD_LIBRARY "libloopscope-preload.so"

/* With them V8 tells the names of compiled functions, and interpreted functions have frames of
 * their own on the native stack. Both are allowed in NODE_OPTIONS; other programs ignore the
 * variable. Plain
 * --perf-basic-prof would do as well, but makes V8 write a log file into the working directory. */
#define JS_NAMES_FLAG "--perf-basic-prof-only-functions"
#define JS_NAMES_FLAG_LONG_FORM "--perf-basic-prof"
#define JS_FRAMES_FLAG "--interpreted-frames-native-stack"

extern char **environ;

/* The directory of this program, without the trailing "/bin". */
static bool find_prefix(char *out, size_t out_bytes)
{
    ssize_t length = readlink("/proc/self/exe", out, out_bytes);
    if (length <= 0 || (size_t)length >= out_bytes)
        return false;
    out[length] = '\0';
    for (int levels = 0; levels < 2; levels++) {
        char *slash = strrchr(out, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
    return true;
}

static bool find_under_prefix(char *out, size_t out_bytes, const char *const *folders,
                              const char *name)
{
    char prefix[PATH_MAX];
    if (!find_prefix(prefix, sizeof prefix))
        return false;
    for (; *folders; folders++) {
        int length = snprintf(out, out_bytes, "%s/%s/%s", prefix, *folders, name);
        if (length > 0 && (size_t)length < out_bytes && access(out, R_OK) == 0)
            return true;
    }
    return false;
}

bool launch_find_library(char *out, size_t out_bytes, const char *name)
{
    static const char *const folders[] = {"lib", LOOPSCOPE_LIBDIR, NULL};
    return find_under_prefix(out, out_bytes, folders, name);
}

bool launch_find_helper(char *out, size_t out_bytes, const char *name)
{
    static const char *const folders[] = {"bin", LOOPSCOPE_LIBEXECDIR "/loopscope", NULL};
    return find_under_prefix(out, out_bytes, folders, name);
}

/* Replaces or appends one variable; the environment has room for it. */
static int put_variable(char **environment, const char *name, const char *value)
{
    size_t length = strlen(name);
    char *text;
    if (asprintf(&text, "%s=%s", name, value) < 0)
        return -ENOMEM;
    for (; *environment; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            break;
    free(*environment);
    *environment = text;
    return 0;
}

static int put_number(char **environment, const char *name, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return put_variable(environment, name, text);
}

static int put_run_id(char **environment, uint64_t run_id)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIx64, run_id);
    return put_variable(environment, "LOOPSCOPE_RUN", text);
}

/* Ours comes first: a library before it could hide calls from it. The user's stay behind it. */
static int put_preload(char **environment, const char *library)
{
    const char *existing = getenv("LD_PRELOAD");
    char *value;
    if (!existing || !*existing)
        return put_variable(environment, "LD_PRELOAD", library);
    if (asprintf(&value, "%s:%s", library, existing) < 0)
        return -ENOMEM;
    int error = put_variable(environment, "LD_PRELOAD", value);
    free(value);
    return error;
}

/* A whole word of NODE_OPTIONS, in either of the two spellings V8 accepts. */
static bool has_flag(const char *options, const char *flag)
{
    size_t length = strlen(flag);
    for (const char *at = options; *at;) {
        at += strspn(at, " ");
        size_t word = strcspn(at, " ");
        if (word == length) {
            size_t i = 0;
            while (i < length && (at[i] == flag[i] || (at[i] == '_' && flag[i] == '-')))
                i++;
            if (i == length)
                return true;
        }
        at += word;
    }
    return false;
}

static int put_js_names(struct launch *launch)
{
    const char *existing = getenv("NODE_OPTIONS");
    if (!existing)
        existing = "";
    bool has_names =
        has_flag(existing, JS_NAMES_FLAG) || has_flag(existing, JS_NAMES_FLAG_LONG_FORM);
    bool has_frames = has_flag(existing, JS_FRAMES_FLAG);
    char *value;
    if (asprintf(&value, "%s%s%s%s", existing, *existing ? " " : "",
                 has_names ? "" : JS_NAMES_FLAG " ", has_frames ? "" : JS_FRAMES_FLAG) < 0)
        return -ENOMEM;
    int error = put_variable(launch->environment, "NODE_OPTIONS", value);
    free(value);
    launch->added_perf_maps = !has_names && error == 0;
    return error;
}

/* A program whose AddressSanitizer is a library of its own stops when another library comes before
 * that one, unless it is told not to mind. */
static int put_sanitizer_option(char **environment)
{
    const char *existing = getenv("ASAN_OPTIONS");
    char *value;
    if (asprintf(&value, "verify_asan_link_order=0%s%s", existing ? ":" : "",
                 existing ? existing : "") < 0)
        return -ENOMEM;
    int error = put_variable(environment, "ASAN_OPTIONS", value);
    free(value);
    return error;
}

/* What the program's file tells about preloading. */
static int adapt_to_program(struct launch *launch, const char *program)
{
    struct inspection *inspection = malloc(sizeof *inspection);
    int error = 0;
    if (inspection && inspect_program(program, inspection) == 0 &&
        inspection->sanitizer == INSPECT_SANITIZER_ADDRESS && inspection->sanitizer_is_shared)
        error = put_sanitizer_option(launch->environment);
    free(inspection);
    return error;
}

static char **copy_environment(size_t extra)
{
    size_t count = 0;
    while (environ && environ[count])
        count++;
    char **copy = calloc(count + extra + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = strdup(environ[i]);
        if (!copy[i])
            return NULL;
    }
    return copy;
}

static int fill_environment(struct launch *launch, const struct launch_options *options,
                            const char *library)
{
    char **environment = launch->environment;
    int error = put_preload(environment, library);
    if (!error)
        error = put_run_id(environment, launch->run_id);
    if (!error && options->stall_ns)
        error = put_number(environment, "LOOPSCOPE_STALL_MS", options->stall_ns / 1000000);
    if (!error && options->block_ns)
        error = put_number(environment, "LOOPSCOPE_BLOCK_US", options->block_ns / 1000);
    if (!error && !options->follows_children)
        error = put_variable(environment, "LOOPSCOPE_FOLLOW", "0");
    if (!error && options->wants_js_names)
        error = put_js_names(launch);
    if (!error && options->program)
        error = adapt_to_program(launch, options->program);
    return error;
}

/* The loader splits LD_PRELOAD at spaces and colons, and knows no way to quote them. */
static bool check_library_path(const char *library)
{
    size_t length = strcspn(library, " :\t\n");
    if (library[length] == '\0')
        return true;
    complain(
        "cannot preload '%s': the dynamic loader allows no space or colon in the path; install "
        "loopscope elsewhere",
        library);
    return false;
}

bool launch_init(struct launch *launch, const struct launch_options *options)
{
    char library[PATH_MAX];
    *launch = (struct launch){0};
    if (!launch_find_library(library, sizeof library, PRELOAD_LIBRARY)) {
        complain("cannot find %s: it is neither beside this program nor installed",
                 PRELOAD_LIBRARY);
        return false;
    }
    if (!check_library_path(library))
        return false;
    while (launch->run_id == 0)
        if (getrandom(&launch->run_id, sizeof launch->run_id, 0) < 0)
            launch->run_id = (uint64_t)getpid() << 32 | 1; /* unique while this process lives */
    launch->environment = copy_environment(8);
    int error = launch->environment ? fill_environment(launch, options, library) : -ENOMEM;
    if (error == 0)
        return true;
    complain("cannot prepare the environment: %s", strerror(-error));
    launch_free(launch);
    return false;
}

void launch_free(struct launch *launch)
{
    for (char **variable = launch->environment; variable && *variable; variable++)
        free(*variable);
    free(launch->environment);
    launch->environment = NULL;
}

/* In a session of its own the terminal is the program's; it has nobody to ask for input there. */
static void take_terminal(int terminal)
{
    int nothing = open("/dev/null", O_RDONLY);
    setsid();
    ioctl(terminal, TIOCSCTTY, 0);
    dup2(nothing, STDIN_FILENO);
    dup2(terminal, STDOUT_FILENO);
    dup2(terminal, STDERR_FILENO);
    if (nothing > STDERR_FILENO)
        close(nothing);
    if (terminal > STDERR_FILENO)
        close(terminal);
}

/* Runs in the child, between fork and exec. `terminal`: -1 none of its own. */
__attribute__((noreturn)) static void become_program(const struct launch *launch, char **argv,
                                                     const sigset_t *mask, int terminal, int report)
{
    if (terminal >= 0)
        take_terminal(terminal);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvpe(argv[0], argv, launch->environment);
    int error = errno;
    ssize_t written = write(report, &error, sizeof error);
    (void)written;
    _exit(STATUS_WRONG);
}

/* Waits until the exec has happened (the pipe closes without a word) or failed. 0, or its errno. */
static int exec_error(int report)
{
    int error = 0;
    ssize_t got;
    do
        got = read(report, &error, sizeof error);
    while (got < 0 && errno == EINTR);
    return got == sizeof error ? error : 0;
}

pid_t launch_start(const struct launch *launch, char **argv, const sigset_t *mask)
{
    return launch_start_on_terminal(launch, argv, mask, -1);
}

pid_t launch_start_on_terminal(const struct launch *launch, char **argv, const sigset_t *mask,
                               int terminal)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        complain("cannot start '%s': %s", argv[0], strerror(errno));
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0)
        become_program(launch, argv, mask, terminal, report[1]);
    int fork_error = errno;
    close(report[1]);
    int error = pid > 0 ? exec_error(report[0]) : fork_error;
    close(report[0]);
    if (error == 0)
        return pid;
    complain("cannot run '%s': %s", argv[0], strerror(error));
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return -1;
}
