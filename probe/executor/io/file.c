/* SPDX-License-Identifier: MIT */
/* Files, through libuv's pool. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "executor/executor.h"
#include "handle.h"
#include "loopscope/fs.h"
#include "request.h"

#define BYTES_MAX ((size_t)1 << 20)

/* An open file. A request that its task has left may still be under way when the file is closed:
 * the descriptor lives until then, or its number might mean another file. */
struct file {
    struct handle handle;
    struct lsc_executor *executor;
    _Atomic uint32_t references; /* the handle's holder, and one per request */
    uv_file fd;
};

/* What one of the calls below is given. */
struct arguments {
    struct file *file;
    const char *path, *new_path;
    int flags, mode;
    const void *data;
    int64_t offset;
};

static void on_done(uv_fs_t *fs)
{
    request_finish(fs->data, fs->result);
}

static void release(struct file *file)
{
    /* Release and acquire: all use comes before the descriptor is closed. */
    if (atomic_fetch_sub_explicit(&file->references, 1, memory_order_acq_rel) != 1)
        return;
    int saved = errno;
    close(file->fd);
    errno = saved;
    executor_release(file->executor, file);
}

static void free_fs(struct request *request)
{
    uv_fs_req_cleanup(&request->uv.fs);
    if (request->kept)
        release(request->kept);
}

/* The file's descriptor, for as long as the request lives. */
static uv_file keep(struct request *request, struct file *file)
{
    if (!file)
        return -1;
    atomic_fetch_add_explicit(&file->references, 1, memory_order_relaxed);
    request->kept = file;
    return file->fd;
}

static uv_fs_t *fs_of(struct request *request)
{
    request->uv.fs.data = request;
    return &request->uv.fs;
}

/* Awaits a call of which only the result counts. */
static lsc_result await_plain(struct lsc_context *cx, void *object,
                              int (*submit)(uv_loop_t *, struct request *, const void *),
                              const struct arguments *arguments)
{
    struct request *done;
    lsc_result result = request_await(
        cx,
        &(struct request_plan){
            .object = object, .submit = submit, .free_uv = free_fs, .arguments = arguments},
        &done);
    request_end(done);
    return result;
}

/* ---- open and close ---- */

static int submit_open(uv_loop_t *loop, struct request *request, const void *data)
{
    const struct arguments *a = data;
    return uv_fs_open(loop, fs_of(request), a->path, a->flags | O_CLOEXEC, a->mode, on_done);
}

static void close_again(struct request *request)
{
    close((int)request->result);
}

static void close_handle(struct handle *handle)
{
    struct file *file = (struct file *)(void *)handle;
    handle_remove(file->executor, handle);
    release(file);
}

static lsc_result take_over(struct lsc_executor *executor, struct lsc_file *made, uv_file fd)
{
    struct file *file = executor_allocate(executor, sizeof(*file));
    if (!file) {
        close(fd);
        return -ENOMEM;
    }
    *file = (struct file){.executor = executor, .references = 1, .fd = fd};
    handle_add(executor, &file->handle, "file", close_handle);
    made->file_ = file;
    return 0;
}

lsc_result lsc_file_open(struct lsc_context *cx, struct lsc_file *file, const char *path, int flags,
                         int mode)
{
    const struct arguments arguments = {.path = path, .flags = flags, .mode = mode};
    struct request *done;
    lsc_result result = request_await(cx,
                                      &(struct request_plan){.object = file,
                                                             .submit = submit_open,
                                                             .undo = close_again,
                                                             .free_uv = free_fs,
                                                             .arguments = &arguments},
                                      &done);
    request_end(done);
    file->file_ = NULL;
    return result >= 0 ? take_over(worker_of(cx)->executor, file, (uv_file)result) : result;
}

void lsc_file_close(struct lsc_file *file)
{
    struct file *open = file->file_;
    file->file_ = NULL;
    if (open)
        close_handle(&open->handle);
}

/* ---- read and write ---- */

static int submit_read(uv_loop_t *loop, struct request *request, const void *data)
{
    const struct arguments *a = data;
    const uv_buf_t buffer = uv_buf_init(request->data, (unsigned)request->bytes);
    return uv_fs_read(loop, fs_of(request), keep(request, a->file), &buffer, 1, a->offset, on_done);
}

static int submit_write(uv_loop_t *loop, struct request *request, const void *data)
{
    const struct arguments *a = data;
    const uv_buf_t buffer = uv_buf_init(request->data, (unsigned)request->bytes);
    memcpy(request->data, a->data, request->bytes);
    return uv_fs_write(loop, fs_of(request), keep(request, a->file), &buffer, 1, a->offset,
                       on_done);
}

