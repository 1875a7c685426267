/* SPDX-License-Identifier: MIT */
/* Resolution of the program's libuv, at the first call of any of its functions. */
#include "real_uv.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>

struct uv_range uv_range;

/* What stands for a function that this libuv does not have. All results fit a register. */
static long missing(void)
{
    return UV_ENOSYS;
}

#define INITIAL(ret, name, params, args) .name = (ret(*) params)missing,
#define INITIAL_FS(operation, path, params, args) .uv_fs_##operation = (int(*) params)missing,
/* The only reader of these before resolution gets a number and looks at no argument. */
#pragma GCC diagnostic ignored "-Wcast-function-type"
struct real_uv real_uv = {LSC_UV_HOOKS(INITIAL) LSC_UV_FS_HOOKS(INITIAL_FS)
                              LSC_UV_REAL_ONLY(INITIAL)};

struct symbol {
    size_t offset;
    const char *name;
};
#define SYMBOL(ret, name, params, args) {offsetof(struct real_uv, name), #name},
#define SYMBOL_FS(operation, path, params, args)                                                   \
    {offsetof(struct real_uv, uv_fs_##operation), "uv_fs_" #operation},
static const struct symbol symbols[] = {LSC_UV_HOOKS(SYMBOL) LSC_UV_FS_HOOKS(SYMBOL_FS)
                                            LSC_UV_REAL_ONLY(SYMBOL)};

/* The library that `caller` lies in was linked with a libuv of its own, or is one. */
static void *scope_of(uintptr_t caller)
{
    Dl_info info;
    if (caller == 0 || dladdr((void *)caller, &info) == 0 || info.dli_fname == NULL)
        return NULL;
    return dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
}

static void *find_scope(uintptr_t caller)
{
    if (dlsym(RTLD_NEXT, "uv_run"))
        return RTLD_NEXT;
    void *library = dlopen("libuv.so.1", RTLD_LAZY | RTLD_NOLOAD);
    if (library)
        return library;
    library = scope_of(caller);
    if (library && dlsym(library, "uv_run"))
        return library;
    if (library)
        dlclose(library);
    return NULL;
}

struct search {
    uintptr_t address;
    struct uv_range found;
};

static int look_at_module(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    struct uv_range range = {UINTPTR_MAX, 0};
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD)
            continue;
        uintptr_t start = info->dlpi_addr + segment->p_vaddr;
        range.start = start < range.start ? start : range.start;
        range.end = start + segment->p_memsz > range.end ? start + segment->p_memsz : range.end;
    }
    if (search->address < range.start || search->address >= range.end)
        return 0;
    search->found = range;
    return 1;
}

static struct uv_range range_of(uintptr_t address)
{
    struct search search = {.address = address};
    dl_iterate_phdr(look_at_module, &search);
    if (search.found.end == 0)
        search.found = (struct uv_range){address, address + 1};
    return search.found;
}

bool real_uv_find(uintptr_t caller)
{
    int saved = errno;
    void *scope = find_scope(caller);
    if (!scope) {
        errno = saved;
        return false;
    }
    /* Two threads may be here at once: both store the same values. */
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        void *function = dlsym(scope, symbols[i].name);
        if (function)
            __atomic_store_n((void **)(void *)((char *)&real_uv + symbols[i].offset), function,
                             __ATOMIC_RELAXED);
    }
    struct uv_range range = range_of((uintptr_t)real_uv.uv_run);
    uv_range.start = range.start;
    __atomic_store_n(&uv_range.end, range.end, __ATOMIC_RELEASE);
    errno = saved;
    return true;
}
