import { testsIn } from './row.mjs';

const look = testsIn('real/kubernetes/look');
const mongo = testsIn('real/mongo-connections');
const recovery = testsIn('real/kubernetes/recovery');
const appliers = testsIn('real/kubernetes/appliers');
const lost = testsIn('real/kubernetes/lost-answers');
const faults = testsIn('real/kubernetes/faults');
const provocations = testsIn('real/kubernetes/provocations');
const redis = testsIn('real/redis-sessions');
const rules = testsIn('real/rules');
const diagnosis = testsIn('unit/agent-bruno/diagnosis');
const ladder = testsIn('unit/agent-bruno/ladder');
const closing = testsIn('unit/agent-bruno/closing');

const runbook = 'workflows/runbooks/agent-bruno-high-memory-usage';
const cause = (name) => `${runbook}/causes/${name}.ts`;
const rung = (name) => `${runbook}/ladder/${name}.ts`;
const advice = (name) => `${runbook}/prevention/${name}.ts`;
const reads = (name) => `activities/kubernetes/${name}.ts`;

const rulesPass = rules('fire and stay silent as their tests say');
const forEveryCause = closing('begins with what is against the cause, for every cause there is');
const storesLack = closing('says what Redis, MongoDB and the caches lack');
const joinsByRules =
  'That the alert fires is proven by the shipped rules in a real promtool; what it does to an incident by the pure rules alone.';
const fivePoints = closing("has the impact and the source's five points");