lsc_result lsc_file_read(struct lsc_context *cx, struct lsc_file *file, void *buffer, size_t bytes,
                         int64_t offset)
{
    const struct arguments arguments = {.file = file->file_, .offset = offset};
    struct request *done;
    lsc_result result =
        request_await(cx,
                      &(struct request_plan){.object = buffer,
                                             .bytes = bytes < BYTES_MAX ? bytes : BYTES_MAX,
                                             .submit = submit_read,
                                             .free_uv = free_fs,
                                             .arguments = &arguments},
                      &done);
    if (done && result > 0)
        memcpy(buffer, done->data, (size_t)result);
    request_end(done);
    return result;
}

lsc_result lsc_file_write(struct lsc_context *cx, struct lsc_file *file, const void *data,
                          size_t bytes, int64_t offset)
{
    const struct arguments arguments = {.file = file->file_, .data = data, .offset = offset};
    struct request *done;
    lsc_result result =
        request_await(cx,
                      &(struct request_plan){.object = (void *)(uintptr_t)data,
                                             .bytes = bytes < BYTES_MAX ? bytes : BYTES_MAX,
                                             .submit = submit_write,
                                             .free_uv = free_fs,
                                             .arguments = &arguments},
                      &done);
    request_end(done);
    return result;
}

static int submit_sync(uv_loop_t *loop, struct request *request, const void *data)
{
    const struct arguments *a = data;
    return uv_fs_fsync(loop, fs_of(request), keep(request, a->file), on_done);
}

lsc_result lsc_file_sync(struct lsc_context *cx, struct lsc_file *file)
{
    return await_plain(cx, file, submit_sync, &(const struct arguments){.file = file->file_});
}

/* ---- status ---- */

static int submit_status(uv_loop_t *loop, struct request *request, const void *data)
{
    const struct arguments *a = data;
    return a->path ? uv_fs_stat(loop, fs_of(request), a->path, on_done)
                   : uv_fs_fstat(loop, fs_of(request), keep(request, a->file), on_done);
}

static lsc_result await_status(struct lsc_context *cx, const struct arguments *arguments,
                               struct lsc_file_status *status)
{
    struct request *done;
    lsc_result result = request_await(
        cx,
        &(struct request_plan){
            .object = status, .submit = submit_status, .free_uv = free_fs, .arguments = arguments},
        &done);
    if (done && result >= 0) {
        const uv_stat_t *found = &done->uv.fs.statbuf;
        *status = (struct lsc_file_status){
            .bytes = found->st_size,
            .modified_ns = (int64_t)found->st_mtim.tv_sec * 1000000000 + found->st_mtim.tv_nsec,
            .mode = (uint32_t)found->st_mode};
    }
    request_end(done);
    return result;
}

lsc_result lsc_file_status(struct lsc_context *cx, struct lsc_file *file,
                           struct lsc_file_status *status)
{
    return await_status(cx, &(const struct arguments){.file = file->file_}, status);
}

lsc_result lsc_path_status(struct lsc_context *cx, const char *path, struct lsc_file_status *status)
{
    return await_status(cx, &(const struct arguments){.path = path}, status);
}

/* ---- names ---- */

static int submit_remove(uv_loop_t *loop, struct request *request, const void *data)
{
    const struct arguments *a = data;
    return uv_fs_unlink(loop, fs_of(request), a->path, on_done);
}

static int submit_rename(uv_loop_t *loop, struct request *request, const void *data)
{
    const struct arguments *a = data;
    return uv_fs_rename(loop, fs_of(request), a->path, a->new_path, on_done);
}

static int submit_make_directory(uv_loop_t *loop, struct request *request, const void *data)
{
    const struct arguments *a = data;
    return uv_fs_mkdir(loop, fs_of(request), a->path, a->mode, on_done);
}

lsc_result lsc_path_remove(struct lsc_context *cx, const char *path)
{
    return await_plain(cx, (void *)(uintptr_t)path, submit_remove,
                       &(const struct arguments){.path = path});
}

lsc_result lsc_path_rename(struct lsc_context *cx, const char *path, const char *new_path)
{
    return await_plain(cx, (void *)(uintptr_t)path, submit_rename,
                       &(const struct arguments){.path = path, .new_path = new_path});
}

lsc_result lsc_path_make_directory(struct lsc_context *cx, const char *path, int mode)
{
    return await_plain(cx, (void *)(uintptr_t)path, submit_make_directory,
                       &(const struct arguments){.path = path, .mode = mode});
}
