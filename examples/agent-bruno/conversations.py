"""Sessions and their contexts as this process holds them: with many sessions, or long contexts, it is large."""

import json
import threading
import time
import uuid
from collections import OrderedDict

from memory import MIB, filled, trim

SWEEP_SECONDS = 2
TRIM_BYTES = 4 * MIB


class Session:
    __slots__ = ("payload", "context", "expires")

    def __init__(self, payload, expires):
        self.payload = payload
        self.context = []
        self.expires = expires

    @property
    def context_bytes(self):
        return sum(len(message) for message in self.context)


class Conversations:
    """`active`: what this process knows of. A session that has expired in Redis is dropped here within seconds."""

    def __init__(self, settings, store):
        self._settings = settings
        self._store = store
        self._lock = threading.Lock()
        self.sessions = {}
        self.cache = OrderedDict()
        self.cache_bytes = 0
        threading.Thread(target=self._sweep_for_ever, daemon=True).start()

    def chat(self, key, message):
        key = key or uuid.uuid4().hex
        session = self._session(key)
        answer = self._answer(message)
        self.remember(session, message.encode(), answer.encode())
        # Each turn renews the session.
        session.expires = time.time() + self._settings.session_ttl
        self._store.save_sessions({key: session.payload}, self._settings.session_ttl)
        self._store.save_transcript(key, message, answer)
        return {"session": key, "response": answer}

    def _session(self, key):
        known = self.sessions.get(key)
        if known:
            return known
        payload = self._store.load_session(key)
        if payload is None:
            return self.open_sessions([key])[0]
        with self._lock:
            return self.sessions.setdefault(key, Session(payload, time.time() + self._settings.session_ttl))

    def open_sessions(self, keys, kib=None):
        """New sessions, in Redis and here."""
        size = (kib or self._settings.session_kib) * 1024
        head = {key: json.dumps({"id": key, "since": int(time.time())}).encode() for key in keys}
        payloads = {key: text + filled(max(0, size - len(text)), len(key)) for key, text in head.items()}
        self._store.save_sessions(payloads, self._settings.session_ttl)
        expires = time.time() + self._settings.session_ttl
        made = [Session(payload, expires) for payload in payloads.values()]
        with self._lock:
            self.sessions.update(zip(payloads, made))
        return made

    def remember(self, session, *messages):
        """The last CONTEXT_WINDOW messages of a conversation stay in memory."""
        session.context.extend(messages)
        del session.context[: max(0, len(session.context) - self._settings.context_window)]

    def _answer(self, message):
        known = self.cache.get(message)
        if known is None:
            known = f"You said: {message[:200]}".encode()
            self.fill_cache(message, known)
        return known.decode()

    def fill_cache(self, key, answer):
        """Answers are kept up to RESPONSE_CACHE_MIB, the oldest go first."""
        with self._lock:
            self.cache_bytes += len(answer) - len(self.cache.pop(key, b""))
            self.cache[key] = answer
            while self.cache_bytes > self._settings.cache_mib * MIB:
                self.cache_bytes -= len(self.cache.popitem(last=False)[1])

    def clear_cache(self):
        with self._lock:
            freed, entries = self.cache_bytes, len(self.cache)
            self.cache.clear()
            self.cache_bytes = 0
        trim()
        return {"entries": entries, "bytes": freed}

    def context_bytes(self):
        return sum(session.context_bytes for session in list(self.sessions.values()))

    def _sweep_for_ever(self):
        while True:
            time.sleep(SWEEP_SECONDS)
            try:
                self.sweep()
            except Exception as error:
                print(f"WARNING expired sessions not looked for: {error}", flush=True)

    def sweep(self):
        keys = list(self.sessions)
        now = time.time()
        gone = self._store.expired(keys) if self._store.redis else [
            key for key in keys if self.sessions[key].expires <= now
        ]
        freed = 0
        with self._lock:
            for key in gone:
                session = self.sessions.pop(key)
                freed += len(session.payload) + session.context_bytes
        if freed > TRIM_BYTES:
            trim()
            print(f"INFO memory: {len(gone)} expired sessions dropped, {freed // MIB} MiB", flush=True)
