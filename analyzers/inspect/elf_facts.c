/* SPDX-License-Identifier: MIT */
/* Reading the facts with libelf. To recognise another runtime: append a line to the table of
 * symbols, libraries, sections or texts that gives it away. */
#include "elf_facts.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYMBOLS_MAX (8u << 20)
#define TEXT_BYTES_MAX ((size_t)256 << 20)

struct mark {
    const char *name;
    unsigned bits;
};

static const struct mark imports[] = {
    {"epoll_wait", ELF_IMPORT_EPOLL_WAIT},
    {"epoll_pwait", ELF_IMPORT_EPOLL_PWAIT},
    {"epoll_pwait2", ELF_IMPORT_EPOLL_PWAIT2},
    {"poll", ELF_IMPORT_POLL},
    {"ppoll", ELF_IMPORT_PPOLL},
    {"select", ELF_IMPORT_SELECT},
    {"pselect", ELF_IMPORT_PSELECT},
    {"__poll_chk", ELF_IMPORT_POLL},
    {"__ppoll_chk", ELF_IMPORT_PPOLL},
    {"pthread_create", ELF_IMPORT_PTHREAD_CREATE},
    {"dlopen", ELF_IMPORT_DLOPEN},
};

static const struct mark definitions[] = {
    {"uv_run", ELF_TRAIT_LIBUV},
    {"_ZN4node5StartEiPPc", ELF_TRAIT_NODE},
    {"Py_BytesMain", ELF_TRAIT_PYTHON},
    {"Py_Main", ELF_TRAIT_PYTHON},
    {"rust_eh_personality", ELF_TRAIT_RUST},
    {"rust_begin_unwind", ELF_TRAIT_RUST},
    {"__rust_alloc", ELF_TRAIT_RUST},
    {"__asan_init", ELF_TRAIT_ASAN},
    {"__tsan_init", ELF_TRAIT_TSAN},
    {"__msan_init", ELF_TRAIT_MSAN},
};

/* Beginnings of DT_NEEDED names. */
static const struct mark libraries[] = {
    {"libuv.so", ELF_TRAIT_NEEDS_LIBUV},
    {"libnode.so", ELF_TRAIT_NODE},
    {"libpython", ELF_TRAIT_PYTHON},
    {"libasan.so", ELF_TRAIT_ASAN | ELF_TRAIT_NEEDS_SANITIZER},
    {"libclang_rt.asan", ELF_TRAIT_ASAN | ELF_TRAIT_NEEDS_SANITIZER},
    {"libtsan.so", ELF_TRAIT_TSAN | ELF_TRAIT_NEEDS_SANITIZER},
    {"libclang_rt.tsan", ELF_TRAIT_TSAN | ELF_TRAIT_NEEDS_SANITIZER},
};

static const struct mark sections[] = {
    {".go.buildinfo", ELF_TRAIT_GO},
    {".note.go.buildid", ELF_TRAIT_GO},
    {".debug_line", ELF_TRAIT_DWARF},
    {".zdebug_line", ELF_TRAIT_DWARF},
};

/* Paths of sources that panic messages keep in the read-only data, also of a stripped program. */
static const struct mark texts[] = {
    {"/rustc/", ELF_TRAIT_RUST},
    {"library/std/src/", ELF_TRAIT_RUST},
    {"/rustix-", ELF_TRAIT_RUSTIX},
};

#define FIND_MARK(table, name) find_mark(table, sizeof(table) / sizeof *(table), name)

static unsigned find_mark(const struct mark *marks, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(marks[i].name, name) == 0)
            return marks[i].bits;
    }
    return 0;
}

static void copy_name(char *out, size_t out_bytes, const char *name)
{
    snprintf(out, out_bytes, "%s", name ? name : "");
}

static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct elf_facts *out)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Sym symbol;
    for (unsigned i = 1; data && i < SYMBOLS_MAX && gelf_getsym(data, (int)i, &symbol); i++) {
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (!name)
            continue;
        if (symbol.st_shndx != SHN_UNDEF)
            out->traits |= FIND_MARK(definitions, name);
        else if (header->sh_type == SHT_DYNSYM)
            out->imports |= FIND_MARK(imports, name);
    }
}

static void add_needed(struct elf_facts *out, const char *name)
{
    if (!name || out->needed_count == ELF_NEEDED_MAX)
        return;
    copy_name(out->needed[out->needed_count++], ELF_NAME_MAX, name);
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        if (strncmp(name, libraries[i].name, strlen(libraries[i].name)) == 0)
            out->traits |= libraries[i].bits;
    }
}

