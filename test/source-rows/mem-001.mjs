import { testsIn } from './row.mjs';

const whole = testsIn('real/mem-001')(
  'clears caches, collects garbage, asks, restarts once, verifies, and tells the story',
);
const look = testsIn('real/docker-look');
const appliers = testsIn('real/appliers');
const host = testsIn('real/host');
const rules = testsIn('real/rules');
const ladder = testsIn('unit/mem-001/ladder');
const prevention = testsIn('unit/mem-001/prevention');
const watch = testsIn('real/watch');

const runbook = 'workflows/runbooks/mem-001';
const rung = (name) => `${runbook}/ladder/${name}.ts`;
const docker = (name) => `activities/docker/${name}.ts`;
const onHost = (name) => `activities/host/${name}.ts`;

const addUp = look('the parts of the host’s used memory add up');
const rulesPass = rules('fire and stay silent as their tests say');
const killed = look('each OOM kill of a main process is one kill');
const figures = prevention('is compared with the figures of the app: 1000 items, 100 MB');

/** @type {import('./row.mjs').Row[]} MEM-001, line by line. */
export const mem001 = [
  {
    id: 'M1-S1',
    part: 'Symptoms',
    text: 'System memory usage > 90 %',
    where: ['deploy/prometheus/mem-001.rules.yml', docker('measure')],
    tests: [rules('have tests that notice: HostMemoryExhausted'), addUp],
  },
  {
    id: 'M1-S2',
    part: 'Symptoms',
    text: 'Processes killed by the OOM killer',
    where: [docker('oom'), onHost('kernel-log')],
    tests: [killed],
  },
  {
    id: 'M1-S3',
    part: 'Symptoms',
    text: '"Out of memory" in logs',
    where: [docker('logs')],
    tests: [look('log lines about memory are shown')],
  },
  {
    id: 'M1-S4',
    part: 'Symptoms',
    text: 'Slow answers due to swapping',
    where: [docker('host-sources'), 'deploy/prometheus/mem-001.rules.yml'],
    tests: [rules('have tests that notice: HostSwapping'), addUp],
  },
  {
    id: 'M1-S5',
    part: 'Symptoms',
    text: 'Restarts with OOMKilled=true',
    where: [docker('oom'), docker('kills')],
    tests: [killed],
  },

  {
    id: 'M1-D1',
    part: 'Diagnosis',
    text: 'free -h, vmstat -s',
    where: [onHost('memory'), onHost('reconcile')],
    tests: [addUp],
  },
  {
    id: 'M1-D2',
    part: 'Diagnosis',
    text: 'ps aux, top: memory by process',
    where: [onHost('processes')],
    tests: [addUp, look('a process on the host is found by its program')],
  },
  {
    id: 'M1-D3',
    part: 'Diagnosis',
    text: 'docker stats, sorted',
    where: [docker('stats'), docker('container')],
    tests: [look('the working set is the one that `docker stats` shows')],
  },
  {
    id: 'M1-D4',
    part: 'Diagnosis',
    text: 'dmesg, journalctl -k: OOM kills',
    where: [onHost('kernel-log'), docker('oom')],
    tests: [killed, look('kills of children are counted')],
    departure:
      'Reconciled with cgroup counters, engine events and exit codes: one kill is one kill, whatever the number of its witnesses.',
  },
  {
    id: 'M1-D5',
    part: 'Diagnosis',
    text: 'swapon -s, /proc/swaps',
    where: [onHost('memory')],
    tests: [addUp],
  },
  {
    id: 'M1-D6',
    part: 'Diagnosis',
    text: 'Memory of the Python process by psutil',
    where: [onHost('process'), docker('process-sources')],
    tests: [look('the process for garbage collection is found in the container')],
    departure: 'The source measures the process that measures. Nightshift reads the live one.',
  },

  {
    id: 'M1-R1',
    part: 'Step 1',
    text: 'Percent used and available; warning above 80 %, critical above 90 %',
    where: [`${runbook}/diagnosis.ts`, docker('measure')],
    tests: [look('a container with a limit is measured'), rulesPass],
  },
  {
    id: 'M1-R2-MEMORY',
    part: 'Step 2',
    text: 'Clear in-memory caches',
    where: [rung('caches')],
    tests: [whole],
  },
  {
    id: 'M1-R2-LRU',
    part: 'Step 2',
    text: 'Clear LRU caches',
    where: [rung('caches')],
    tests: [whole],
    departure: "By the app's own endpoint: a cache in another process can't be cleared from outside.",
  },
  {
    id: 'M1-R2-SESSION',
    part: 'Step 2',
    text: 'Clear session caches',
    where: [rung('caches')],
    tests: [whole, ladder('takes the harmless ones first, and leaves what loses data to its own rung')],
  },
  {
    id: 'M1-R3-GC',
    part: 'Step 3',
    text: 'Full garbage collection, memory before and after',
    where: [rung('collect-garbage'), docker('appliers/gc-run')],
    tests: [whole],
    departure: 'In the live process: gc.collect() in a new one frees nothing.',
  },
  {
    id: 'M1-R4-FIND',
    part: 'Step 4',
    text: 'Identify bloated containers',
    where: [`${runbook}/causes/bloated.ts`],
    tests: [host('is over its threshold')],
  },
  {
    id: 'M1-R4-RESTART',
    part: 'Step 4',
    text: 'docker restart',
    where: [rung('restart-container'), docker('appliers/container-restart')],
    tests: [whole, appliers('restarts it once, and tells how the old life ended')],
  },
  {
    id: 'M1-R4-POLICY',
    part: 'Step 4',
    text: 'docker update --restart=unless-stopped',
    where: [rung('set-restart-policy'), docker('appliers/update')],
    tests: [appliers('settings'), ladder('sets it where it is missing and wanted')],
  },
  {
    id: 'M1-V1',
    part: 'Step 5',
    text: 'Memory after recovery',
    where: [`${runbook}/verification.ts`],
    tests: [whole],
  },
  {
    id: 'M1-V2',
    part: 'Step 5',
    text: 'The container runs and is healthy',
    where: [`${runbook}/verification.ts`],
    tests: [whole],
  },
  {
    id: 'M1-V3',
    part: 'Step 5',
    text: 'Logs after the restart',
    where: [`${runbook}/verification.ts`, `${runbook}/log-lines.ts`],
    tests: [whole],
  },

  {
    id: 'M1-B1',
    part: 'Rollback',
    text: 'Restart the bloated process',
    where: [rung('restart-process'), onHost('process-restart')],
    tests: [
      look('a process on the host is found by its program'),
      ladder('restarts nothing that has no command of its own'),
    ],
  },
  {
    id: 'M1-B2',
    part: 'Rollback',
    text: 'Service degradation',
    where: [rung('degrade-service')],
    tests: [whole, ladder('leaves alone what somebody has switched off already')],
  },
  {
    id: 'M1-B3',
    part: 'Rollback',
    text: 'Restart all agent services',
    where: [rung('restart-service'), docker('appliers/service-restart')],
    tests: [appliers('a whole service')],
  },

  {
    id: 'M1-P1',
    part: 'Prevention',
    text: 'Limit 2G, reservation 512M, memswap_limit',
    where: [`${runbook}/prevention/limits.ts`],
    tests: [prevention('has a limit of which the observed peak is 70 %')],
    advice: true,
    departure: 'With figures from the evidence, not 2G for all.',
  },
  {
    id: 'M1-P2',
    part: 'Prevention',
    text: 'warning_threshold 80, critical_threshold 90',
    where: ['config/defaults.ts', 'deploy/prometheus/mem-001.rules.yml'],
    tests: [rulesPass],
  },
  {
    id: 'M1-P3',
    part: 'Prevention',
    text: 'cache_max_size 1000, max_cache_memory_mb 100, lru_cache(maxsize=1000)',
    where: [`${runbook}/prevention/app.ts`],
    tests: [
      figures,
      rules('have tests that notice: AgentCacheOverItems'),
      rules('have tests that notice: AgentCacheOverBytes'),
    ],
  },
  {
    id: 'M1-P4',
    part: 'Prevention',
    text: 'enable_gc_monitoring, gc_interval_seconds 60',
    where: [`${runbook}/prevention/app.ts`],
    tests: [prevention('and a collection every 60 s'), rules('have tests that notice: AgentGcOverdue')],
  },
  {
    id: 'M1-P5',
    part: 'Prevention',
    text: 'Monitoring script: threshold 85, alert, clear the cache, every 60 s',
    where: ['worker/watches.ts', 'workflows/watch'],
    tests: [watch('tells of a leak before its limit is reached, and opens its incident')],
  },
];
