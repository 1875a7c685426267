/* SPDX-License-Identifier: MIT */
/* Readable names from C++ and Rust linkers' names, and from damaged ones. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/symbols/demangle.h"

static void expect(const char *name, enum symbol_language language, const char *readable)
{
    char out[256];
    cr_expect_eq(demangle(name, out, sizeof out), language, "%s", name);
    cr_expect_str_eq(out, readable);
}

Test(demangle, leaves_c_names_alone)
{
    expect("main", LANGUAGE_C, "main");
    expect("__libc_start_main", LANGUAGE_C, "__libc_start_main");
    expect("", LANGUAGE_C, "");
    expect("_Z", LANGUAGE_C, "_Z");
    expect("_Racket_eval", LANGUAGE_C, "_Racket_eval");
}

Test(demangle, drops_what_compilers_and_linkers_append)
{
    expect("serve.part.0", LANGUAGE_C, "serve");
    expect("serve.constprop.3.isra.0", LANGUAGE_C, "serve");
    expect("serve.cold", LANGUAGE_C, "serve");
    expect("read@@GLIBC_2.2.5", LANGUAGE_C, "read");
    expect("_ZN4node5StartEiPPc.cold", LANGUAGE_CXX, "node::Start");
}

Test(demangle, gives_cxx_names_without_arguments)
{
    expect("_ZN4node6crypto9PBKDF2Job10DeriveBitsEPNS_11EnvironmentE", LANGUAGE_CXX,
           "node::crypto::PBKDF2Job::DeriveBits");
    expect("_ZNSt6vectorIiSaIiEE9push_backERKi", LANGUAGE_CXX,
           "std::vector<int, std::allocator<int> >::push_back");
    expect("_ZZ4mainENKUlvE_clEv", LANGUAGE_CXX, "main::{lambda()#1}::operator()");
}

Test(demangle, names_the_function_behind_a_thunk)
{
    expect("_ZThn8_N3app3Job3runEv", LANGUAGE_CXX, "app::Job::run");
}

Test(demangle, gives_legacy_rust_names_without_their_hash)
{
    expect("_ZN3app4work17h0123456789abcdefE", LANGUAGE_RUST, "app::work");
    expect("_ZN3app4main28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE", LANGUAGE_RUST,
           "app::main::{{closure}}");
    expect("_ZN5tokio7runtime4task17h01a3456789abcdefE.llvm.123", LANGUAGE_RUST,
           "tokio::runtime::task");
}

Test(demangle, gives_v0_rust_names_without_their_hash)
{
    expect("_RNvCs1234_7mycrate3foo", LANGUAGE_RUST, "mycrate::foo");
    expect("_RNvNtCsabc_5tokio7runtime4park", LANGUAGE_RUST, "tokio::runtime::park");
    expect("_RNCNvCs1234_7mycrate4main0", LANGUAGE_RUST, "mycrate::main::{closure#0}");
}

Test(demangle, cuts_to_the_room_there_is)
{
    char out[8];
    demangle("_ZN4node5StartEiPPc", out, sizeof out);
    cr_expect_str_eq(out, "node::S");
    demangle("abcdefghijkl", out, sizeof out);
    cr_expect_str_eq(out, "abcdefg");
    cr_expect_eq(demangle("main", out, 0), LANGUAGE_C);
}

Test(demangle, survives_any_bytes, .timeout = 60)
{
    static const char start[][8] = {"_ZN", "_RN", "_Z", "_R", "_ZTv0_n"};
    static const char alphabet[] = "NECSIvKRPiTt_0123456789azjsBFD$.@\x80\xff";
    char name[4096];
    char out[512];
    srand(11);
    for (int round = 0; round < 20000; round++) {
        size_t n = (size_t)snprintf(name, sizeof name, "%s", start[round % 5]);
        size_t length = n + (size_t)(rand() % (round % 100 ? 60 : 4000));
        for (; n < length; n++)
            name[n] = alphabet[(size_t)rand() % (sizeof alphabet - 1)];
        name[n] = '\0';
        demangle(name, out, sizeof out);
        cr_assert_lt(strlen(out), sizeof out);
    }
}

Test(demangle, gives_up_on_names_of_absurd_length)
{
    size_t length = 1 << 20;
    char out[64];
    char *name = malloc(length + 1);
    memset(name, 'N', length);
    memcpy(name, "_ZN", 3);
    name[length] = '\0';
    cr_expect_eq(demangle(name, out, sizeof out), LANGUAGE_C);
    cr_expect_eq(strlen(out), sizeof out - 1);
    free(name);
}
