/* SPDX-License-Identifier: MIT */
/* The ways out of the process. After exit() handlers and destructors still run, so it only closes
 * the turn; the library's destructor does the rest. _exit and its kin run nothing more. */
#include "real.h"

#include "process.h"
#include "self.h"
#include "thread.h"

LSC_EXPORT void exit(int status)
{
    if (!self_is_vforked() && !process_is_off())
        thread_close();
    real.exit(status);
    __builtin_unreachable();
}

LSC_EXPORT void quick_exit(int status)
{
    process_end(false);
    real.quick_exit(status);
    __builtin_unreachable();
}

LSC_EXPORT void _exit(int status)
{
    process_end(false);
    real._exit(status);
    __builtin_unreachable();
}

LSC_EXPORT void _Exit(int status)
{
    process_end(false);
    real._Exit(status);
    __builtin_unreachable();
}
