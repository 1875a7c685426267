/* SPDX-License-Identifier: MIT */
/* The tables that tell whose code a frame is. To add a runtime or library: append its name or
 * pattern to the table it belongs to; patterns are those of fnmatch(3), where * also matches '/'.
 */
#include "frame_kind.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#define ENTRIES(table) (table), sizeof(table) / sizeof *(table)

/* Base names of modules that are part of the system's C run time, or of the probe. */
static const char *const system_modules[] = {
    "libc.so*",    "libc-2*",       "ld-linux*",        "ld-2*",
    "ld-musl*",    "ld64.so*",      "ld.so*",           "libpthread*",
    "libm.so*",    "libm-2*",       "libmvec*",         "libdl.so*",
    "libdl-2*",    "librt.so*",     "librt-2*",         "libgcc_s*",
    "libresolv*",  "libnss_*",      "libnsl*",          "libanl*",
    "libutil.so*", "libutil-2*",    "linux-vdso*",      "linux-gate*",
    "[[]vdso]",    "[[]vsyscall]",  "libloopscope.so*", "libloopscope-preload*",
    "libunwind*",  "libthread_db*",
};

/* Executables that are a runtime through and through: nobody's own program is compiled into them.
 */
static const char *const runtime_programs[] = {
    "node",     "nodejs",   "node[0-9]*", "python", "python[0-9]*", "pypy*",   "ruby", "ruby[0-9]*",
    "perl",     "perl5*",   "java",       "lua",    "lua5*",        "luajit*", "php",  "php[0-9]*",
    "php-fpm*", "php-cgi*", "deno",       "bun",    "beam.smp",     "dotnet",  "mono", "mono-sgen*",
    "tclsh*",   "guile*",   "R",          "julia",  "electron",     "raku",    "moar",
};

/* Start-up and fortify code of libc that ends up inside every program. */
static const char *const system_functions[] = {
    "_start",
    "_init",
    "_fini",
    "__libc_start_*",
    "__libc_csu_*",
    "__do_global_*",
    "frame_dummy",
    "register_tm_clones",
    "deregister_tm_clones",
};

/* C functions of libraries that are usually linked into programs statically. */
static const char *const library_functions[] = {
    /* libuv, libev, libevent */
    "uv_*",
    "uv__*",
    "ev_run",
    "ev_loop",
    "ev_invoke*",
    "event_base_*",
    "evbuffer_*",
    "bufferevent_*",
    "evhttp_*",
    "epoll_dispatch",
    /* jemalloc, tcmalloc, mimalloc */
    "je_*",
    "tc_malloc*",
    "tc_free*",
    "mi_malloc*",
    "mi_free*",
    "_mi_*",
    /* Lua: lua_call, luaL_openlibs, luaV_execute; not luaCreateFunction, which is Redis' */
    "lua_*",
    "lua?_*",
    "luaopen_*",
    "lj_*",
    /* CPython */
    "Py_*",
    "_Py*",
    "Py[A-Z]*",
    /* OpenSSL */
    "EVP_*",
    "SSL_*",
    "OPENSSL_*",
    "CRYPTO_*",
    "ossl_*",
    "BIO_*",
    "BN_*",
    "PKCS5_*",
    "HMAC_*",
    "X509_*",
    "ASN1_*",
    "RSA_*",
    "EC_*",
    "evp_*",
    "sha1_block_*",
    "sha256_block_*",
    "sha512_block_*",
    "SHA1_*",
    "SHA256_*",
    "SHA512_*",
    "aesni_*",
    "ecp_nistz256_*",
    /* others that servers and node carry */
    "ares_*",
    "nghttp2_*",
    "nghttp3_*",
    "ngtcp2_*",
    "llhttp_*",
    "sqlite3_*",
    "ZSTD_*",
    "LZ4_*",
    "BrotliDecoder*",
    "BrotliEncoder*",
    "lzf_*",
    "Builtins_*",
    "napi_*",
    "hdr_*",
    /* the Rust run time, as far as it is not mangled */
    "__rust_*",
    "__rdl_*",
    "__rg_*",
    "rust_panic*",
    "rust_oom",
    "rust_eh_personality",
    "rust_begin_unwind",
    "_Unwind_*",
    "__cxa_*",
};

