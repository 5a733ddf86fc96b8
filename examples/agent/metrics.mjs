/** The agent's metrics in Prometheus' text format, under the names that other Node services use where there are such. */

/** @returns {string} the text of GET /metrics */
export function renderMetrics(state) {
  return [...processMetrics(state), ...cacheMetrics(state), ...serviceMetrics(state)].join('');
}

function processMetrics(state) {
  const memory = process.memoryUsage();
  return [
    gauge('process_resident_memory_bytes', 'Resident memory.', memory.rss),
    gauge('process_start_time_seconds', 'Start, in Unix seconds.', state.startedAtMs / 1000),
    gauge('nodejs_heap_size_total_bytes', 'Heap reserved by V8.', memory.heapTotal),
    gauge('nodejs_heap_size_used_bytes', 'Heap in use.', memory.heapUsed),
    gauge('nodejs_external_memory_bytes', 'Memory outside the heap that V8 counts.', memory.external),
    gauge(
      'agent_memory_limit_bytes',
      'Memory limit of the container; 0: none known.',
      state.memoryLimitBytes,
    ),
    gauge('agent_leak_bytes', 'Leaked: only a restart frees it.', state.leak.bytes),
    ...gcMetrics(state),
  ];
}

function gcMetrics(state) {
  const { interval, admin } = state.gc.runs;
  return [
    family('agent_gc_runs_total', 'Full garbage collections that the agent ran.', 'counter', [
      ['{trigger="interval"}', interval],
      ['{trigger="admin"}', admin],
    ]),
    gauge(
      'agent_gc_last_run_timestamp_seconds',
      'Last run, Unix seconds; 0: none yet.',
      state.gc.lastRunMs / 1000,
    ),
    gauge('agent_gc_interval_seconds', 'Interval wanted.', state.config.gc.intervalSeconds),
    gauge(
      'agent_gc_monitoring_enabled',
      '1 when it runs every interval.',
      Number(state.config.gc.monitoring),
    ),
  ];
}

function cacheMetrics({ cache, config }) {
  return [
    gauge('agent_cache_items', 'Items in the cache.', cache.size),
    gauge('agent_cache_bytes', 'Bytes in the cache.', cache.bytes),
    gauge('agent_cache_max_items', 'Bound of items.', config.cache.maxItems),
    gauge('agent_cache_max_bytes', 'Bound of bytes.', config.cache.maxBytes),
  ];
}

function serviceMetrics(state) {
  const results = Object.entries(state.chatRequests).map(([result, n]) => [`{result="${result}"}`, n]);
  return [
    family('agent_chat_requests_total', 'Chat requests by result.', 'counter', results),
    gauge('agent_in_flight_requests', 'Chats being answered.', state.chats.count),
    gauge('agent_active_sessions', 'Sessions kept.', state.sessions.size),
    gauge('agent_degraded', '1 while non-essential features are off.', Number(state.degraded)),
    gauge('agent_draining', '1 while no chats are taken.', Number(state.draining)),
  ];
}

function gauge(name, help, value) {
  return family(name, help, 'gauge', [['', value]]);
}

function family(name, help, type, samples) {
  const lines = samples.map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
