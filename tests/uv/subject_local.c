/* SPDX-License-Identifier: MIT */
/* subject_local CASE: loads a module that is linked with libuv out of sight of everybody else, as
 * Python and Lua do. The module lies beside the program. */
#include <dlfcn.h>
#include <limits.h>

#include "../preload/subject.h"

int main(int argc, char **argv)
{
    char path[PATH_MAX];
    (void)argc;
    snprintf(path, sizeof(path), "%s.module", argv[0]);
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    int (*run)(void);
    EXPECT(module != NULL);
    *(void **)&run = dlsym(module, "run");
    EXPECT(run != NULL && dlsym(RTLD_DEFAULT, "run") == NULL);
    dprintf(1, "fired %d\n", run());
    return 0;
}
