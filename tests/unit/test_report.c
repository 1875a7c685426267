/* SPDX-License-Identifier: MIT */
/* Reports as bytes: hostile text, widths, character sets, valid JSON, folded stacks, and limits. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/report/report.h"
#include "tests/golden/scenarios.h"

static char long_name[10001];

/* A process whose every name is hostile. */
static struct stream *hostile(void)
{
    static const struct frame frames[] = {
        FRAME("evil\033[2J\r\nfn;x \xff\xc0\x80 \xed\xa0\x80", "/src/\033]0;t\a.c", 3,
              "/m\x9b"
              "31m",
              FRAME_NATIVE),
        FRAME(long_name, long_name, 4, long_name, FRAME_NATIVE),
    };
    memset(long_name, 'L', sizeof(long_name) - 1);
    struct stream *stream = stream_new();
    stream_process(stream, 1, "\033[31mprog", "\033c\x80\xfe prog");
    stream_thread(stream, 0, 1, "t\033[0m\n\xe2\x28", LSC_ROLE_LOOP);
    stream_turns(stream, 0, 10, 50, 1, 2);
    stream_stack(stream, 1, frames, 2);
    stream_string(stream, 9, "wait\033chan\xff");
    stream_call(stream, 0, LSC_CALL_read, 1, 2000, 2300, LSC_FD_FILE, 0);
    stream_turn(stream, 0, 1999, 2301, 0);
    stream_samples(stream, 0, 1, 3000, 3200);
    stream_turn(stream, 0, 3000, 3200, 0);
    stream_string(stream, 10, "tcp\033]8;;x\a\r\n\xff");
    stream_task(stream, 3, 10, 10, 1, 3300);
    stream_poll(stream, &(struct polled){.task = 3,
                                         .callback = 1,
                                         .phase = LSC_PHASE_POLL,
                                         .role = LSC_CALLBACK_READ,
                                         .from_ms = 3400,
                                         .to_ms = 3700});
    stream_turn(stream, 0, 3399, 3701, 0);
    stream_state(stream, 0, 4100, 'S', 9);
    stream_turn(stream, 0, 4000, 4200, 0);
    return stream;
}

static bool is_printable(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if ((*at < 0x20 && *at != '\n') || *at == 0x7f)
            return false;
    return true;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static unsigned widest(const char *text)
{
    unsigned width = 0, most = 0;
    for (; *text; text++) {
        if (*text == '\n')
            width = 0;
        else if (((unsigned char)*text & 0xc0) != 0x80)
            width++;
        most = width > most ? width : most;
    }
    return most;
}

static char *report_of(const char *name, const char *format, const struct report_options *options)
{
    const struct scenario *scenario = scenarios;
    while (strcmp(scenario->name, name) != 0)
        scenario++;
    struct stream *stream = stream_new();
    scenario->build(stream);
    char *text = stream_report(stream, 1000, format, options);
    stream_delete(stream);
    return text;
}

Test(report, text_lets_no_control_character_of_the_program_through)
{
    struct stream *stream = hostile();
    struct report_options options = {.columns = 80, .use_unicode = true, .verbose = true};
    char *text = stream_report(stream, 10, "text", &options);
    cr_assert(is_printable(text));
    options.use_unicode = false;
    char *plain = stream_report(stream, 10, "text", &options);
    cr_assert(is_printable(plain));
    cr_assert(is_ascii(plain));
    free(text);
    free(plain);
    stream_delete(stream);
}

Test(report, json_is_valid_whatever_the_names_are)
{
    struct stream *stream = hostile();
    struct report_options options = {.columns = 80, .notice = "bad \xff notice"};
    char *text = stream_report(stream, 10, "json", &options);
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);
    cr_assert_not_null(root, "%s", error.text);
    cr_assert(json_array_size(json_object_get(root, "findings")) >= 3);
    const char *program = NULL, *command = NULL;
    json_unpack(root, "{s:{s:s, s:s}}", "process", "program", &program, "command", &command);
    cr_assert_str_eq(program, "\033[31mprog", "escaped, not lost");
    cr_assert_str_eq(command, "\033c\xef\xbf\xbd\xef\xbf\xbd prog", "U+FFFD for what is not UTF-8");
    json_decref(root);
    free(text);
    stream_delete(stream);
}

Test(report, folded_lines_hold_one_count_and_no_foreign_separator)
{
    struct stream *stream = hostile();
    struct report_options options = {.columns = 80};
    char *text = stream_report(stream, 10, "folded", &options);
    unsigned lines = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        char *space = strrchr(line, ' ');
        cr_assert_not_null(space);
        cr_assert(strtoull(space + 1, NULL, 10) > 0, "%s", line);
        unsigned frames = 0;
        for (char *at = line; *at; at++)
            frames += *at == ';';
        cr_assert(frames <= 4, "a ';' in a name must not make a frame: %s", line);
    }
    cr_assert(lines >= 3);
    free(text);
    stream_delete(stream);
}

Test(report, text_keeps_to_the_width_asked_for)
{
    static const unsigned widths[] = {60, 80, 120, 200};
    for (const struct scenario *scenario = scenarios; scenario->name; scenario++) {
        for (unsigned i = 0; i < 4; i++) {
            struct report_options options = {.columns = widths[i], .use_unicode = true};
            char *text = report_of(scenario->name, "text", &options);
            cr_assert(widest(text) <= widths[i], "%s at %u is %u wide", scenario->name, widths[i],
                      widest(text));
            free(text);
        }
    }
}