/** @type {import('./row.mjs').Row[]} AgentBrunoHighMemoryUsage, version 1.0, line by line. */
export const agentBruno = [
  {
    id: 'AB-ALERT',
    part: 'Alert',
    text: 'AgentBrunoHighMemoryUsage, warning, component agent-bruno, service resource-management',
    where: ['deploy/prometheus/agent-bruno.rules.yml'],
    tests: [rulesPass, recovery('evicts the one pod that leaks')],
  },
  {
    id: 'AB-SYMPTOM',
    part: 'Symptom',
    text: 'A pod approaches or exceeds its limits (1Gi)',
    where: [reads('measure'), `${runbook}/level.ts`],
    tests: [
      look('reads a Deployment'),
      diagnosis('is critical where a pod does not run because it was killed'),
    ],
  },
  {
    id: 'AB-IMPACT',
    part: 'Impact',
    text: 'User, business and data impact',
    where: [`${runbook}/impact.ts`],
    tests: [
      fivePoints,
      closing('says where users are hurt, what was tried, and what data it cost'),
      faults('a rollout that never becomes ready is undone, and people are told'),
    ],
    departure: 'The data impact is not NONE where a remedy loses data: shortened sessions are told as that.',
  },

  {
    id: 'AB-D1-TOP',
    part: 'Diagnosis 1',
    text: 'kubectl top pods',
    where: [reads('pods')],
    tests: [look('reads a Deployment')],
  },
  {
    id: 'AB-D1-LIMITS',
    part: 'Diagnosis 1',
    text: 'kubectl describe pod: limits and requests',
    where: [reads('workload'), reads('pods')],
    tests: [look('reads a Deployment')],
  },
  {
    id: 'AB-D2-LAST',
    part: 'Diagnosis 2',
    text: 'lastState.terminated.reason OOMKilled',
    where: [reads('kills')],
    tests: [look('tells an OOM kill by its witnesses')],
  },
  {
    id: 'AB-D2-EVENTS',
    part: 'Diagnosis 2',
    text: 'kubectl get events | grep -i oom',
    where: [reads('events'), reads('kills')],
    tests: [look('tells an OOM kill by its witnesses')],
  },
  {
    id: 'AB-D3-USAGE',
    part: 'Diagnosis 3',
    text: 'container_memory_usage_bytes',
    where: [reads('history')],
    tests: [look('has a history from a Prometheus that scrapes the kubelet')],
  },
  {
    id: 'AB-D3-WORKING',
    part: 'Diagnosis 3',
    text: 'container_memory_working_set_bytes',
    where: [reads('history')],
    tests: [look('has a history from a Prometheus that scrapes the kubelet')],
    departure: 'No port-forward: Prometheus is asked at its configured address.',
  },
  {
    id: 'AB-D4-LOGS',
    part: 'Diagnosis 4',
    text: 'kubectl logs --tail=200 | grep memory, leak, cache',
    where: [reads('logs'), reads('close-up')],
    tests: [look('tells an OOM kill by its witnesses')],
    departure: "The killed container's log is read, too.",
  },
  {
    id: 'AB-D5-PROCESS',
    part: 'Diagnosis 5',
    text: 'RSS, VMS and shared memory of the process',
    where: [reads('inspect'), reads('app')],
    tests: [look('finds the largest process where PID 1 is only a wrapper')],
    departure:
      'The source measures a new Python process. Nightshift reads process 1 of the container, or what the app tells of itself.',
  },
  {
    id: 'AB-D5-SYSTEM',
    part: 'Diagnosis 5',
    text: 'System memory: total, available, used, percent',
    where: [reads('nodes'), reads('room')],
    tests: [look('reads a Deployment')],
  },

  {
    id: 'AB-S1-REDIS',
    part: 'Memory consumer',
    text: 'Redis connection pool',
    where: [cause('pools'), 'activities/redis/sessions.ts'],
    tests: [
      recovery('restarts for pools that are used up'),
      diagnosis('is named where the connections of one pod explain the rise'),
    ],
  },
  {
    id: 'AB-S1-MONGO',
    part: 'Memory consumer',
    text: 'MongoDB connection pool',
    where: [cause('pools'), 'activities/mongo/connections.ts'],
    tests: [
      mongo('counts connections as they come and go'),
      diagnosis('is named where the connections of one pod explain the rise'),
    ],
  },
  {
    id: 'AB-S1-CONTEXTS',
    part: 'Memory consumer',
    text: 'LLM context caching',
    where: [cause('held')],
    tests: [
      recovery('sets the context window for large conversations'),
      diagnosis('are named where the app says that they hold it'),
    ],
  },
  {
    id: 'AB-S1-SESSIONS',
    part: 'Memory consumer',
    text: 'Session data',
    where: [cause('held')],
    tests: [
      recovery('shortens idle sessions'),
      diagnosis('are named where what they hold explains the rise'),
    ],
    departure:
      'The test does not wait for hours: a script gives the sessions two hours without use (RESTORE with IDLETIME), and ends those that have no more than fifteen minutes left.',
  },
  {
    id: 'AB-S1-LEAK',
    part: 'Memory consumer',
    text: 'Memory leaks',
    where: [cause('growing')],
    tests: [recovery('evicts the one pod that leaks'), provocations('is diagnosed rightly or not at all')],
  },

  {
    id: 'AB-F1-COUNT',
    part: 'Too many sessions',
    text: 'DBSIZE, KEYS bruno:session:*',
    where: ['activities/redis/sessions.ts'],
    tests: [redis('counts 100,000 sessions by SCAN')],
    departure: 'SCAN: KEYS blocks Redis for everybody, and DBSIZE counts what are no sessions.',
  },
  {
    id: 'AB-F1-METRIC',
    part: 'Too many sessions',
    text: 'bruno_active_sessions of /metrics',
    where: [reads('app')],
    tests: [look('reads a Deployment')],
    departure: "Through the API server's pod proxy or the pod's address, not a port-forward.",
  },
  {
    id: 'AB-F1-TTL',
    part: 'Too many sessions',
    text: 'SESSION_TTL from 86400 to 3600',
    where: [rung('set-env'), 'activities/kubernetes/appliers/set-env.ts'],
    tests: [
      appliers('a variable is set where it is defined: in the template'),
      appliers('a variable is set where it is defined: in a ConfigMap'),
      ladder('sets only what is against the cause'),
    ],
  },
  {
    id: 'AB-F2-REDIS',
    part: 'Pool exhaustion',
    text: 'INFO clients: connected_clients',
    where: [reads('connections'), 'activities/redis/sessions.ts'],
    tests: [recovery('restarts for pools that are used up')],
    departure:
      "connected_clients counts everybody's clients. CLIENT LIST is told apart by the pods' addresses.",
  },
  {
    id: 'AB-F2-MONGO',
    part: 'Pool exhaustion',
    text: 'serverStatus: connections.current',
    where: ['activities/mongo/connections.ts'],
    tests: [mongo('counts connections as they come and go')],
    departure:
      'The server of the tests is no MongoDB: it speaks its protocol, and counts its real connections in MongoDB’s words.',
  },
  {
    id: 'AB-F2-LIMITS',
    part: 'Pool exhaustion',
    text: 'Configure connection pool limits',
    where: [rung('set-env'), advice('against-cause')],
    tests: [appliers('a variable is set where it is defined: in the template'), forEveryCause],
  },
  {
    id: 'AB-F2-RESTART',
    part: 'Pool exhaustion',
    text: 'kubectl rollout restart to clear stale connections',
    where: [rung('restart-workload')],
    tests: [recovery('restarts for pools that are used up')],
  },
  {
    id: 'AB-F3-PROFILE',
    part: 'Leak',
    text: 'Enable memory profiling',
    where: [advice('against-cause')],
    tests: [forEveryCause],
    advice: true,
    departure: 'It takes a change of the code: it is advised (tracemalloc), with the evidence.',
  },
  {
    id: 'AB-F3-GC',
    part: 'Leak',
    text: 'gc.collect(), gc.get_stats()',
    where: [rung('collect-garbage'), 'activities/kubernetes/appliers/pod-calls.ts'],
    tests: [lost('a collection tells what the process held before and after')],
    departure:
      "In the live process by the app's own endpoint: gc.collect() in a new process frees nothing in the leaking one.",
  },
  {
    id: 'AB-F3-REVIEW',
    part: 'Leak',
    text: 'Review: file handles, database connections, large cached objects, circular references',
    where: [advice('against-cause')],
    tests: [forEveryCause],
    advice: true,
  },
  {
    id: 'AB-F4-WINDOW',
    part: 'Large contexts',
    text: 'Limit the context window, keep only the last N messages',
    where: [rung('set-env'), advice('against-cause')],
    tests: [recovery('sets the context window for large conversations')],
  },
  {
    id: 'AB-F4-MONGO',
    part: 'Large contexts',
    text: 'Store the rest in MongoDB',
    where: [advice('against-cause')],
    tests: [forEveryCause],
    advice: true,
    departure: 'It takes a change of the code: it is advised.',
  },
  {
    id: 'AB-F4-OLD',
    part: 'Large contexts',
    text: 'SCAN 0 MATCH bruno:session:* COUNT 1000, expire old ones',
    where: [rung('shorten-sessions'), 'activities/redis/shorten.ts'],
    tests: [
      recovery('shortens idle sessions'),
      redis('shortens each key once over killed attempts, keeps the old expiry, and gives it back'),
    ],
    departure:
      'Expiring sessions loses data: it is always asked for, never under 15 minutes, and can be undone for a while.',
  },
  {
    id: 'AB-F5-LIMIT',
    part: 'Limit too small',
    text: 'limits.memory from 1Gi to 2Gi',
    where: [rung('resize-pods'), rung('raise-limit')],
    tests: [
      recovery('gives running pods a larger limit, in place'),
      appliers('memory is set in the template'),
      ladder("is the source's"),
    ],
  },
  {
    id: 'AB-F5-REQUEST',
    part: 'Limit too small',
    text: 'requests.memory from 256Mi to 512Mi',
    where: [rung('figures-for-limits')],
    tests: [appliers('memory is set in the template'), ladder("is the source's")],
  },
  {
    id: 'AB-F5-MONITOR',
    part: 'Limit too small',
    text: 'Monitor after the change',
    where: [reads('sample'), `${runbook}/verification.ts`],
    tests: [recovery('gives running pods a larger limit, in place')],
  },

  {
    id: 'AB-SC-HPA',
    part: 'Scale',
    text: 'kubectl get hpa',
    where: [reads('autoscaling')],
    tests: [look('reads a Deployment')],
  },
  {
    id: 'AB-SC-SCALE',
    part: 'Scale',
    text: 'kubectl scale --replicas=3',
    where: [rung('scale-out'), 'activities/kubernetes/appliers/scale.ts'],
    tests: [appliers('the number of replicas is absolute'), ladder("sets the source's")],
    departure:
      'Where an autoscaler owns the count, its minReplicas is set; added capacity ends at a stated time.',
  },
  {
    id: 'AB-SC-MIN',
    part: 'Scale',
    text: 'HPA: minReplicas 2',
    where: [rung('scale-out'), 'activities/kubernetes/appliers/scale.ts'],
    tests: [appliers('an autoscaler’s least number is set')],
  },
  {
    id: 'AB-R-RESTART',
    part: 'Restart',
    text: 'kubectl rollout restart',
    where: [rung('restart-workload'), 'activities/kubernetes/appliers/restart.ts'],
    tests: [
      appliers('a restart replaces the pods, and a later attempt finds its own'),
      recovery('restarts for pools that are used up'),
    ],
    departure: 'Where one pod of several is bloated, only that one is evicted.',
  },
  {
    id: 'AB-R-STATUS',
    part: 'Restart',
    text: 'kubectl rollout status',
    where: ['activities/kubernetes/appliers/follow.ts'],
    tests: [faults('a rollout that never becomes ready is undone, and people are told')],
    departure:
      'It is asked for once a second and not watched (decision 030): there is no watch that could be cut off.',
  },
  {
    id: 'AB-R-AFTER',
    part: 'Restart',
    text: 'Check memory after the restart',
    where: [reads('sample'), `${runbook}/verification.ts`],
    tests: [recovery('restarts for pools that are used up')],
  },

  {
    id: 'AB-V1',
    part: 'Verification',
    text: 'Memory is back to normal',
    where: [`${runbook}/verification.ts`],
    tests: [
      recovery('evicts the one pod that leaks'),
      closing('judges the worst replica and the worst sample of the later half'),
    ],
  },
  {
    id: 'AB-V2',
    part: 'Verification',
    text: 'No OOM kills',
    where: [`${runbook}/verification.ts`],
    tests: [recovery('evicts the one pod that leaks'), closing('fails at a new OOM kill')],
  },
  {
    id: 'AB-V3',
    part: 'Verification',
    text: 'Memory trend: process_resident_memory_bytes',
    where: [`${runbook}/resident-trend.ts`, `${runbook}/verification.ts`],
    tests: [
      recovery('evicts the one pod that leaks'),
      closing('fails where it rises, though the working set is flat'),
      closing('fails where it grows back'),
    ],
  },
  {
    id: 'AB-V4',
    part: 'Verification',
    text: 'POST /chat',
    where: [`${runbook}/verification.ts`, reads('close-up')],
    tests: [recovery('evicts the one pod that leaks'), closing('fails where it does not answer')],
  },

  {
    id: 'AB-P1-USAGE',
    part: 'Prevention 1',
    text: 'Monitor usage, set requests and limits, leave headroom (70 %)',
    where: [advice('limits')],
    tests: [closing('sizes the limit so that the peak is 70 % of it')],
    advice: true,
  },
  {
    id: 'AB-P2-POOLS',
    part: 'Prevention 2',
    text: 'Pools with limits, close connections, context managers',
    where: [advice('against-cause')],
    tests: [forEveryCause],
    advice: true,
  },
  {
    id: 'AB-P2-CACHES',
    part: 'Prevention 2',
    text: 'Memory caches with size limits',
    where: [advice('stores'), advice('against-cause')],
    tests: [storesLack],
    advice: true,
  },
  {
    id: 'AB-P3-TTL',
    part: 'Prevention 3',
    text: 'Reasonable session TTL',
    where: [advice('settings'), rung('set-env')],
    tests: [forEveryCause, closing('names the variable that keeps the cause from coming back')],
    advice: true,
  },
  {
    id: 'AB-P3-WINDOW',
    part: 'Prevention 3',
    text: 'Limit the context window',
    where: [advice('settings')],
    tests: [closing('names the variable that keeps the cause from coming back')],
    advice: true,
  },
  {
    id: 'AB-P3-CLEANUP',
    part: 'Prevention 3',
    text: 'Session cleanup job',
    where: [advice('stores')],
    tests: [storesLack],
    advice: true,
    departure:
      'Redis does it by itself once every key has a life: keys without one are counted and advised about.',
  },
  {
    id: 'AB-P3-COUNT',
    part: 'Prevention 3',
    text: 'Monitor the active session count',
    where: ['deploy/prometheus/agent-bruno.rules.yml'],
    tests: [rulesPass],
  },
  {
    id: 'AB-P4-HPA',
    part: 'Prevention 4',
    text: 'HPA, thresholds, scaling metrics',
    where: [advice('scaling')],
    tests: [closing('recommends an autoscaler where there is none')],
    advice: true,
  },
  {
    id: 'AB-P5-80-90',
    part: 'Prevention 5',
    text: 'Memory alerts at 80 % and 90 %',
    where: ['deploy/prometheus/agent-bruno.rules.yml', 'deploy/prometheus/agent-bruno.prometheusrule.yml'],
    tests: [
      rulesPass,
      rules('have tests that notice: AgentBrunoHighMemoryUsage'),
      rules('have tests that notice: AgentBrunoMemoryExhausted'),
    ],
  },
  {
    id: 'AB-P5-OOM',
    part: 'Prevention 5',
    text: 'Monitor OOM kills',
    where: ['deploy/prometheus/agent-bruno.rules.yml'],
    tests: [rulesPass, rules('have tests that notice: AgentBrunoOOMKilled')],
  },
  {
    id: 'AB-P5-TREND',
    part: 'Prevention 5',
    text: 'Track trends, alert on the growth rate',
    where: ['deploy/prometheus/agent-bruno.rules.yml'],
    tests: [rulesPass, rules('have tests that notice: AgentBrunoMemoryGrowing')],
  },
  {
    id: 'AB-P6-CODE',
    part: 'Prevention 6',
    text: 'Profile in development, generators, streaming, no needless caching',
    where: [advice('against-cause')],
    tests: [forEveryCause],
    advice: true,
  },
  {
    id: 'AB-O1-PYTHON',
    part: 'Optimization',
    text: 'Python: generators, gc.collect(), __slots__',
    where: [advice('against-cause')],
    tests: [forEveryCause],
    advice: true,
    departure:
      'Of these tips only what fits the cause that was found is advised; __slots__ and generators are for the developers to weigh.',
  },
  {
    id: 'AB-O2-STRUCTURES',
    part: 'Optimization',
    text: 'Redis: appropriate data structures',
    where: ['activities/redis/session-sample.ts'],
    tests: [redis('counts 100,000 sessions by SCAN')],
    departure: 'What a session takes is measured (MEMORY USAGE); how the app should store it is not advised.',
  },
  {
    id: 'AB-O2-TTL',
    part: 'Optimization',
    text: 'Redis: TTL on all session keys',
    where: [advice('stores')],
    tests: [storesLack, redis('counts 100,000 sessions by SCAN')],
  },
  {
    id: 'AB-O2-POLICY',
    part: 'Optimization',
    text: 'Redis: maxmemory-policy allkeys-lru',
    where: [advice('stores')],
    tests: [storesLack],
    advice: true,
    departure:
      'volatile-* is advised where sessions share Redis with other data: allkeys-lru would drop that, too.',
  },
  {
    id: 'AB-O2-MEMORY',
    part: 'Optimization',
    text: 'Redis: monitor its memory',
    where: ['activities/redis/sessions.ts', advice('stores')],
    tests: [redis('counts 100,000 sessions by SCAN'), storesLack],
  },
  {
    id: 'AB-O3-CURSORS',
    part: 'Optimization',
    text: 'MongoDB: projection, pagination, close cursors, pooling',
    where: ['activities/mongo/connections.ts', advice('stores')],
    tests: [mongo('counts connections as they come and go'), storesLack],
    departure:
      'Open cursors and connections are counted and advised about; projection and pagination are not seen from outside.',
  },

  {
    id: 'AB-A-OOM',
    part: 'Related alerts',
    text: 'AgentBrunoOOMKilled',
    where: [`${runbook}/related.ts`, 'deploy/prometheus/agent-bruno.rules.yml'],
    tests: [
      rules('have tests that notice: AgentBrunoOOMKilled'),
      recovery('AgentBrunoOOMKilled alone starts the same runbook'),
      diagnosis('at warning becomes critical where a related alert'),
    ],
  },
  {
    id: 'AB-A-CRASH',
    part: 'Related alerts',
    text: 'AgentBrunoPodCrashLooping',
    where: [`${runbook}/related.ts`, 'deploy/prometheus/agent-bruno.rules.yml'],
    tests: [
      rules('have tests that notice: AgentBrunoPodCrashLooping'),
      diagnosis('at warning becomes critical where a related alert'),
    ],
    departure: joinsByRules,
  },
  {
    id: 'AB-A-DOWN',
    part: 'Related alerts',
    text: 'AgentBrunoAPIDown',
    where: [`${runbook}/related.ts`, 'deploy/prometheus/agent-bruno.rules.yml'],
    tests: [
      rules('have tests that notice: AgentBrunoAPIDown'),
      diagnosis('at warning becomes critical where a related alert'),
    ],
    departure: joinsByRules,
  },
  {
    id: 'AB-A-CPU',
    part: 'Related alerts',
    text: 'AgentBrunoHighCPUUsage',
    where: [`${runbook}/related.ts`, 'deploy/prometheus/agent-bruno.rules.yml'],
    tests: [
      rules('have tests that notice: AgentBrunoHighCPUUsage'),
      diagnosis('at warning becomes critical where a related alert'),
    ],
    departure: joinsByRules,
  },

  ...[
    ['AB-E1', 'Review application code for memory leaks'],
    ['AB-E2', 'Profile memory in development'],
    ['AB-E3', 'Consider architectural changes (stateless design)'],
    ['AB-E4', 'Evaluate alternative LLM implementations'],
    ['AB-E5', 'Contact the development team'],
  ].map(([id, text]) => ({
    id,
    part: 'Escalation',
    text,
    where: [`${runbook}/escalation.ts`],
    tests: [fivePoints, faults('a rollout that never becomes ready is undone, and people are told')],
  })),
];
