/* SPDX-License-Identifier: MIT */
/* What LOOPSCOPE_FOLLOW=0 makes of LD_PRELOAD. */
#include <criterion/criterion.h>
#include <string.h>

#include "probe/preload/preload_list.h"

static void expect_cut(const char *before, const char *after)
{
    char list[256];
    strcpy(list, before);
    preload_list_cut(list);
    cr_assert_str_eq(list, after, "'%s' became '%s', not '%s'", before, list, after);
}

Test(preload_list, loses_our_library_alone)
{
    expect_cut("libloopscope-preload.so", "");
    expect_cut("/usr/lib/libloopscope-preload.so", "");
}

Test(preload_list, keeps_the_other_words_in_order)
{
    expect_cut("/a.so:/usr/lib/libloopscope-preload.so:/b.so", "/a.so:/b.so");
    expect_cut("liba.so libloopscope-preload.so libb.so", "liba.so libb.so");
}

Test(preload_list, keeps_names_that_only_resemble_ours)
{
    expect_cut("/x/libloopscope-preload.so.bak", "/x/libloopscope-preload.so.bak");
    expect_cut("/libloopscope-preload.so/other.so", "/libloopscope-preload.so/other.so");
}

Test(preload_list, leaves_an_empty_list_empty)
{
    expect_cut("", "");
}

Test(preload_list, loses_every_mention)
{
    expect_cut("/x/libloopscope-preload.so:/y/libloopscope-preload.so", "");
}
