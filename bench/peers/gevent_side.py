"""The gevent side of the benchmarks. Each function performs n operations and gives (count, nanoseconds or bytes)."""

from time import perf_counter_ns as now

import gevent
from gevent import Timeout, socket
from gevent.event import Event
from gevent.lock import Semaphore
from gevent.queue import Queue
from gevent.server import StreamServer

from common import Turns, resident, serve


def switch(depth, n):
    turns = Turns()

    def nest(me, left, k):
        if left > 1:
            return nest(me, left - 1, k)
        for _ in range(k):
            turns.take(me)
            gevent.sleep(0)

    start = now()
    a = gevent.spawn(nest, "a", depth, (n + 1) // 2)
    b = gevent.spawn(nest, "b", depth, n // 2)
    gevent.joinall([a, b])
    return turns.count, now() - start


def spawn(_size, n):
    ran = 0

    def body():
        nonlocal ran
        ran += 1

    start = now()
    gevent.joinall([gevent.spawn(body) for _ in range(n)])
    return ran, now() - start


def spawn_turn(_size, n):
    ran = 0

    def body():
        nonlocal ran
        gevent.sleep(0)
        ran += 1

    start = now()
    gevent.joinall([gevent.spawn(body) for _ in range(n)])
    return ran, now() - start


def one_by_one(_size, n):
    ran = 0

    def body():
        nonlocal ran
        ran += 1

    start = now()
    for _ in range(n):
        gevent.spawn(body).join()
    return ran, now() - start


def park(n, cleaned):
    never = Event()

    def body():
        try:
            never.wait()
        finally:
            cleaned[0] += 1

    tasks = [gevent.spawn(body) for _ in range(n)]
    gevent.sleep(0)
    return tasks


def kill(_size, n):
    cleaned = [0]
    tasks = park(n, cleaned)
    start = now()
    gevent.killall(tasks)
    return cleaned[0], now() - start


def ping_pong(maxsize, n):
    there, back = Queue(maxsize or None), Queue(maxsize or None)
    got = 0

    def a():
        nonlocal got
        for i in range(n // 2):
            there.put(i)
            back.get()
            got += 1

    def b():
        nonlocal got
        for _ in range(n // 2):
            back.put(there.get())
            got += 1

    start = now()
    gevent.joinall([gevent.spawn(a), gevent.spawn(b)])
    return got + n % 2, now() - start


def stream(maxsize, n):
    queue = Queue(maxsize or None)
    got = 0

    def producer():
        for i in range(n):
            queue.put(i)

    def consumer():
        nonlocal got
        for i in range(n):
            if queue.get() == i:
                got += 1

    start = now()
    gevent.joinall([gevent.spawn(producer), gevent.spawn(consumer)])
    return got, now() - start


def semaphore(_size, n):
    first, second = Semaphore(0), Semaphore(0)
    handed = 0

    def a():
        nonlocal handed
        for _ in range(n // 2):
            second.release()
            first.acquire()
            handed += 1

    def b():
        nonlocal handed
        for _ in range(n // 2):
            second.acquire()
            handed += 1
            first.release()

    start = now()
    gevent.joinall([gevent.spawn(a), gevent.spawn(b)])
    return handed + n % 2, now() - start


def timers_fire(_size, n):
    fired = 0

    def body(ms):
        nonlocal fired
        gevent.sleep(ms / 1000)
        fired += 1

    start = now()
    gevent.joinall([gevent.spawn(body, 1 + i % 10) for i in range(n)])
    return fired, now() - start


def timers_cancel(_size, n):
    start = now()
    timers = [Timeout.start_new(60 + i % 100) for i in range(n)]
    cancelled = 0
    for timer in timers:
        timer.close()
        cancelled += not timer.pending
    return cancelled, now() - start


def with_timeout(_size, n):
    done = 0

    def body():
        nonlocal done
        for _ in range(n):
            gevent.with_timeout(60, gevent.sleep, 0)
            done += 1

    start = now()
    gevent.spawn(body).join()
    return done, now() - start


def echo(size, n):
    """`size`: connections times a million, and the bytes of a message."""
    connections, length = divmod(size, 1_000_000)
    done = 0

    def handle(conn, _address):
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := conn.recv(65536):
            conn.sendall(data)

    def client(conn, times):
        nonlocal done
        message = b"x" * length
        for _ in range(times):
            conn.sendall(message)
            left = length
            while left > 0:
                left -= len(conn.recv(65536))
            done += 1

    server = StreamServer(("127.0.0.1", 0), handle)
    server.start()
    conns = [socket.create_connection(server.address) for _ in range(connections)]
    for conn in conns:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    start = now()
    gevent.joinall([
        gevent.spawn(client, conn, n // connections + (i < n % connections)) for i, conn in enumerate(conns)
    ])
    total = now() - start
    for conn in conns:
        conn.close()
    server.stop()
    return done, total


def memory(_size, n):
    before = resident()
    cleaned = [0]
    tasks = park(n, cleaned)
    total = resident() - before
    gevent.killall(tasks)
    return len(tasks), max(total, 0)


serve({f.__name__: f for f in (
    switch, spawn, spawn_turn, one_by_one, kill, ping_pong, stream, semaphore, timers_fire, timers_cancel, with_timeout, memory,
    echo,
)})
