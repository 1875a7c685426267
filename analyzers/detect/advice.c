/* SPDX-License-Identifier: MIT */
/* What to try: one table from what was found to what helps. The first row that matches wins, so
 * rows go from the particular to the general; the last ones, one per class of call, match always.
 */
#include "judge.h"

#include <string.h>

enum {
    ANY_CALL = -1,    /* with or without a call */
    NO_CALL = -2,     /* time on the CPU */
    CLASS_BASE = 1000 /* CLASS_BASE + class: any call of that class */
};
#define CLASS(name) (CLASS_BASE + LSC_CALL_CLASS_##name)
#define ANY_KIND 0xff

/* To add advice: a row. `call` is an enum lsc_call, CLASS(…), NO_CALL or ANY_CALL. `function` must
 * be part of the name of some function on the stack, or "=name" be exactly one. `kind` is that of
 * the culprit frame. */
struct row {
    int call;
    const char *function;
    int kind;
    const char *advice;
};

static const struct row rows[] = {
    /* Node */
    {ANY_CALL, "=readFileSync", ANY_KIND,
     "Use fs.promises.readFile (or a stream) instead of readFileSync; read what never changes "
     "once, "
     "at start."},
    {ANY_CALL, "=writeFileSync", ANY_KIND, "Use fs.promises.writeFile instead of writeFileSync."},
    {ANY_CALL, "=appendFileSync", ANY_KIND,
     "Use a write stream or fs.promises.appendFile instead of appendFileSync."},
    {ANY_CALL, "=readdirSync", ANY_KIND, "Use fs.promises.readdir instead of readdirSync."},
    {ANY_CALL, "=existsSync", ANY_KIND,
     "Open the file with fs.promises and handle ENOENT instead of asking existsSync first."},
    {ANY_CALL, "=execSync", ANY_KIND,
     "Use child_process.execFile or exec with a callback (or its promise) instead of execSync."},
    {ANY_CALL, "=execFileSync", ANY_KIND,
     "Use child_process.execFile with a callback (or its promise) instead of execFileSync."},
    {ANY_CALL, "=spawnSync", ANY_KIND,
     "Use child_process.spawn and its events instead of spawnSync."},
    {ANY_CALL, "pbkdf2Sync", ANY_KIND,
     "Use crypto.pbkdf2 with a callback instead of pbkdf2Sync: it runs on the thread pool."},
    {ANY_CALL, "scryptSync", ANY_KIND,
     "Use crypto.scrypt with a callback instead of scryptSync: it runs on the thread pool."},
    {ANY_CALL, "randomFillSync", ANY_KIND, "Use crypto.randomFill with a callback."},
    {ANY_CALL, "generateKeyPairSync", ANY_KIND, "Use crypto.generateKeyPair with a callback."},
    {ANY_CALL, "bcrypt", FRAME_SCRIPT, "Use bcrypt's asynchronous hash and compare."},
    {ANY_CALL, "zlibBufferSync", ANY_KIND,
     "Use the asynchronous zlib functions (zlib.gzip…) or a stream."},
    {ANY_CALL, "processChunkSync", ANY_KIND,
     "Use the asynchronous zlib functions (zlib.gzip…) or a stream."},
    {ANY_CALL, "Sync", FRAME_SCRIPT,
     "Use the asynchronous form of the same function: its name without Sync, with a callback or "
     "promise."},
    {NO_CALL, "JsonParse", FRAME_SCRIPT,
     "Parse large JSON in a worker thread or as a stream, or send less of it."},
    {NO_CALL, "JsonStringify", FRAME_SCRIPT,
     "Serialize large JSON in a worker thread or piece by piece, or send less of it."},
    {NO_CALL, "RegExp", FRAME_SCRIPT,
     "Look at the regular expression: one that backtracks takes exponential time on hostile "
     "input."},
    {NO_CALL, NULL, FRAME_SCRIPT,
     "Split the work into pieces with setImmediate between them, or move it to a worker thread "
     "(worker_threads)."},
    /* V8's garbage collector, whose main thread waits for its helpers */
    {CLASS(LOCK), "DefaultJobState::Join", ANY_KIND,
     "That is V8's garbage collector waiting for its helper threads: give the process more CPUs, "
     "allocate less in one turn, keep bulk data in Buffers, or enlarge the young generation "
     "(--max-semi-space-size)."},
    {CLASS(LOCK), "DefaultJobHandle::Join", ANY_KIND,
     "That is V8's garbage collector waiting for its helper threads: give the process more CPUs, "
     "allocate less in one turn, keep bulk data in Buffers, or enlarge the young generation "
     "(--max-semi-space-size)."},
    {CLASS(LOCK), "v8::internal::Heap::", ANY_KIND,
     "That is V8's garbage collector: allocate less in one turn, keep bulk data in Buffers, or "
     "enlarge the young generation (--max-semi-space-size)."},
    {NO_CALL, "v8::internal::Heap::CollectGarbage", ANY_KIND,
     "That is V8's garbage collector: allocate less in one turn, keep bulk data in Buffers, or "
     "enlarge the young generation (--max-semi-space-size)."},
    /* nginx */
    {ANY_CALL, "ngx_http_log_", ANY_KIND,
     "Give access_log a buffer (access_log FILE FORMAT buffer=64k flush=5s), or switch it off "
     "where nobody reads it."},
    {CLASS(PATH), "ngx_open_cached_file", ANY_KIND,
     "Let nginx remember open files and what is not there: open_file_cache, "
     "open_file_cache_errors."},
    {CLASS(FILE), "ngx_", ANY_KIND,
     "Let nginx read files on threads: aio threads, with directio or sendfile for large ones; keep "
     "what is asked for often in memory (proxy_cache on tmpfs, open_file_cache)."},
    {CLASS(PATH), "ngx_", ANY_KIND,
     "Let nginx remember what the disk said: open_file_cache; put caches and temporary files on a "
     "local disk."},
    {CLASS(NAME), "ngx_", ANY_KIND,
     "Name a resolver in nginx's configuration: names in upstreams are looked up at start, those "
     "in variables by it, without blocking."},
    {NO_CALL, "ngx_http_gzip_", ANY_KIND,
     "Compress ahead of time (gzip_static), at a lower gzip_comp_level, or with more "
     "worker_processes."},
    {NO_CALL, "ngx_ssl_handshake", ANY_KIND,
     "Use ECDSA keys, session tickets or ssl_session_cache and keep-alive: fewer and cheaper "
     "handshakes; or more worker_processes."},
    {NO_CALL, "ngx_http_regex_exec", ANY_KIND,
     "Look at the regular expressions of location, map and rewrite: set pcre_jit on, or use exact "
     "and prefix locations."},
    /* Redis */
    {ANY_CALL, "=keysCommand", ANY_KIND,
     "Use SCAN with a cursor instead of KEYS, which walks the whole key space in one turn."},
    {ANY_CALL, "=flushallCommand", ANY_KIND, "Use FLUSHALL ASYNC."},
    {ANY_CALL, "=flushdbCommand", ANY_KIND, "Use FLUSHDB ASYNC."},
    {ANY_CALL, "=smembersCommand", ANY_KIND, "Use SSCAN with a cursor instead of SMEMBERS."},
    {ANY_CALL, "=hgetallCommand", ANY_KIND, "Use HSCAN with a cursor instead of HGETALL."},
    {ANY_CALL, "=lrangeCommand", ANY_KIND, "Ask for shorter ranges, page by page."},
    {ANY_CALL, "=delCommand", ANY_KIND, "Use UNLINK instead of DEL for large values."},
    {ANY_CALL, "=saveCommand", ANY_KIND, "Use BGSAVE instead of SAVE."},
    {ANY_CALL, "=evalCommand", ANY_KIND,
     "Make the script shorter: Redis serves nobody else while it runs."},
    {ANY_CALL, "=evalGenericCommand", ANY_KIND,
     "Make the script shorter: Redis serves nobody else while it runs."},
    {ANY_CALL, "=debugCommand", ANY_KIND, "Keep DEBUG commands off servers in use."},
    {CLASS(SYNC), "flushAppendOnlyFile", ANY_KIND,
     "Use appendfsync everysec (a thread then syncs) unless every write must be on disk at once."},
    /* Python */
    {CLASS(SLEEP), "time_sleep", ANY_KIND,
     "Use await asyncio.sleep(…) instead of time.sleep in a coroutine."},
    {CLASS(SLEEP), "pysleep", ANY_KIND,
     "Use await asyncio.sleep(…) instead of time.sleep in a coroutine."},
    {CLASS(SLEEP), "_PyEval", ANY_KIND,
     "Use await asyncio.sleep(…) instead of time.sleep in a coroutine."},
    {CLASS(SLEEP), "PyObject_", ANY_KIND,
     "Use await asyncio.sleep(…) instead of time.sleep in a coroutine."},
    {ANY_CALL, "_PyEval", ANY_KIND,
     "Await it with asyncio.to_thread(…) or loop.run_in_executor(…), or use the library's asyncio "
     "form."},
    /* Rust */
    {CLASS(SLEEP), "std::thread::sleep", ANY_KIND,
     "Use tokio::time::sleep(…).await (or your runtime's timer) instead of std::thread::sleep."},
    {CLASS(SLEEP), "std::thread::functions::sleep", ANY_KIND,
     "Use tokio::time::sleep(…).await (or your runtime's timer) instead of std::thread::sleep."},
    {ANY_CALL, "std::fs::", ANY_KIND, "Use tokio::fs, or put the file work into spawn_blocking."},
    {ANY_CALL, "std::net::", ANY_KIND, "Use the runtime's own sockets (tokio::net)."},
    {ANY_CALL, "std::process::", ANY_KIND, "Use tokio::process."},
    {CLASS(LOCK), "std::sync::", ANY_KIND,
     "Do not hold a std lock across work that takes long, and not across .await: use tokio::sync "
     "or "
     "shorten the critical section."},
    {ANY_CALL, "tokio::runtime", ANY_KIND,
     "Put the work into tokio::task::spawn_blocking (or rayon), or yield in between with "
     "tokio::task::yield_now().await."},
    /* Calls in any language */
    {LSC_CALL_getaddrinfo, "uv_getaddrinfo", ANY_KIND,
     "Pass a callback to uv_getaddrinfo: without one the look-up runs on the loop."},
    {CLASS(NAME), NULL, ANY_KIND,
     "Look names up asynchronously (uv_getaddrinfo, c-ares, dns.lookup, getaddrinfo_a) or on a "
     "thread, and cache the answers."},
    {LSC_CALL_fclose, NULL, ANY_KIND, "Close on a thread: closing can write what was buffered."},
    {CLASS(SYNC), NULL, ANY_KIND,
     "Sync on a worker thread (uv_fs_fsync, io_uring, a pool), and once for many writes rather "
     "than "
     "after each."},
    {LSC_CALL_connect, NULL, ANY_KIND,
     "Put the socket into non-blocking mode before connect and let the loop wait for it to become "
     "writable."},
    {LSC_CALL_accept, NULL, ANY_KIND,
     "Put the listening socket into non-blocking mode: another process may have taken the "
     "connection."},
    {CLASS(SOCKET), NULL, ANY_KIND,
     "Put the socket into non-blocking mode (O_NONBLOCK) and let the loop tell when it is ready."},
    {CLASS(FILE), NULL, ANY_KIND,
     "Do the I/O on a thread pool (uv_fs_*, spawn_blocking, io_uring); for a pipe or terminal use "
     "non-blocking mode and the loop."},
    {CLASS(PATH), NULL, ANY_KIND,
     "Ask the file system on a thread pool (uv_fs_*, spawn_blocking), or remember the answer: a "
     "network or busy disk can take seconds."},
    {CLASS(SLEEP), NULL, ANY_KIND, "Use a timer of the loop instead of sleeping in a callback."},
    {LSC_CALL_flock, NULL, ANY_KIND,
     "Try the lock without waiting (LOCK_NB) and again from a timer, or wait on a thread."},
    {LSC_CALL_lockf, NULL, ANY_KIND,
     "Try the lock without waiting (F_TLOCK) and again from a timer, or wait on a thread."},
    {LSC_CALL_fcntl, NULL, ANY_KIND,
     "Try the lock with F_SETLK and again from a timer, or wait on a thread."},
    {CLASS(LOCK), NULL, ANY_KIND,
     "Hold the lock shorter on the other side, copy under it and work outside of it, or hand the "
     "data "
     "over in a message; try-lock and come back later where it may wait."},
    {LSC_CALL_pthread_join, NULL, ANY_KIND,
     "Let the thread tell the loop when it is done (uv_async_send, eventfd) instead of joining "
     "it."},
    {CLASS(CHILD), NULL, ANY_KIND,
     "Start the process asynchronously (uv_spawn, child_process.spawn, asyncio subprocess) and let "
     "SIGCHLD or a pidfd tell the loop of its end."},
    {CLASS(WAIT), NULL, ANY_KIND,
     "Register the descriptor with the loop instead of waiting for it inside a callback."},
    {NO_CALL, NULL, ANY_KIND,
     "Split the work into pieces that take a few milliseconds each, or hand it to a worker "
     "thread."},
};