static void read_dynamic(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct elf_facts *out)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Dyn entry;
    for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
        const char *text = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
        if (entry.d_tag == DT_NEEDED)
            add_needed(out, text);
        else if (entry.d_tag == DT_RPATH)
            copy_name(out->rpath, sizeof out->rpath, text);
        else if (entry.d_tag == DT_RUNPATH)
            copy_name(out->runpath, sizeof out->runpath, text);
    }
}

static void read_texts(Elf_Scn *section, struct elf_facts *out)
{
    Elf_Data *data = elf_rawdata(section, NULL);
    if (!data || !data->d_buf || data->d_size > TEXT_BYTES_MAX)
        return;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (memmem(data->d_buf, data->d_size, texts[i].name, strlen(texts[i].name)))
            out->traits |= texts[i].bits;
    }
}

static bool is_read_only_data(Elf *elf, Elf_Scn *section, size_t names)
{
    GElf_Shdr header;
    const char *name =
        gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
    return name && strcmp(name, ".rodata") == 0;
}

static void read_section(Elf *elf, Elf_Scn *section, size_t names, struct elf_facts *out)
{
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header))
        return;
    const char *name = elf_strptr(elf, names, header.sh_name);
    if (!name)
        return;
    out->has_sections = true;
    if (header.sh_type != SHT_NOBITS)
        out->traits |= FIND_MARK(sections, name);
    if (header.sh_type == SHT_SYMTAB)
        out->traits |= ELF_TRAIT_SYMTAB;
    if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM)
        read_symbols(elf, section, &header, out);
    else if (header.sh_type == SHT_DYNAMIC)
        read_dynamic(elf, section, &header, out);
}

static void read_sections(Elf *elf, struct elf_facts *out)
{
    size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));)
        read_section(elf, section, names, out);
    /* Where there are symbols they tell Rust from others; the texts of node alone are 45 MB. */
    if ((out->traits & ELF_TRAIT_GO) ||
        ((out->traits & ELF_TRAIT_SYMTAB) && !(out->traits & ELF_TRAIT_RUST)))
        return;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        if (is_read_only_data(elf, section, names))
            read_texts(section, out);
    }
}

static void read_segments(Elf *elf, struct elf_facts *out)
{
    size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(elf, (int)i, &header))
            continue;
        out->is_dynamic |= header.p_type == PT_DYNAMIC;
        if (header.p_type != PT_INTERP || header.p_filesz > ELF_NAME_MAX)
            continue;
        Elf_Data *data =
            elf_getdata_rawchunk(elf, (int64_t)header.p_offset, header.p_filesz, ELF_T_BYTE);
        if (data && data->d_buf)
            memcpy(out->loader, data->d_buf, data->d_size);
        out->loader[ELF_NAME_MAX - 1] = '\0';
    }
}

static int read_elf(Elf *elf, struct elf_facts *out)
{
    GElf_Ehdr header;
    GElf_Word crc = 0;
    const void *id = NULL;
    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
        return -ENOEXEC;
    out->machine = header.e_machine;
    out->type = header.e_type;
    out->bits = gelf_getclass(elf) == ELFCLASS64 ? 64 : 32;
    read_segments(elf, out);
    read_sections(elf, out);
    copy_name(out->debug_link, sizeof out->debug_link, dwelf_elf_gnu_debuglink(elf, &crc));
    ssize_t bytes = dwelf_elf_gnu_build_id(elf, &id);
    if (bytes > 0 && (size_t)bytes <= sizeof out->build_id) {
        memcpy(out->build_id, id, (size_t)bytes);
        out->build_id_bytes = (size_t)bytes;
    }
    return 0;
}

int elf_facts_read(const char *path, struct elf_facts *out)
{
    struct stat status;
    memset(out, 0, sizeof *out);
    elf_version(EV_CURRENT);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == EACCES ? -EACCES : -ENOENT;
    int result = -ENOEXEC;
    Elf *elf = NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    if (elf)
        result = read_elf(elf, out);
    elf_end(elf);
    close(fd);
    return result;
}

void elf_waits(unsigned mask, char *out, size_t out_bytes)
{
    out[0] = '\0';
    for (size_t i = 0; i < sizeof imports / sizeof *imports; i++) {
        size_t used = strlen(out);
        unsigned bit = imports[i].bits & ELF_IMPORT_ANY_WAIT;
        if ((mask & bit) && imports[i].name[0] != '_')
            snprintf(out + used, out_bytes - used, "%s%s", used ? ", " : "", imports[i].name);
    }
}
