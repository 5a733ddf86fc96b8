"""Requests that are being answered: how many at once, and the working memory that each of them holds meanwhile."""

import threading
from contextlib import contextmanager

from memory import filled


class Requests:
    def __init__(self):
        self._lock = threading.Lock()
        self.in_flight = 0

    @contextmanager
    def answering(self, working_bytes=0):
        with self._lock:
            self.in_flight += 1
        held = filled(working_bytes)
        try:
            yield
        finally:
            del held
            with self._lock:
                self.in_flight -= 1
