/* SPDX-License-Identifier: MIT */
/* loopscope/fs.h: files for tasks.
 *
 * Every awaitable function runs on libuv's pool of threads (UV_THREADPOOL_SIZE, shared by the
 * process), with memory of its own: the caller's buffer is touched during calls only. A call that
 * returns -ECANCELED or -ETIMEDOUT may still be carried out (what it opened is then closed again; a
 * file that is closed meanwhile stays open for it); its buffer is left alone. Paths are borrowed
 * until the call has returned something else than LSC_PENDING. Errors are -errno. For use inside
 * tasks. */
#ifndef LOOPSCOPE_FS_H
#define LOOPSCOPE_FS_H

#include <stddef.h>
#include <stdint.h>

#include "executor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All zero is none: -EBADF. May be copied; closed once. */
struct lsc_file {
    void *file_;
};

/* Awaitable: 0 and a file. flags and mode as of open(2); O_CLOEXEC is added. */
LSC_API lsc_result lsc_file_open(struct lsc_context *cx, struct lsc_file *file, const char *path,
                                 int flags, int mode);
/* Awaitable: how many bytes, at most 1 MiB a call; 0: the end. offset < 0: the file's position. */
LSC_API lsc_result lsc_file_read(struct lsc_context *cx, struct lsc_file *file, void *buffer,
                                 size_t bytes, int64_t offset);
LSC_API lsc_result lsc_file_write(struct lsc_context *cx, struct lsc_file *file, const void *data,
                                  size_t bytes, int64_t offset);
/* Awaitable: 0 when what was written is on the disk. */
LSC_API lsc_result lsc_file_sync(struct lsc_context *cx, struct lsc_file *file);
/* Not awaitable: closes at once, on this thread; cleanup handlers too. */
LSC_API void lsc_file_close(struct lsc_file *file);

struct lsc_file_status {
    uint64_t bytes;
    int64_t modified_ns; /* since 1970 */
    uint32_t mode;       /* as st_mode of stat(2) */
};
/* Awaitable: 0. */
LSC_API lsc_result lsc_file_status(struct lsc_context *cx, struct lsc_file *file,
                                   struct lsc_file_status *status);
LSC_API lsc_result lsc_path_status(struct lsc_context *cx, const char *path,
                                   struct lsc_file_status *status);
LSC_API lsc_result lsc_path_remove(struct lsc_context *cx, const char *path);
LSC_API lsc_result lsc_path_rename(struct lsc_context *cx, const char *path, const char *new_path);
LSC_API lsc_result lsc_path_make_directory(struct lsc_context *cx, const char *path, int mode);

#ifdef __cplusplus
}
#endif

#endif
