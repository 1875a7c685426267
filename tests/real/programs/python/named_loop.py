# SPDX-License-Identifier: MIT
"""A loop whose thread has the name given as an argument, whatever its bytes. It ticks until it ends
by a signal, and sleeps for as long as the file given as the second argument exists."""

import asyncio
import os
import sys
import time


async def tick(stop_file):
    while True:
        await asyncio.sleep(0.02)
        while stop_file and os.path.exists(stop_file):
            time.sleep(0.05)


with open("/proc/self/comm", "wb") as comm:
    comm.write(os.fsencode(sys.argv[1]))
print("ready", flush=True)
asyncio.run(tick(sys.argv[2] if len(sys.argv) > 2 else None))
