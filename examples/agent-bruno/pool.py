"""A pool of connections with an upper bound. One that is taken and never given back stays open: that is the fault."""

import threading
import time

WAIT_SECONDS = 2.0


class Exhausted(Exception):
    """All connections are taken."""


class Pool:
    """Opens connections when they are needed. `buffer_bytes`: what each one holds on to, as real drivers do."""

    def __init__(self, name, size, buffer_bytes, connect):
        self.name = name
        self.size = size
        self._buffer_bytes = buffer_bytes
        self._connect = connect
        self._idle = []
        self._buffers = {}
        self._changed = threading.Condition()
        self.exhausted_total = 0

    @property
    def open(self):
        return len(self._buffers)

    @property
    def in_use(self):
        return len(self._buffers) - len(self._idle)

    def take(self):
        end = time.monotonic() + WAIT_SECONDS
        with self._changed:
            while not self._idle and len(self._buffers) >= self.size:
                if not self._changed.wait(end - time.monotonic()) and time.monotonic() >= end:
                    self.exhausted_total += 1
                    raise Exhausted(f"all {self.size} connections of the {self.name} pool are taken")
            if self._idle:
                return self._idle.pop()
            placeholder = object()
            self._buffers[placeholder] = b""
        try:
            connection = self._connect()
        except BaseException:
            self._drop(placeholder)
            raise
        with self._changed:
            del self._buffers[placeholder]
            self._buffers[connection] = b"\x5a" * self._buffer_bytes
        return connection

    def give_back(self, connection):
        with self._changed:
            self._idle.append(connection)
            self._changed.notify()

    def discard(self, connection):
        """For one that is broken, or of which nobody knows what is still to be read from it."""
        connection.close()
        self._drop(connection)

    def _drop(self, connection):
        with self._changed:
            self._buffers.pop(connection, None)
            self._changed.notify()

    def run(self, work):
        connection = self.take()
        try:
            result = work(connection)
        except BaseException:
            self.discard(connection)
            raise
        self.give_back(connection)
        return result
