/* SPDX-License-Identifier: MIT */
/* Whose code a frame is. The culprit of a finding is the innermost script frame, else the program's
 * own, else a library's: each line here is a stack somebody would be misled by. */
#include <criterion/criterion.h>

#include "analyzers/symbols/frame_kind.h"

static enum frame_kind kind_of(const char *module, const char *function, const char *file,
                               enum symbol_language language)
{
    struct frame_origin origin = {module, function, file, true, language};
    return frame_kind_native(&origin);
}

static enum frame_kind library_kind(const char *module)
{
    struct frame_origin origin = {module, "f", "", false, LANGUAGE_C};
    return frame_kind_native(&origin);
}

Test(frame_kind, knows_the_system)
{
    static const char *const modules[] = {
        "/usr/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libc-2.31.so",
        "/lib64/ld-linux-x86-64.so.2",         "[vdso]",
        "/lib/x86_64-linux-gnu/libm.so.6",     "/lib/ld-musl-x86_64.so.1",
        "/lib/x86_64-linux-gnu/libgcc_s.so.1", "/lib/x86_64-linux-gnu/libpthread.so.0",
        "/usr/lib/libloopscope-preload.so"};
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        cr_expect_eq(library_kind(modules[i]), FRAME_SYSTEM, "%s", modules[i]);
}

Test(frame_kind, takes_other_shared_objects_for_libraries)
{
    cr_expect_eq(library_kind("/usr/lib/x86_64-linux-gnu/libcrypto.so.3"), FRAME_LIBRARY);
    cr_expect_eq(library_kind("/usr/lib/x86_64-linux-gnu/libnode.so.108"), FRAME_LIBRARY);
    cr_expect_eq(library_kind("/usr/lib/x86_64-linux-gnu/libcurl.so.4"), FRAME_LIBRARY);
    cr_expect_eq(library_kind(""), FRAME_UNKNOWN);
}