Test(report, text_keeps_a_number_and_its_unit_on_one_line)
{
    for (unsigned columns = 60; columns <= 120; columns++) {
        struct report_options options = {.columns = columns, .use_unicode = true};
        char *text = report_of("nginx_healthy", "text", &options);
        for (char *at = strchr(text, '\n'); at; at = strchr(at, '\n')) {
            at += strspn(at, "\n ");
            cr_assert(strncmp(at, "%", 1) != 0 && strncmp(at, "ms", 2) != 0, "at %u: %s", columns,
                      text);
        }
        free(text);
    }
}

Test(report, text_fits_one_screen_unless_all_is_asked_for)
{
    for (const struct scenario *scenario = scenarios; scenario->name; scenario++) {
        struct report_options options = {.columns = 100, .use_unicode = true};
        char *text = report_of(scenario->name, "text", &options);
        unsigned lines = 0;
        for (char *at = text; *at; at++)
            lines += *at == '\n';
        cr_assert(lines <= 40, "%s has %u lines", scenario->name, lines);
        free(text);
    }
}

Test(report, colours_are_written_only_when_asked_for)
{
    struct report_options options = {.columns = 100, .use_unicode = true};
    char *plain = report_of("node_stalled", "text", &options);
    options.use_color = true;
    char *colored = report_of("node_stalled", "text", &options);
    cr_assert_null(strchr(plain, '\033'));
    cr_assert_not_null(strstr(colored, "\033[1;31mCRITICAL\033[0m"));
    free(plain);
    free(colored);
}

Test(report, json_has_the_keys_that_others_rely_on)
{
    struct report_options options = {.columns = 100};
    char *text = report_of("node_stalled", "json", &options);
    json_t *root = json_loads(text, 0, NULL);
    int version, pid, line;
    const char *function, *call, *severity, *exit;
    cr_assert_eq(json_unpack(root, "{s:i, s:{s:i, s:{s:s}}}", "loopscope", &version, "process",
                             "pid", &pid, "exit", "kind", &exit),
                 0);
    cr_assert_eq(version, 1);
    cr_assert_eq(pid, 4711);
    cr_assert_str_eq(exit, "exited");
    json_t *finding = json_array_get(json_object_get(root, "findings"), 0);
    cr_assert_eq(json_unpack(finding, "{s:s, s:s, s:{s:s, s:i}}", "severity", &severity, "call",
                             &call, "where", "function", &function, "line", &line),
                 0);
    cr_assert_str_eq(severity, "critical");
    cr_assert_str_eq(call, "epoll_wait");
    cr_assert_str_eq(function, "runJob");
    cr_assert_eq(line, 12);
    json_decref(root);
    free(text);
}

Test(report, several_processes_stand_in_an_array)
{
    struct report_options options = {.columns = 100};
    char *text = report_of("prefork", "json", &options);
    json_t *root = json_loads(text, 0, NULL);
    cr_assert_eq(json_array_size(json_object_get(root, "processes")), 4);
    cr_assert_null(json_object_get(root, "findings"));
    json_decref(root);
    free(text);
}

Test(report, of_nothing_tells_what_to_do)
{
    struct stream *stream = stream_new();
    struct report_options options = {.columns = 100, .advice_when_empty = "It is static."};
    char *text = stream_report(stream, 1, "text", &options);
    cr_assert_str_eq(text, "loopscope: no process was seen. It is static.\n");
    free(text);
    stream_delete(stream);
}

Test(report, limits_hold_or_break_with_the_measured_number)
{
    static const struct {
        const char *name;
        uint64_t holds, breaks;
    } cases[] = {{"max-stall", 206000000, 205999999},
                 {"max-blocking-call", 203000000, 202999999},
                 {"max-saturated", 411000000, 410999999},
                 {"max-utilization", 9000, 100},
                 {"max-findings", 3, 2},
                 {"max-lag", 200000000, 0}};
    struct stream *stream = stream_new();
    scenarios[0].build(stream);
    stream_turns(stream, 0, 6500, 20, 2, 2);
    for (unsigned i = 0; i < 40; i++)
        stream_turn(stream, 0, 6600 + i, 6601 + i, LSC_TURN_READY_AT_ONCE);
    struct session *session = stream_apply(stream, 100);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct limit *limit = limits;
        char line[200];
        while (strcmp(limit->name, cases[i].name) != 0)
            limit++;
        cr_assert(limit_check(session, limit, cases[i].holds, line, sizeof(line)), "%s", line);
        cr_assert_not_null(strstr(line, "within"));
        cr_assert_not(limit_check(session, limit, cases[i].breaks, line, sizeof(line)), "%s", line);
        cr_assert_not_null(strstr(line, "over"));
    }
    session_delete(session);
    stream_delete(stream);
}

Test(report, counts_findings_by_severity)
{
    struct stream *stream = stream_new();
    scenarios[0].build(stream);
    struct session *session = stream_apply(stream, 100);
    cr_assert_eq(report_count_findings(session, 0), 4);
    cr_assert_eq(report_count_findings(session, 1), 3);
    cr_assert_eq(report_count_findings(session, 2), 1);
    session_delete(session);
    stream_delete(stream);
}