/* Outermost namespaces of C++ libraries. */
static const char *const cxx_namespaces[] = {
    "std",     "__gnu_cxx", "__cxxabiv1", "v8",        "cppgc",   "icu_*",   "boost",
    "absl",    "folly",     "grpc",       "grpc_core", "asio",    "fmt",     "spdlog",
    "seastar", "simdjson",  "simdutf",    "nlohmann",  "rocksdb", "leveldb",
};

/* Crates that are the standard library, an async runtime or what those are made of. Users like to
 * begin the names of their own crates with that of the runtime, so each is named in full. Where
 * line tables exist, library_sources knows every other crate by its path. */
static const char *const rust_crates[] = {
    "std",
    "core",
    "alloc",
    "proc_macro",
    "panic_unwind",
    "panic_abort",
    "test",
    "std_detect",
    "compiler_builtins",
    "rustc_demangle",
    "miniz_oxide",
    "adler",
    "object",
    "addr2line",
    "gimli",
    "hashbrown",
    "backtrace",
    "libc",
    "tokio",
    "tokio_util",
    "tokio_stream",
    "tokio_macros",
    "tokio_test",
    "tokio_rustls",
    "tokio_native_tls",
    "tokio_openssl",
    "tokio_tungstenite",
    "tokio_io",
    "tokio_uring",
    "mio",
    "hyper",
    "hyper_util",
    "hyper_rustls",
    "hyper_tls",
    "hyper_timeout",
    "h2",
    "tower",
    "tower_http",
    "tower_layer",
    "tower_service",
    "futures",
    "futures_*",
    "smol",
    "async_std",
    "async_io",
    "async_executor",
    "async_task",
    "async_lock",
    "async_channel",
    "async_global_executor",
    "async_net",
    "async_fs",
    "async_process",
    "async_signal",
    "async_compat",
    "blocking",
    "polling",
    "parking",
    "parking_lot",
    "parking_lot_*",
    "lock_api",
    "crossbeam",
    "crossbeam_*",
    "rayon",
    "rayon_*",
    "tracing",
    "tracing_*",
    "log",
    "reqwest",
    "rustls",
    "ring",
    "openssl",
    "native_tls",
    "axum",
    "axum_core",
    "axum_extra",
    "axum_macros",
    "axum_server",
    "actix",
    "actix_codec",
    "actix_http",
    "actix_router",
    "actix_rt",
    "actix_server",
    "actix_service",
    "actix_tls",
    "actix_utils",
    "actix_web",
    "warp",
    "serde",
    "serde_*",
    "bytes",
    "http",
    "http_body",
    "http_body_util",
    "httparse",
    "once_cell",
    "lazy_static",
    "memchr",
    "regex",
    "regex_*",
    "aho_corasick",
    "event_listener",
    "concurrent_queue",
    "socket2",
    "signal_hook",
    "signal_hook_*",
    "slab",
    "rustix",
    "rand",
    "rand_*",
    "getrandom",
    "glommio",
    "monoio",
    "io_uring",
    "nix",
    "pin_project*",
    "scopeguard",
};

/* Where the sources of what is not the user's lie. */
static const char *const library_sources[] = {
    "/rustc/*",
    "*/.cargo/registry/*",
    "*/.cargo/git/*",
    "*/share/cargo/registry/*",
    "*/.rustup/toolchains/*",
    "library/*/src/*",
    "vendor/*",
    "*/library/std/src/*",
    "*/library/core/src/*",
    "*/library/alloc/src/*",
    "/usr/include/*",
    "/usr/local/include/*",
    "/usr/lib/gcc/*",
    "/usr/lib/llvm*",
    "*/deps/lua/*",
    "*/deps/jemalloc/*",
    "*/deps/hiredis/*",
    "*/deps/linenoise/*",
    "*/deps/hdr_histogram/*",
    "*/deps/uv/*",
    "*/deps/v8/*",
    "*/deps/openssl/*",
    "*/third_party/*",
};

