"""What both Python sides share: one line in (work, size, n), one line of JSON out (count, total nanoseconds)."""

import gc
import json
import sys
import threading

sys.setrecursionlimit(50_000)
threading.stack_size(512 * 1024 * 1024)  # the deepest case recurses 10,000 frames in C as well


def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * 4096


def serve(works):
    def loop():
        for line in sys.stdin:
            work, size, n = line.split()
            gc.collect()
            count, total = works[work](int(size), int(n))
            print(json.dumps({"count": count, "total": total}), flush=True)

    thread = threading.Thread(target=loop)
    thread.start()
    thread.join()


class Turns:
    """Counts the turns that are real switches: a task that runs twice in a row counts once."""

    def __init__(self):
        self.last = None
        self.count = 0

    def take(self, me):
        if self.last is not me:
            self.last = me
            self.count += 1
