# SPDX-License-Identifier: MIT
"""An echo server on uvloop with clients of its own, a timer, a job of the executor and a child; a second
loop does the same on another thread. What the process has open at its end goes to the file that
OPEN_FILE names."""

import asyncio
import hashlib
import os
import threading

import uvloop

CLIENTS = 8
MESSAGES = 50
MESSAGE = b"0123456789abcdef" * 16


async def answer(reader, writer):
    while data := await reader.read(4096):
        writer.write(data)
        await writer.drain()
    writer.close()


async def ask(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    digest = hashlib.md5()
    for _ in range(MESSAGES):
        writer.write(MESSAGE)
        digest.update(await reader.readexactly(len(MESSAGE)))
    writer.close()
    await writer.wait_closed()
    return digest.hexdigest()


async def serve():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    job = loop.run_in_executor(None, sum, range(100000))
    digests = await asyncio.gather(*[ask(port) for _ in range(CLIENTS)])
    await asyncio.sleep(0.05)
    server.close()
    await server.wait_closed()
    return len(digests), set(digests), await job


async def main():
    done = await serve()
    child = await asyncio.create_subprocess_exec("/bin/echo", "child",
                                                 stdout=asyncio.subprocess.PIPE)
    output, _ = await child.communicate()
    return done, output, child.returncode


def run(coroutine, results, place):
    loop = uvloop.new_event_loop()
    try:
        results[place] = loop.run_until_complete(coroutine)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def say_open(path):
    with open(path, "w", encoding="utf-8") as out:
        for name in os.listdir("/proc/self/fd"):
            try:
                out.write(f"fd {os.readlink('/proc/self/fd/' + name)}\n")
            except OSError:
                pass  # the directory's own
        with open("/proc/self/status", encoding="utf-8") as status:
            out.write(status.read())


results = [None, None]
second = threading.Thread(target=run, args=(serve(), results, 1))
second.start()
run(main(), results, 0)
second.join()
print(*results, sep="\n")
say_open(os.environ["OPEN_FILE"])
