/* SPDX-License-Identifier: MIT */
/* The probe's environment: read once, every value validated and clamped, what was absurd remembered
 * for one line on stderr should the process come to be observed. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "line.h"
#include "state.h"
#include "sys.h"

static struct lsc_config config;
static struct line complaint;

/* The numbers of the environment. To add one: a line here and a field in struct lsc_config. */
enum number_option { STALL_MS, BLOCK_US, RING_KB, SIGNAL, FOLLOW, NUMBER_OPTIONS };
static const struct {
    const char *name;
    uint64_t least, most, fallback;
} number_options[NUMBER_OPTIONS] = {
    [STALL_MS] = {"LOOPSCOPE_STALL_MS", 1, 60000, 20},
    [BLOCK_US] = {"LOOPSCOPE_BLOCK_US", 10, 60000000, 1000},
    [RING_KB] = {"LOOPSCOPE_RING_KB", 16, 65536, 1024},
    [SIGNAL] = {"LOOPSCOPE_SIGNAL", 0, 64, SIGURG},
    [FOLLOW] = {"LOOPSCOPE_FOLLOW", 0, 1, 1},
};

static void complain(const char *name, const char *value, const char *what)
{
    if (complaint.length != 0)
        return;
    line_add(&complaint, name);
    line_add(&complaint, "=");
    char head[64];
    strncpy(head, value, sizeof head - 1);
    head[sizeof head - 1] = '\0';
    line_add(&complaint, head);
    line_add(&complaint, ": ");
    line_add(&complaint, what);
}

/* Digits of `base` and nothing else; saturates. */
static bool parse_number(const char *text, unsigned base, uint64_t *out)
{
    uint64_t number = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned digit = *text >= '0' && *text <= '9'   ? (unsigned)(*text - '0')
                         : *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a') + 10
                         : *text >= 'A' && *text <= 'F' ? (unsigned)(*text - 'A') + 10
                                                        : base;
        if (digit >= base)
            return false;
        number = number > (UINT64_MAX - digit) / base ? UINT64_MAX : number * base + digit;
    }
    *out = number;
    return true;
}

static uint64_t read_number(enum number_option option)
{
    const char *text = secure_getenv(number_options[option].name);
    uint64_t least = number_options[option].least;
    uint64_t most = number_options[option].most;
    uint64_t number = number_options[option].fallback;
    if (text == NULL)
        return number;
    if (parse_number(text, 10, &number) && number >= least && number <= most)
        return number;
    number = number < least ? least : number > most ? most : number;
    struct line what = {.length = 0};
    line_add(&what, "not a number between ");
    line_add_number(&what, least);
    line_add(&what, " and ");
    line_add_number(&what, most);
    line_add(&what, "; using ");
    line_add_number(&what, number);
    complain(number_options[option].name, text, what.text);
    return number;
}

/* Signals that the kernel raises for faults, that cannot be caught, or that mean something to libc.
 */
static bool is_usable_signal(int number)
{
    static const int refused[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL, SIGFPE,
                                  SIGTRAP, SIGABRT, SIGCHLD, 32,     33};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (number == refused[i])
            return false;
    return true;
}

static int read_signal(void)
{
    int number = (int)read_number(SIGNAL);
    if (is_usable_signal(number))
        return number;
    complain("LOOPSCOPE_SIGNAL", secure_getenv("LOOPSCOPE_SIGNAL"),
             "not a signal that can be used; using 23");
    return SIGURG;
}

static void read_run_id(void)
{
    const char *text = secure_getenv("LOOPSCOPE_RUN");
    if (text != NULL && !parse_number(text, 16, &config.run_id)) {
        complain("LOOPSCOPE_RUN", text, "not a hexadecimal number; using 0");
        config.run_id = 0;
    }
}

static void default_directory(void)
{
    struct line path = {.length = 0};
    line_add(&path, "/dev/shm/loopscope-");
    line_add_number(&path, sys_geteuid());
    memcpy(config.directory, path.text, path.length + 1);
}

static void read_directory(void)
{
    const char *text = secure_getenv("LOOPSCOPE_DIR");
    default_directory();
    if (text == NULL || *text == '\0')
        return;
    size_t length = strlen(text);
    if (*text != '/' || length >= sizeof config.directory)
        complain("LOOPSCOPE_DIR", text, "not an absolute path of fewer than 256 bytes; not used");
    else
        memcpy(config.directory, text, length + 1);
}

static void read_switch(void)
{
    const char *text = secure_getenv("LOOPSCOPE");
    config.is_off = getauxval(AT_SECURE) != 0;
    if (text == NULL || *text == '\0' || strcmp(text, "on") == 0)
        return;
    if (strcmp(text, "off") == 0)
        config.is_off = true;
    else
        complain("LOOPSCOPE", text, "neither on nor off; using on");
}

void config_init(void)
{
    read_switch();
    config.stall_ns = read_number(STALL_MS) * 1000000;
    config.block_ns = read_number(BLOCK_US) * 1000;
    uint64_t records = read_number(RING_KB) * 1024 / sizeof(struct lsc_record);
    config.ring_records = 1u << (63 - __builtin_clzll(records));
    config.signal = read_signal();
    config.follow = read_number(FOLLOW) != 0;
    read_run_id();
    read_directory();
}

const struct lsc_config *lsc__config(void)
{
    core_init();
    return &config;
}

void config_complain(void)
{
    if (complaint.length != 0)
        line_print_once(&complaint);
}