/* The fortify wrappers and other inline functions of libc's own headers. */
static const char *const system_sources[] = {
    "/usr/include/*-linux-gnu*/bits/*",
    "/usr/include/*-linux-gnu*/sys/*",
    "/usr/include/bits/*",
};

/* Scripts that belong to the runtime itself. */
static const char *const core_scripts[] = {
    "node:*",
    "internal/*",
    "<frozen *",
    "ext:*",
    "extensions::*",
    "native *",
    "*/lib/python3.[0-9]*/*",
};
/* …except what was installed beside the runtime's own files. */
static const char *const installed_scripts[] = {
    "*/site-packages/*",
    "*/dist-packages/*",
    "*/node_modules/*",
};

/* Functions without a script: the JVM's and .NET's class libraries, and generated stubs. */
static const char *const core_functions[] = {
    "java.*",       "javax.*",         "jdk.*",        "sun.*",         "* java.*",    "* jdk.*",
    "*[[]System.*", "*[[]Microsoft.*", "Interpreter",  "StubRoutines*", "*[[]PreJIT]", "*[[]Stub]*",
    "call_stub",    "vtable stub*",    "itable stub*", "trampoline*",
};

static bool is_listed(const char *text, const char *const *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fnmatch(patterns[i], text, 0) == 0)
            return true;
    }
    return false;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The type a qualified name speaks of: "app::Fut" of "<&mut app::Fut as core::Future>::poll". A
 * bare generic ("<T as app::Job>::run") says nothing, so there the trait decides. */
static const char *qualified_start(const char *name)
{
    if (name[0] != '<')
        return name;
    const char *type = name + 1;
    type += strspn(type, "<&*[( ");
    static const char *const words[] = {"mut ", "const ", "dyn "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strncmp(type, words[i], strlen(words[i])) == 0)
            type += strlen(words[i]);
    }
    const char *as = strstr(type, " as ");
    const char *colons = strstr(type, "::");
    return as && (!colons || colons > as) ? as + strlen(" as ") : type;
}

/* The first segment of a path: the crate or the outermost namespace. "" when there is only one. */
static void first_segment(const char *name, char *out, size_t out_bytes)
{
    size_t length = strcspn(name, ":<(>, ");
    out[0] = '\0';
    if (name[length] != ':' || length >= out_bytes)
        return;
    memcpy(out, name, length);
    out[length] = '\0';
}

static bool is_library_function(const struct frame_origin *origin)
{
    char outermost[64];
    const char *function = origin->function;
    if (origin->language == LANGUAGE_C || !strchr(function, ':'))
        return is_listed(function, ENTRIES(library_functions));
    if (origin->language == LANGUAGE_RUST) {
        first_segment(qualified_start(function), outermost, sizeof outermost);
        return is_listed(outermost, ENTRIES(rust_crates));
    }
    first_segment(function, outermost, sizeof outermost);
    return is_listed(outermost, ENTRIES(cxx_namespaces)) || strncmp(function, "operator ", 9) == 0;
}

enum frame_kind frame_kind_native(const struct frame_origin *origin)
{
    const char *module = base_name(origin->module);
    if (module[0] == '\0')
        return FRAME_UNKNOWN;
    if (is_listed(module, ENTRIES(system_modules)))
        return FRAME_SYSTEM;
    if (!origin->is_main || is_listed(module, ENTRIES(runtime_programs)))
        return FRAME_LIBRARY;
    if (is_listed(origin->file, ENTRIES(system_sources)) ||
        is_listed(origin->function, ENTRIES(system_functions)))
        return FRAME_SYSTEM;
    if (is_listed(origin->file, ENTRIES(library_sources)) || is_library_function(origin))
        return FRAME_LIBRARY;
    return FRAME_NATIVE;
}

enum frame_kind frame_kind_script(const char *function, const char *file)
{
    if (file[0] == '\0')
        return is_listed(function, ENTRIES(core_functions)) ? FRAME_SCRIPT_CORE : FRAME_SCRIPT;
    if (is_listed(file, ENTRIES(core_scripts)) && !is_listed(file, ENTRIES(installed_scripts)))
        return FRAME_SCRIPT_CORE;
    return FRAME_SCRIPT;
}
