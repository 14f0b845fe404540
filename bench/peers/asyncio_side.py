"""The asyncio side of the benchmarks. Each function performs n operations and gives (count, nanoseconds or bytes)."""

import asyncio
from time import perf_counter_ns as now

from common import Turns, resident, serve


def on_loop(work):
    def run(size, n):
        return asyncio.run(work(size, n))

    run.__name__ = work.__name__
    return run


@on_loop
async def switch(depth, n):
    turns = Turns()

    async def nest(me, left, k):
        if left > 1:
            return await nest(me, left - 1, k)
        for _ in range(k):
            turns.take(me)
            await asyncio.sleep(0)

    start = now()
    await asyncio.gather(nest("a", depth, (n + 1) // 2), nest("b", depth, n // 2))
    return turns.count, now() - start


@on_loop
async def spawn(_size, n):
    ran = 0

    async def body():
        nonlocal ran
        ran += 1

    start = now()
    await asyncio.wait([asyncio.create_task(body()) for _ in range(n)])
    return ran, now() - start


@on_loop
async def spawn_turn(_size, n):
    ran = 0

    async def body():
        nonlocal ran
        await asyncio.sleep(0)
        ran += 1

    start = now()
    await asyncio.wait([asyncio.create_task(body()) for _ in range(n)])
    return ran, now() - start


@on_loop
async def one_by_one(_size, n):
    ran = 0

    async def body():
        nonlocal ran
        ran += 1

    start = now()
    for _ in range(n):
        await asyncio.create_task(body())
    return ran, now() - start


async def park(n, cleaned):
    never = asyncio.Event()

    async def body():
        try:
            await never.wait()
        finally:
            cleaned[0] += 1

    tasks = [asyncio.create_task(body()) for _ in range(n)]
    await asyncio.sleep(0)
    return tasks


@on_loop
async def kill(_size, n):
    cleaned = [0]
    tasks = await park(n, cleaned)
    start = now()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return cleaned[0], now() - start


@on_loop
async def ping_pong(maxsize, n):
    there, back = asyncio.Queue(maxsize), asyncio.Queue(maxsize)
    got = 0

    async def a():
        nonlocal got
        for i in range(n // 2):
            await there.put(i)
            await back.get()
            got += 1

    async def b():
        nonlocal got
        for _ in range(n // 2):
            await back.put(await there.get())
            got += 1

    start = now()
    await asyncio.gather(a(), b())
    return got + n % 2, now() - start


@on_loop
async def stream(maxsize, n):
    queue = asyncio.Queue(maxsize)
    got = 0

    async def producer():
        for i in range(n):
            await queue.put(i)

    async def consumer():
        nonlocal got
        for i in range(n):
            if await queue.get() == i:
                got += 1

    start = now()
    await asyncio.gather(producer(), consumer())
    return got, now() - start


@on_loop
async def semaphore(_size, n):
    first, second = asyncio.Semaphore(0), asyncio.Semaphore(0)
    handed = 0

    async def a():
        nonlocal handed
        for _ in range(n // 2):
            second.release()
            await first.acquire()
            handed += 1

    async def b():
        nonlocal handed
        for _ in range(n // 2):
            await second.acquire()
            handed += 1
            first.release()

    start = now()
    await asyncio.gather(a(), b())
    return handed + n % 2, now() - start


@on_loop
async def timers_fire(_size, n):
    fired = 0

    async def body(ms):
        nonlocal fired
        await asyncio.sleep(ms / 1000)
        fired += 1

    start = now()
    await asyncio.wait([asyncio.create_task(body(1 + i % 10)) for i in range(n)])
    return fired, now() - start


@on_loop
async def timers_cancel(_size, n):
    loop = asyncio.get_running_loop()
    start = now()
    timers = [loop.call_later(60 + i % 100, print) for i in range(n)]
    cancelled = 0
    for timer in timers:
        timer.cancel()
        cancelled += timer.cancelled()
    return cancelled, now() - start


@on_loop
async def with_timeout(_size, n):
    done = 0
    start = now()
    for _ in range(n):
        async with asyncio.timeout(60):
            await asyncio.sleep(0)
        done += 1
    return done, now() - start


@on_loop
async def echo(size, n):
    """`size`: connections times a million, and the bytes of a message."""
    connections, length = divmod(size, 1_000_000)
    done = 0

    async def handle(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def client(reader, writer, times):
        nonlocal done
        message = b"x" * length
        for _ in range(times):
            writer.write(message)
            await reader.readexactly(length)
            done += 1

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    conns = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    start = now()
    await asyncio.gather(*[
        client(*conn, n // connections + (i < n % connections)) for i, conn in enumerate(conns)
    ])
    total = now() - start
    for _, writer in conns:
        writer.close()
    server.close()
    return done, total


@on_loop
async def memory(_size, n):
    before = resident()
    tasks = await park(n, [0])
    total = resident() - before
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return len(tasks), max(total, 0)


serve({f.__name__: f for f in (
    switch, spawn, spawn_turn, one_by_one, kill, ping_pong, stream, semaphore, timers_fire, timers_cancel, with_timeout, memory,
    echo,
)})
