"""Trouble on purpose: each of the runbook's five causes, and what only looks like trouble, at a given speed, up to a
given size.

The same seed, speed and size give the same steps: what is drawn is drawn for a step's number, not for the time of day.
"""

import gc
import os
import random
import tempfile
import threading
import time

from memory import MIB, filled
from pool import Exhausted

STEP_SECONDS = 0.2
MESSAGE_KIB = 64
SESSION_KIB = 256


class Knot:
    """Half of a reference cycle, which only the garbage collector frees."""

    __slots__ = ("data", "other")


class Fault:
    """`speed` in MiB a second, `size` in MiB (connections: a second, and in all). `noise`: how much steps differ, 0 to 1."""

    def __init__(self, kind, speed, size, seed, noise):
        self.kind, self.speed, self.size, self.seed, self.noise = kind, speed, size, seed, noise
        self.done = 0.0
        self.steps = 0
        self.stopped = threading.Event()

    def describe(self):
        return {
            "kind": self.kind,
            "speed": self.speed,
            "size": self.size,
            "seed": self.seed,
            "noise": self.noise,
            "done": round(self.done, 2),
            "running": not self.stopped.is_set(),
        }


class Faults:
    def __init__(self, store, conversations, requests):
        self._store = store
        self._conversations = conversations
        self._requests = requests
        self._kinds = {
            "sessions": self._sessions,
            "connections": self._connections,
            "leak": self._leak,
            "cycles": self._cycles,
            "contexts": self._contexts,
            "load": self._load,
            "traffic": self._traffic,
            "files": self._files,
        }
        self.all = []
        self._kept = []
        self._quiet = threading.Event()

    @property
    def kinds(self):
        return sorted(self._kinds)

    def start(self, kind, speed, size, seed=1, noise=0.0):
        if kind not in self._kinds:
            raise ValueError(f"kind is {kind!r}; it can be {', '.join(self.kinds)}")
        if not (speed > 0 and size > 0 and 0 <= noise <= 1):
            raise ValueError("speed and size are above 0, noise is from 0 to 1")
        if kind == "connections" and not self._store.pools:
            raise ValueError("connections need REDIS_URL or MONGO_URL")
        self._quiet.clear()
        fault = Fault(kind, float(speed), float(size), int(seed), float(noise))
        self.all.append(fault)
        threading.Thread(target=self._run, args=(fault,), daemon=True).start()
        return fault.describe()

    def stop(self):
        """No further growth; what has grown stays, as it does in an outage."""
        for fault in self.all:
            fault.stopped.set()
        self._quiet.set()

    def _run(self, fault):
        carry = 0.0
        work = self._begin(fault)
        begun = time.monotonic()
        while fault.done < fault.size:
            fault.steps += 1
            delay = begun + fault.steps * STEP_SECONDS - time.monotonic()
            if fault.stopped.wait(max(0.0, delay)):
                return
            draw = random.Random(fault.seed * 1_000_003 + fault.steps)
            carry += fault.speed * STEP_SECONDS * (1 + fault.noise * (2 * draw.random() - 1))
            room = fault.size - fault.done
            try:
                grown = work.send((min(carry, room), draw))
            except Exception as error:
                print(f"WARNING the fault {fault.kind} pauses: {error}", flush=True)
                work = self._begin(fault)
                continue
            carry -= grown
            fault.done += grown
            if grown == 0 and carry >= room:
                break  # no whole piece fits into what is left
        fault.stopped.set()

    def _begin(self, fault):
        work = self._kinds[fault.kind](fault)
        next(work)
        return work

    # Each of these is sent how much to grow by and the draw of the step, and yields how much it has grown:
    # whole pieces only; the rest is carried over to the next step.

    def _sessions(self, fault):
        grown = 0
        while True:
            amount, draw = yield grown
            count = int(amount * 1024 / SESSION_KIB)
            keys = ["%016x" % draw.getrandbits(64) for _ in range(count)]
            if keys:
                self._conversations.open_sessions(keys, SESSION_KIB)
            grown = count * SESSION_KIB / 1024

    def _connections(self, fault):
        """Taken in turn from both pools, and never given back."""
        grown = 0
        while True:
            amount, draw = yield grown
            grown = 0
            for _ in range(int(amount)):
                pool = draw.choice(self._store.pools)
                try:
                    self._kept.append(pool.take())
                except Exhausted as error:
                    print(f"ERROR {error}", flush=True)
                grown += 1

    def _leak(self, fault):
        """Kept by a list that nobody reads: only a restart frees it."""
        grown = 0
        while True:
            amount, draw = yield grown
            self._kept.append(filled(int(amount * MIB), draw.randrange(255)))
            grown = amount

    def _cycles(self, fault):
        """Circular references, with the automatic collector off, as some do for speed: only a collection frees them."""
        gc.disable()
        grown = 0
        while True:
            amount, draw = yield grown
            one, other = Knot(), Knot()
            one.other, other.other = other, one
            one.data = filled(int(amount * MIB), draw.randrange(255))
            one = other = None
            grown = amount

    def _contexts(self, fault):
        """A few conversations with long messages; CONTEXT_WINDOW bounds how many of them are kept."""
        keys = ["context-%d-%d" % (fault.seed, index) for index in range(20)]
        grown = 0
        while True:
            amount, draw = yield grown
            count = int(amount * 1024 / MESSAGE_KIB)
            for _ in range(count):
                key = draw.choice(keys)
                known = self._conversations.sessions.get(key)
                session = known or self._conversations.open_sessions([key], 1)[0]
                self._conversations.remember(session, filled(MESSAGE_KIB * 1024, draw.randrange(255)))
            grown = count * MESSAGE_KIB / 1024

    def _load(self, fault):
        """Honest work: the cache of answers fills up to its bound, and stays there."""
        grown = 0
        while True:
            amount, draw = yield grown
            key = "%016x" % draw.getrandbits(64)
            self._conversations.fill_cache(key, filled(int(amount * MIB), draw.randrange(255)))
            grown = amount

    def _traffic(self, fault):
        """Many requests at once, each with a MiB of working memory while it is answered, until the faults are stopped."""
        grown = 0
        while True:
            amount, draw = yield grown
            grown = int(amount)
            for _ in range(grown):
                threading.Thread(target=self._ask_for_ever, args=(1 + draw.random(),), daemon=True).start()

    def _ask_for_ever(self, seconds):
        while not self._quiet.is_set():
            with self._requests.answering(MIB):
                self._quiet.wait(seconds)

    def _files(self, fault):
        """A file is written and read again: its pages stay in memory as page cache, which the kernel takes back."""
        grown = 0
        file = tempfile.NamedTemporaryFile(prefix="agent-bruno-pages-", delete=False)
        os.unlink(file.name)  # it goes with the process, however that ends
        self._kept.append(file)
        while True:
            amount, draw = yield grown
            file.write(filled(int(amount * MIB), draw.randrange(255)))
            file.flush()
            file.seek(-int(amount * MIB), 2)
            while file.read(MIB):
                pass
            grown = amount