static const char *const reasons[] = {
    [LSC_CALL_CLASS_FILE] = "The call waits for a device or for the other end of a pipe; the loop "
                            "runs nothing else meanwhile.",
    [LSC_CALL_CLASS_PATH] = "The file system may have to ask the disk or a server; the loop runs "
                            "nothing else meanwhile.",
    [LSC_CALL_CLASS_SYNC] =
        "The call waits until the disk has the data; the loop runs nothing else "
        "meanwhile.",
    [LSC_CALL_CLASS_SOCKET] = "The socket is in blocking mode: one slow peer stops every other "
                              "client of this loop.",
    [LSC_CALL_CLASS_SLEEP] = "A sleep stops the whole loop, not just the one who sleeps.",
    [LSC_CALL_CLASS_LOCK] =
        "Whoever holds the lock decides how long every client of this loop waits.",
    [LSC_CALL_CLASS_CHILD] =
        "The loop runs nothing else until the other process or thread is done.",
    [LSC_CALL_CLASS_NAME] = "A name look-up takes as long as the name server takes, up to many "
                            "seconds.",
    [LSC_CALL_CLASS_WAIT] = "A wait inside a turn stops everything else that the loop serves.",
};

static bool call_fits(const struct row *row, unsigned call)
{
    if (row->call == ANY_CALL)
        return true;
    if (row->call == NO_CALL || call == LSC_CALL_NONE)
        return row->call == NO_CALL && call == LSC_CALL_NONE;
    if (row->call >= CLASS_BASE)
        return row->call == CLASS_BASE + (int)call_class(call);
    return row->call == (int)call;
}

static bool stack_has(const struct stack_frame *frames, unsigned count, const char *function)
{
    bool is_exact = function[0] == '=';
    for (unsigned i = 0; i < count; i++) {
        const char *name = frames[i].frame->function;
        if (is_exact ? strcmp(name, function + 1) == 0 : strstr(name, function) != NULL)
            return true;
    }
    return false;
}

void advise(struct finding *finding, const struct model *model, unsigned call)
{
    struct stack_frame frames[STACK_FRAMES_MAX];
    unsigned count = stack_frames(model, finding->stack, frames);
    finding->why = call == LSC_CALL_NONE
                       ? "While one function computes, everything else that this loop serves waits."
                       : reasons[call_class(call)];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        if (!call_fits(row, call) ||
            (row->kind != ANY_KIND && (!finding->where || finding->where->kind != row->kind)) ||
            (row->function && !stack_has(frames, count, row->function)))
            continue;
        finding->advice = row->advice;
        return;
    }
}
