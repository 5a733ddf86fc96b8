"""What agent-bruno is told by its environment. Times in seconds, sizes in MiB or KiB as the names say."""

import os


def number(name, default):
    text = os.environ.get(name, "")
    try:
        return type(default)(text) if text else default
    except ValueError:
        raise SystemExit(f"{name} is {text!r}, which is no number")


class Settings:
    def __init__(self):
        self.port = number("PORT", 8080)
        self.redis_url = os.environ.get("REDIS_URL", "")
        self.mongo_url = os.environ.get("MONGO_URL", "")
        self.app_name = os.environ.get("APP_NAME", "agent-bruno")
        self.session_ttl = number("SESSION_TTL", 86400)
        self.session_kib = number("SESSION_KIB", 32)
        self.redis_pool = number("REDIS_POOL_SIZE", 10)
        self.mongo_pool = number("MONGO_POOL_SIZE", 10)
        self.connection_kib = number("CONNECTION_KIB", 256)
        self.context_window = number("CONTEXT_WINDOW", 50)
        self.cache_mib = number("RESPONSE_CACHE_MIB", 64)
        # full: all metrics; process: those of the process only; off: no /metrics at all.
        self.metrics = os.environ.get("METRICS", "full")
        if self.metrics not in ("full", "process", "off"):
            raise SystemExit(f"METRICS is {self.metrics!r}; it can be full, process or off")
