/* SPDX-License-Identifier: MIT */
/* The helpers behind tests that look into ELF files. */
#include "elf_fixture.h"

#include <criterion/criterion.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fixture_make(char *directory, size_t bytes)
{
    snprintf(directory, bytes, "/tmp/loopscope-test-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
}

void fixture_remove(const char *directory)
{
    cr_assert(strncmp(directory, "/tmp/loopscope-test-", 20) == 0);
    fixture_run("/bin/rm -rf '%s'", directory);
}

void fixture_run(const char *format, ...)
{
    char command[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    cr_assert_eq(system(command), 0, "this failed: %s", command);
}

void fixture_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

static Elf *open_elf(const char *path, int *fd)
{
    elf_version(EV_CURRENT);
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(*fd, 0, "cannot open %s", path);
    Elf *elf = elf_begin(*fd, ELF_C_READ, NULL);
    cr_assert_not_null(elf);
    return elf;
}

static bool find_in(Elf *elf, Elf_Scn *section, const char *name, struct fixture_symbol *out)
{
    GElf_Shdr header;
    gelf_getshdr(section, &header);
    Elf_Data *data = elf_getdata(section, NULL);
    for (size_t i = 0; data && i < header.sh_size / header.sh_entsize; i++) {
        GElf_Sym symbol;
        gelf_getsym(data, (int)i, &symbol);
        const char *text = elf_strptr(elf, header.sh_link, symbol.st_name);
        if (!text || strcmp(text, name) != 0 || symbol.st_shndx == SHN_UNDEF)
            continue;
        *out = (struct fixture_symbol){symbol.st_value, symbol.st_size};
        return true;
    }
    return false;
}

struct fixture_symbol fixture_symbol(const char *path, const char *name)
{
    int fd;
    struct fixture_symbol found = {0};
    bool is_found = false;
    Elf *elf = open_elf(path, &fd);
    for (Elf_Scn *section = NULL; !is_found && (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        gelf_getshdr(section, &header);
        if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM)
            is_found = find_in(elf, section, name, &found);
    }
    elf_end(elf);
    close(fd);
    cr_assert(is_found, "no %s in %s", name, path);
    return found;
}

size_t fixture_build_id(const char *path, uint8_t *out)
{
    int fd;
    const void *id = NULL;
    Elf *elf = open_elf(path, &fd);
    ssize_t bytes = dwelf_elf_gnu_build_id(elf, &id);
    if (bytes > 0 && bytes <= 32)
        memcpy(out, id, (size_t)bytes);
    elf_end(elf);
    close(fd);
    return bytes > 0 ? (size_t)bytes : 0;
}

uint64_t fixture_end(const char *path)
{
    int fd;
    size_t count = 0;
    uint64_t end = 0;
    Elf *elf = open_elf(path, &fd);
    elf_getphdrnum(elf, &count);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        gelf_getphdr(elf, (int)i, &header);
        if (header.p_type == PT_LOAD && header.p_vaddr + header.p_memsz > end)
            end = header.p_vaddr + header.p_memsz;
    }
    elf_end(elf);
    close(fd);
    return end;
}
