"""A small MongoDB client: OP_MSG and as much BSON as commands need, over one connection."""

import itertools
import socket
import struct
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 5
OP_MSG = 2013


class MongoError(Exception):
    """What the server refused, in its own words."""


class Mongo:
    _ids = itertools.count(1)

    def __init__(self, url, app_name):
        parts = urlsplit(url)
        address = (parts.hostname or "localhost", parts.port or 27017)
        self.database = parts.path.strip("/") or "bruno"
        self._socket = socket.create_connection(address, timeout=TIMEOUT_SECONDS)
        client = {
            "application": {"name": app_name},
            "driver": {"name": "agent-bruno", "version": "1"},
            "os": {"type": "Linux"},
        }
        # Servers older than 4.4.2 don't know `hello`.
        try:
            self.command({"hello": 1, "client": client}, "admin")
        except MongoError:
            self.command({"isMaster": 1, "client": client}, "admin")

    def command(self, document, database=None):
        body = {**document, "$db": database or self.database}
        payload = struct.pack("<I", 0) + b"\x00" + encode(body)
        head = struct.pack("<iiii", 16 + len(payload), next(Mongo._ids), 0, OP_MSG)
        self._socket.sendall(head + payload)
        length = struct.unpack("<i", self._read(4))[0]
        answer = decode(self._read(length - 4)[17:])
        if answer.get("ok") != 1:
            raise MongoError(answer.get("errmsg", str(answer)))
        return answer

    def close(self):
        self._socket.close()

    def _read(self, count):
        data = bytearray()
        while len(data) < count:
            chunk = self._socket.recv(count - len(data))
            if not chunk:
                raise ConnectionError("MongoDB closed the connection")
            data += chunk
        return bytes(data)


def encode(document):
    body = b"".join(_element(name, value) for name, value in document.items())
    return struct.pack("<i", len(body) + 5) + body + b"\x00"


def _element(name, value):
    key = name.encode() + b"\x00"
    if isinstance(value, bool):
        return b"\x08" + key + (b"\x01" if value else b"\x00")
    if isinstance(value, int):
        small = -(2**31) <= value < 2**31
        return (b"\x10" if small else b"\x12") + key + struct.pack("<i" if small else "<q", value)
    if isinstance(value, float):
        return b"\x01" + key + struct.pack("<d", value)
    if isinstance(value, str):
        text = value.encode() + b"\x00"
        return b"\x02" + key + struct.pack("<i", len(text)) + text
    if isinstance(value, dict):
        return b"\x03" + key + encode(value)
    if isinstance(value, list):
        return b"\x04" + key + encode({str(index): each for index, each in enumerate(value)})
    if value is None:
        return b"\x0a" + key
    raise TypeError(f"no BSON for {type(value).__name__}")


def decode(data):
    return _document(data, 0)[0]


def _document(data, at):
    end = at + struct.unpack_from("<i", data, at)[0]
    at += 4
    result = {}
    while data[at] != 0:
        kind = data[at]
        stop = data.index(b"\x00", at + 1)
        name = data[at + 1 : stop].decode()
        result[name], at = _value(kind, data, stop + 1)
    return result, end


# Kinds of a fixed length: how long, and how to read them.
_FIXED = {0x01: "<d", 0x09: "<q", 0x10: "<i", 0x11: "<Q", 0x12: "<q"}


def _value(kind, data, at):
    if kind in _FIXED:
        return struct.unpack_from(_FIXED[kind], data, at)[0], at + struct.calcsize(_FIXED[kind])
    if kind == 0x02:
        length = struct.unpack_from("<i", data, at)[0]
        return data[at + 4 : at + 3 + length].decode(), at + 4 + length
    if kind == 0x03:
        return _document(data, at)
    if kind == 0x04:
        document, end = _document(data, at)
        return list(document.values()), end
    if kind == 0x05:
        length = struct.unpack_from("<i", data, at)[0]
        return data[at + 5 : at + 5 + length], at + 5 + length
    if kind == 0x07:
        return data[at : at + 12].hex(), at + 12
    if kind == 0x08:
        return data[at] == 1, at + 1
    if kind == 0x0A:
        return None, at
    raise ValueError(f"BSON of kind {kind:#x} isn't read here")