Test(frame_kind, leaves_redis_functions_to_redis)
{
    static const char *const own[] = {"debugCommand",      "keysCommand",     "call",
                                      "processCommand",    "aeProcessEvents", "main",
                                      "luaCreateFunction", "luaCallFunction", "evalCommand",
                                      "stringmatchlen",    "serverCron",      "rdbSave"};
    static const char *const bundled[] = {"je_malloc", "lua_call",     "luaV_execute",
                                          "luaL_ref",  "luaopen_base", "lzf_compress"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        cr_expect_eq(kind_of("/usr/bin/redis-server", own[i], "", LANGUAGE_C), FRAME_NATIVE, "%s",
                     own[i]);
    for (size_t i = 0; i < sizeof bundled / sizeof *bundled; i++)
        cr_expect_eq(kind_of("/usr/bin/redis-server", bundled[i], "", LANGUAGE_C), FRAME_LIBRARY,
                     "%s", bundled[i]);
    cr_expect_eq(
        kind_of("/usr/bin/redis-server", "encodeList", "./deps/lua/src/lua_cjson.c", LANGUAGE_C),
        FRAME_LIBRARY);
}

Test(frame_kind, takes_a_runtime_for_a_library_as_a_whole)
{
    cr_expect_eq(kind_of("/usr/bin/node", "node::Start", "", LANGUAGE_CXX), FRAME_LIBRARY);
    cr_expect_eq(kind_of("/usr/bin/node", "uv__io_poll", "", LANGUAGE_C), FRAME_LIBRARY);
    cr_expect_eq(kind_of("/usr/bin/node", "main", "", LANGUAGE_C), FRAME_LIBRARY);
    cr_expect_eq(kind_of("/usr/bin/python3.11", "time_sleep", "", LANGUAGE_C), FRAME_LIBRARY);
    cr_expect_eq(kind_of("/srv/nodewatch", "main", "", LANGUAGE_C), FRAME_NATIVE);
}

Test(frame_kind, finds_runtimes_inside_a_program)
{
    cr_expect_eq(kind_of("/srv/app", "uv__io_poll", "", LANGUAGE_C), FRAME_LIBRARY);
    cr_expect_eq(kind_of("/srv/app", "EVP_DigestUpdate", "", LANGUAGE_C), FRAME_LIBRARY);
    cr_expect_eq(kind_of("/srv/app", "_PyEval_EvalFrameDefault", "", LANGUAGE_C), FRAME_LIBRARY);
    cr_expect_eq(kind_of("/srv/app", "PyObject_Call", "", LANGUAGE_C), FRAME_LIBRARY);
    cr_expect_eq(kind_of("/srv/app", "Pyramid_build", "", LANGUAGE_C), FRAME_NATIVE);
    cr_expect_eq(kind_of("/srv/app", "v8::internal::Execution::Call", "", LANGUAGE_CXX),
                 FRAME_LIBRARY);
    cr_expect_eq(kind_of("/srv/app", "std::sort<int*>", "", LANGUAGE_CXX), FRAME_LIBRARY);
    cr_expect_eq(kind_of("/srv/app", "shop::Cart::total", "", LANGUAGE_CXX), FRAME_NATIVE);
    cr_expect_eq(kind_of("/srv/app", "(anonymous namespace)::spin", "", LANGUAGE_CXX),
                 FRAME_NATIVE);
    cr_expect_eq(kind_of("/srv/app", "_start", "", LANGUAGE_C), FRAME_SYSTEM);
}

static enum frame_kind rust(const char *function, const char *file)
{
    return kind_of("/srv/app", function, file, LANGUAGE_RUST);
}

Test(frame_kind, leaves_a_rust_programs_own_crate_to_it)
{
    cr_expect_eq(rust("app::work", ""), FRAME_NATIVE);
    cr_expect_eq(rust("app::main::{{closure}}", ""), FRAME_NATIVE);
    cr_expect_eq(rust("<app::Fut as core::future::future::Future>::poll", ""), FRAME_NATIVE);
    cr_expect_eq(rust("<T as app::Job>::run", ""), FRAME_NATIVE);
    cr_expect_eq(rust("<&mut app::Fut as core::future::future::Future>::poll", ""), FRAME_NATIVE);
    cr_expect_eq(rust("stdout_app::run", ""), FRAME_NATIVE);
    cr_expect_eq(rust("tokio_shop::cart::price", ""), FRAME_NATIVE);
    cr_expect_eq(rust("axum_api::route", ""), FRAME_NATIVE);
    cr_expect_eq(rust("main", ""), FRAME_NATIVE);
}

Test(frame_kind, knows_rust_libraries_by_crate_and_by_path)
{
    cr_expect_eq(rust("std::thread::sleep", ""), FRAME_LIBRARY);
    cr_expect_eq(rust("tokio::runtime::task::raw::poll", ""), FRAME_LIBRARY);
    cr_expect_eq(rust("<alloc::boxed::Box<F,A> as core::ops::function::FnOnce<A>>::call_once", ""),
                 FRAME_LIBRARY);
    cr_expect_eq(rust("<T as core::convert::Into<U>>::into", ""), FRAME_LIBRARY);
    cr_expect_eq(rust("tokio_util::codec::decoder::Decoder::decode", ""), FRAME_LIBRARY);
    cr_expect_eq(rust("async_io::driver::block_on", ""), FRAME_LIBRARY);
    cr_expect_eq(rust("serve", "/rustc/4b91/library/std/src/rt.rs"), FRAME_LIBRARY);
    cr_expect_eq(rust("odd_crate::run", "/root/.cargo/registry/src/x-1/odd-1.0/src/lib.rs"),
                 FRAME_LIBRARY);
    cr_expect_eq(rust("odd_crate::run", "/usr/share/cargo/registry/odd-1.0/src/lib.rs"),
                 FRAME_LIBRARY);
    cr_expect_eq(rust("alloc_zeroed", "library/std/src/alloc.rs"), FRAME_LIBRARY);
    cr_expect_eq(rust("__rust_start_panic", ""), FRAME_LIBRARY);
    cr_expect_eq(rust("app::run", "/home/me/app/src/main.rs"), FRAME_NATIVE);
}

Test(frame_kind, does_not_blame_inline_functions_of_headers)
{
    cr_expect_eq(
        kind_of("/srv/app", "read", "/usr/include/x86_64-linux-gnu/bits/unistd.h", LANGUAGE_C),
        FRAME_SYSTEM);
    cr_expect_eq(kind_of("/srv/app", "f", "/usr/include/c++/12/bits/stl_algo.h", LANGUAGE_CXX),
                 FRAME_LIBRARY);
}

Test(frame_kind, tells_scripts_of_the_user_from_the_runtimes)
{
    cr_expect_eq(frame_kind_script("f", "/srv/app.js"), FRAME_SCRIPT);
    cr_expect_eq(frame_kind_script("f", "/srv/node_modules/x/index.js"), FRAME_SCRIPT);
    cr_expect_eq(frame_kind_script("f", "node:internal/timers"), FRAME_SCRIPT_CORE);
    cr_expect_eq(frame_kind_script("f", "/usr/lib/python3.11/asyncio/events.py"),
                 FRAME_SCRIPT_CORE);
    cr_expect_eq(frame_kind_script("f", "/srv/python3/app.py"), FRAME_SCRIPT);
}
