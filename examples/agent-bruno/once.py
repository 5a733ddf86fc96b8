"""Answers already given, by Idempotency-Key: the same key again gets the same answer, and nothing is done."""

import threading
from collections import OrderedDict

MOST = 1000


class Once:
    def __init__(self):
        self._lock = threading.Lock()
        self._kept = OrderedDict()

    def do(self, key, work):
        """The answer, and whether it is a repeat. A key that comes while the first call is at work waits for it."""
        if not key:
            return work(), False
        with self._lock:
            mine = key not in self._kept
            entry = self._kept.setdefault(key, {"done": threading.Event()})
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        if not mine:
            entry["done"].wait()
            if "answer" in entry:
                return entry["answer"], True
            return self.do(key, work)
        try:
            entry["answer"] = work()
            return entry["answer"], False
        except Exception:
            # What failed may be tried again.
            with self._lock:
                self._kept.pop(key, None)
            raise
        finally:
            entry["done"].set()
