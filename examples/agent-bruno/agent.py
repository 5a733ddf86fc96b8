"""agent-bruno: a small chat service to practise the runbook AgentBrunoHighMemoryUsage on. See README.md."""

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import metrics
from conversations import Conversations
from faults import Faults
from inflight import Requests
from memory import MIB, collect, statm
from once import Once
from pool import Exhausted
from settings import Settings, number
from store import Store

LOG_SECONDS = 30
MAX_BODY = 1_000_000


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Agent:
    def __init__(self, settings):
        self.settings = settings
        self.store = Store(settings)
        self.conversations = Conversations(settings, self.store)
        self.requests = Requests()
        self.faults = Faults(self.store, self.conversations, self.requests)
        self.counters = Counter()
        self.once = Once()
        self.routes = {
            ("POST", "/chat"): self.chat,
            ("GET", "/health"): self.health,
            ("GET", "/ready"): self.ready,
            ("GET", "/metrics"): self.metrics,
            ("GET", "/admin/faults"): lambda _: {"faults": [each.describe() for each in self.faults.all]},
            ("POST", "/admin/faults"): self.start_fault,
            ("DELETE", "/admin/faults"): self.stop_faults,
            ("POST", "/admin/gc"): lambda _: self.told("garbage collected", collect()),
            ("POST", "/admin/clear-cache"): lambda _: self.told("cache cleared", self.conversations.clear_cache()),
        }

    def chat(self, body):
        message = body.get("message")
        if not isinstance(message, str) or not message:
            raise Refused(400, "message is missing")
        try:
            with self.requests.answering():
                answer = self.conversations.chat(body.get("session"), message)
        except Exhausted as error:
            self.counters["503"] += 1
            raise Refused(503, str(error)) from error
        except (OSError, ConnectionError) as error:
            self.counters["503"] += 1
            raise Refused(503, f"sessions can't be reached: {error}") from error
        self.counters["200"] += 1
        return answer

    def health(self, _):
        return {"status": "ok", "pid": os.getpid(), "memory": statm()}

    def ready(self, _):
        try:
            self.store.check()
        except Exception as error:
            raise Refused(503, f"not ready: {error}") from error
        return {"ready": True}

    def metrics(self, _):
        if self.settings.metrics == "off":
            raise Refused(404, "there are no metrics (METRICS=off)")
        return metrics.text(self.settings, self.conversations, self.store, self.counters, self.requests)

    def told(self, what, answer):
        """Every real effect is one line, so that effects can be counted."""
        print(f"INFO {what}", flush=True)
        return answer

    def start_fault(self, body):
        try:
            known = {key: body[key] for key in ("kind", "speed", "size", "seed", "noise") if key in body}
            return self.faults.start(**known)
        except (TypeError, ValueError) as error:
            raise Refused(400, str(error)) from error

    def stop_faults(self, _):
        self.faults.stop()
        return {"faults": [each.describe() for each in self.faults.all]}

    def fault_from_environment(self):
        """FAULT=leak FAULT_SPEED=5 FAULT_SIZE=300 FAULT_SEED=1 FAULT_NOISE=0.2, after FAULT_DELAY seconds."""
        kind = os.environ.get("FAULT")
        if not kind:
            return
        if kind not in self.faults.kinds:
            raise SystemExit(f"FAULT is {kind!r}; it can be {', '.join(self.faults.kinds)}")
        options = {"speed": number("FAULT_SPEED", 5.0), "size": number("FAULT_SIZE", 300.0)}
        options |= {"seed": number("FAULT_SEED", 1), "noise": number("FAULT_NOISE", 0.0)}
        threading.Timer(number("FAULT_DELAY", 0.0), lambda: self.faults.start(kind, **options)).start()

    def log_for_ever(self):
        while True:
            resident = statm()["resident"] // MIB
            sessions = len(self.conversations.sessions)
            cache = self.conversations.cache_bytes // MIB
            print(f"INFO memory: rss {resident} MiB, {sessions} sessions, cache {cache} MiB", flush=True)
            time.sleep(LOG_SECONDS)


def handler(agent):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self):
            try:
                route = agent.routes.get((self.command, self.path.split("?")[0]))
                if not route:
                    raise Refused(404, f"there is no {self.command} {self.path}")
                body = self._body()
                # Only of admin calls: a message that is sent twice is meant twice.
                key = self.headers.get("Idempotency-Key") if self.path.startswith("/admin/") else None
                answer, replayed = agent.once.do(key and f"{self.path} {key}", lambda: route(body))
                self._send(200, answer, {"Idempotency-Replayed": "true"} if replayed else {})
            except Refused as refused:
                self._send(refused.status, {"error": str(refused)})
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            except Exception as error:
                print(f"ERROR {self.command} {self.path}: {error!r}", flush=True)
                self._send(500, {"error": str(error)})

        do_GET = do_POST = do_DELETE = _serve

        def _body(self):
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAX_BODY:
                self.close_connection = True
                raise Refused(413, f"a body has at most {MAX_BODY} bytes")
            try:
                body = json.loads(self.rfile.read(length) or b"{}")
            except ValueError as error:
                raise Refused(400, "the body is no JSON") from error
            if not isinstance(body, dict):
                raise Refused(400, "the body is no JSON object")
            return body

        def _send(self, status, answer, headers=None):
            plain = isinstance(answer, str)
            data = answer.encode() if plain else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4" if plain else "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass  # requests aren't logged; what is said about memory is to be found

    return Handler


def main():
    # As process 1 of a container it would otherwise not be ended by SIGTERM.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))
    settings = Settings()
    agent = Agent(settings)
    agent.fault_from_environment()
    server = ThreadingHTTPServer(("", settings.port), handler(agent))
    server.daemon_threads = True
    print(f"INFO listening on port {server.server_address[1]}", flush=True)
    threading.Thread(target=agent.log_for_ever, daemon=True).start()
    try:
        server.serve_forever()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
