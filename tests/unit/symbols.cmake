# SPDX-License-Identifier: MIT
# Symbols and the inspection of ELF files.
pkg_check_modules(LIBDW REQUIRED IMPORTED_TARGET libdw libelf)
add_library(elf_fixture STATIC elf_fixture.c)
target_link_libraries(elf_fixture PRIVATE loopscope_flags PkgConfig::CRITERION PkgConfig::LIBDW)

unit_test(symbols loopscope_symbols elf_fixture)
unit_test(demangle loopscope_symbols)
unit_test(perf_map loopscope_symbols)
unit_test(frame_kind loopscope_symbols)
unit_test(inspect loopscope_inspect elf_fixture)
