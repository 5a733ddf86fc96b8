"""A small Redis client: RESP 2 over one connection."""

import socket
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 5


class RedisError(Exception):
    """What the server refused, in its own words."""


class Redis:
    def __init__(self, url, name):
        parts = urlsplit(url)
        address = (parts.hostname or "localhost", parts.port or 6379)
        self._socket = socket.create_connection(address, timeout=TIMEOUT_SECONDS)
        self._file = self._socket.makefile("rb")
        if parts.password:
            self.command("AUTH", unquote(parts.password))
        if parts.path.strip("/"):
            self.command("SELECT", parts.path.strip("/"))
        self.command("CLIENT", "SETNAME", name)

    def command(self, *words):
        return self.pipeline([words])[0]

    def pipeline(self, commands):
        """All commands in one go; the first refusal is raised, after every answer has been read."""
        self._socket.sendall(b"".join(_encode(words) for words in commands))
        answers = [self._answer() for _ in commands]
        for answer in answers:
            if isinstance(answer, RedisError):
                raise answer
        return answers

    def close(self):
        self._file.close()
        self._socket.close()

    def _answer(self):
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self._answer() for _ in range(int(rest))]
        raise ConnectionError(f"Redis sent {line!r}")


def _encode(words):
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
