"""The Prometheus text of /metrics."""

import gc
import time

from memory import statm

STARTED = time.time()


def text(settings, conversations, store, counters, requests):
    lines = []
    add = lambda *each: lines.extend(_family(*each))  # noqa: E731
    memory = statm()
    add("process_resident_memory_bytes", "gauge", "Resident memory.", [({}, memory["resident"])])
    add("process_virtual_memory_bytes", "gauge", "Virtual memory.", [({}, memory["virtual"])])
    add("process_shared_memory_bytes", "gauge", "Resident memory that is shared.", [({}, memory["shared"])])
    add("process_start_time_seconds", "gauge", "Start of the process.", [({}, STARTED)])
    for name, help_text in (
        ("collections", "Runs of the garbage collector."),
        ("collected", "Objects that it has freed."),
        ("uncollectable", "Objects that it can't free."),
    ):
        values = [({"generation": index}, stats[name]) for index, stats in enumerate(gc.get_stats())]
        full = "python_gc_collections_total" if name == "collections" else f"python_gc_objects_{name}_total"
        add(full, "counter", help_text, values)
    if settings.metrics == "process":
        return "\n".join(lines) + "\n"
    sessions = list(conversations.sessions.values())
    add("bruno_active_sessions", "gauge", "Sessions in this process.", [({}, len(sessions))])
    add("bruno_session_bytes", "gauge", "Memory of their data.", [({}, sum(len(each.payload) for each in sessions))])
    add("bruno_context_bytes", "gauge", "Memory of their contexts.", [({}, conversations.context_bytes())])
    add("bruno_cache_bytes", "gauge", "Memory of the cache of answers.", [({}, conversations.cache_bytes)])
    pools = store.pools
    add("bruno_pool_size", "gauge", "Most connections of a pool.", [({"pool": each.name}, each.size) for each in pools])
    states = [
        ({"pool": each.name, "state": state}, value)
        for each in pools
        for state, value in (("in_use", each.in_use), ("idle", each.open - each.in_use))
    ]
    add("bruno_pool_connections", "gauge", "Open connections.", states)
    exhausted = [({"pool": each.name}, each.exhausted_total) for each in pools]
    add("bruno_pool_exhausted_total", "counter", "Requests that found no free connection.", exhausted)
    add("bruno_session_ttl_seconds", "gauge", "SESSION_TTL.", [({}, settings.session_ttl)])
    add("bruno_context_window_messages", "gauge", "CONTEXT_WINDOW.", [({}, settings.context_window)])
    add("bruno_transcripts_lost_total", "counter", "Transcripts not written.", [({}, store.lost_transcripts)])
    add("bruno_in_flight_requests", "gauge", "Requests being answered.", [({}, requests.in_flight)])
    answered = [({"code": code}, count) for code, count in sorted(counters.items())]
    add("bruno_chat_requests_total", "counter", "Chats answered.", answered)
    return "\n".join(lines) + "\n"


def _family(name, kind, help_text, values):
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} {kind}"
    for labels, value in values:
        inner = ",".join(f'{key}="{each}"' for key, each in labels.items())
        yield f"{name}{{{inner}}} {value}" if inner else f"{name} {value}"
