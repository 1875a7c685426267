/* SPDX-License-Identifier: MIT */
/* What a program does to itself: descriptors, forks, exits, rights, signals. Each case checks that
 * it went as it would without the probe. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "subject.h"

static int count_descriptors(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    EXPECT(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Descriptors before and after a stall of which stacks are taken. */
static int descriptors(void)
{
    int epfd = quiet_epoll();
    int before = count_descriptors();
    wait_ms(epfd, 20);
    spin(0.1);
    usleep(5000);
    wait_ms(epfd, 20);
    EXPECT(count_descriptors() == before);
    EXPECT(open("/dev/null", O_RDONLY) == epfd + 1);
    return 0;
}

static int close_all(void)
{
    int epfd = quiet_epoll();
    wait_ms(epfd, 1);
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    epfd = quiet_epoll();
    EXPECT(epfd == 3);
    wait_ms(epfd, 1);
    usleep(30000);
    wait_ms(epfd, 1);
    return 0;
}

static int wait_for(pid_t child)
{
    int status;
    EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int fork_child(void)
{
    int epfd = quiet_epoll();
    wait_ms(epfd, 1);
    pid_t child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        int mine = quiet_epoll();
        wait_ms(mine, 1);
        usleep(30000);
        wait_ms(mine, 1);
        _exit(5);
    }
    EXPECT(wait_for(child) == 5);
    wait_ms(epfd, 1);
    return 0;
}

static int raw_fork(void)
{
    int epfd = quiet_epoll();
    wait_ms(epfd, 1);
    pid_t child = _Fork();
    EXPECT(child >= 0);
    if (child == 0) {
        usleep(20000); /* in the parent's turn, were it not wiped */
        _exit(6);
    }
    EXPECT(wait_for(child) == 6);
    return 0;
}

static int vfork_exec(void)
{
    int epfd = quiet_epoll();
    wait_ms(epfd, 1);
    for (int i = 0; i < 20; i++) {
        pid_t child = vfork();
        if (child == 0) {
            close(epfd + 100);
            execlp("true", "true", (char *)NULL);
            _exit(1);
        }
        EXPECT(child > 0 && wait_for(child) == 0);
    }
    pid_t child = vfork();
    if (child == 0)
        _exit(7);
    EXPECT(wait_for(child) == 7);
    usleep(30000);
    wait_ms(epfd, 1);
    return 0;
}

static int failed_exec(void)
{
    int epfd = quiet_epoll();
    wait_ms(epfd, 1);
    errno = 0;
    EXPECT(execl("/nowhere", "nowhere", (char *)NULL) == -1 && errno == ENOENT);
    usleep(20000);
    wait_ms(epfd, 1);
    return 0;
}

static int quick_leave(void)
{
    int epfd = quiet_epoll();
    wait_ms(epfd, 1);
    spin(0.03);
    _exit(4);
}

static int errno_kept(void)
{
    int epfd = quiet_epoll();
    for (int i = 0; i < 50; i++) {
        errno = 77;
        wait_ms(epfd, 1);
        EXPECT(errno == 77);
        usleep(2000);
        EXPECT(errno == 77);
        EXPECT(read(-1, &i, 1) == -1 && errno == EBADF);
        EXPECT(wait_ms(-1, 1) == -1 && errno == EBADF);
    }
    return 0;
}

/* Stalls with stacks taken, each followed at once by calls that no signal may cut short. */
static int no_eintr(void)
{
    int epfd = quiet_epoll();
    for (int i = 0; i < 12; i++) {
        struct timespec ask = {.tv_nsec = 12000000}, left = {0};
        double begin = seconds();
        EXPECT(wait_ms(epfd, 3) == 0);
        spin(0.021 + 0.002 * i);
        EXPECT(nanosleep(&ask, &left) == 0);
        EXPECT(usleep(1000) == 0);
        EXPECT(poll(NULL, 0, 5) == 0);
        EXPECT(seconds() - begin > 0.003 + 0.021 + 0.012 + 0.001 + 0.005);
    }
    return 0;
}

static volatile sig_atomic_t urgent;

static void on_urgent(int signal)
{
    urgent += signal == SIGURG;
}

static int own_handler(void)
{
    int epfd = quiet_epoll();
    struct sigaction action = {.sa_handler = on_urgent};
    EXPECT(sigaction(SIGURG, &action, NULL) == 0);
    for (int i = 0; i < 3; i++) {
        wait_ms(epfd, 10);
        spin(0.08);
        raise(SIGURG);
    }
    EXPECT(urgent == 3);
    return 0;
}

static int drop_user(void)
{
    int epfd = quiet_epoll();
    if (getuid() == 0) {
        EXPECT(setgid(65534) == 0 && setuid(65534) == 0);
        EXPECT(setuid(0) == -1 && errno == EPERM);
    }
    wait_ms(epfd, 1);
    usleep(30000);
    wait_ms(epfd, 1);
    return 0;
}

/* Only what the rest of this function needs; anything else kills. */
static int strict_filter(void)
{
    int epfd = quiet_epoll();
    wait_ms(epfd, 1);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    const int allowed[] = {SCMP_SYS(epoll_wait), SCMP_SYS(clock_nanosleep), SCMP_SYS(exit_group),
                           SCMP_SYS(write), SCMP_SYS(clock_gettime)};
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        EXPECT(seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0);
    EXPECT(seccomp_load(filter) == 0);
    for (int i = 0; i < 5; i++) {
        wait_ms(epfd, 2);
        usleep(30000);
        spin(0.03);
    }
    _exit(0);
}

static int filter_then_loop(void)
{
    int epfd = quiet_epoll();
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    EXPECT(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(epoll_wait), 0) == 0);
    EXPECT(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(exit_group), 0) == 0);
    EXPECT(seccomp_load(filter) == 0);
    for (int i = 0; i < 5; i++)
        wait_ms(epfd, 2);
    _exit(0);
}

/* Only read, write and the end of the thread are allowed; reading the counter is a fault, too. */
static int strict_mode(void)
{
    int epfd = quiet_epoll();
    for (int i = 0; i < 3; i++)
        wait_ms(epfd, 2);
    usleep(30000);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        _exit(1);
    for (int i = 0; i < 100; i++)
        if (write(STDOUT_FILENO, "", 0) != 0)
            syscall(SYS_exit, 1);
    syscall(SYS_exit, 0);
    return 1;
}

/* Only a process of one thread may do this. */
static int user_namespace(void)
{
    int epfd = quiet_epoll();
    wait_ms(epfd, 1);
    int result = unshare(CLONE_NEWUSER);
    EXPECT(result == 0 || errno != EINVAL);
    wait_ms(epfd, 1);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct subject_case cases[] = {{"descriptors", descriptors},
                                                {"close-all", close_all},
                                                {"fork", fork_child},
                                                {"no-follow", fork_child},
                                                {"raw-fork", raw_fork},
                                                {"vfork", vfork_exec},
                                                {"failed-exec", failed_exec},
                                                {"quick-leave", quick_leave},
                                                {"errno", errno_kept},
                                                {"no-eintr", no_eintr},
                                                {"own-handler", own_handler},
                                                {"drop-user", drop_user},
                                                {"strict-filter", strict_filter},
                                                {"strict-mode", strict_mode},
                                                {"filter-first", filter_then_loop},
                                                {"user-namespace", user_namespace},
                                                {NULL, NULL}};
    return run_case(cases, argc, argv);
}
