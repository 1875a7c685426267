# SPDX-License-Identifier: MIT
"""Wrong: a coroutine waits with time.sleep(), which stops the whole event loop.

loopscope must say: blocking-call, the sleep, 0.2 s each. The healthy twin awaits asyncio.sleep()."""

import asyncio
import sys
import time

TIMES = 4


async def fetch_rates(healthy):
    start = time.monotonic()
    if healthy:
        await asyncio.sleep(0.2)
        return 0
    time.sleep(0.2)
    return time.monotonic() - start


async def tick():
    while True:
        await asyncio.sleep(0.01)


async def main(healthy):
    ticks = asyncio.create_task(tick())
    held = 0
    for _ in range(TIMES):
        await asyncio.sleep(0.1)
        held += await fetch_rates(healthy)
    ticks.cancel()
    print(f"held {0 if healthy else TIMES} times {held * 1e3:.1f} ms")


asyncio.run(main("healthy" in sys.argv[1:]))
