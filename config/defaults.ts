import { dockerKinds } from '../model/changes/index.js';
import { kubernetesKinds } from '../model/changes/kubernetes/index.js';
import type { ContainerSettings } from '../model/container.js';
import type { Policy } from '../model/policy.js';
import type { KnownRunbook } from './types.js';

/**
 * What holds where nothing is said. Thresholds and deadlines are MEM-001's and the design's. The soak is 24 readings
 * in two minutes: enough for a robust slope, and twice the time in which MEM-001 promises recovery.
 */
export const defaultPolicy: Policy = {
  thresholds: { warningPercent: 80, criticalPercent: 90 },
  remediesOff: [],
  autonomy: { target: 'observe', byDisruption: {}, byKind: {} },
  decisions: {
    group: [],
    secondGroup: [],
    approvals: 1,
    timeLimitSeconds: 600,
    reminderSeconds: 300,
    onExpiry: 'escalate',
    notTheRequester: true,
    trustTemporalAccess: false,
  },
  freezes: [],
  holds: [],
  protected: [],
  budget: { perObjectPerHour: 2, perScopePerHour: 6, atOnce: 2 },
  cooldownSeconds: 600,
  deadlines: { warningSeconds: 900, criticalSeconds: 300 },
  settleSeconds: 10,
  soak: { seconds: 120, everySeconds: 5 },
  pauseLimitSeconds: 1800,
  holdOff: { firstSeconds: 3600, maxSeconds: 28_800 },
};

/** Settings of a container of which nothing is said. */
export const emptyContainerSettings: ContainerSettings = {
  caches: [],
  restartPolicy: 'recommend',
  hostProcesses: [],
  dataServices: [],
};

export const defaultSeconds = {
  endpoint: 5,
  drain: 30,
  hostProcessRestart: 60,
  webhook: 10,
  alertmanager: 60,
  archive: 3600,
  /** The source's SESSION_TTL after its fix. */
  shortenTo: 3600,
  /** Three readings of the metrics API. */
  workloadSettle: 45,
  /** Added capacity. */
  capacity: 7200,
  watch: 60,
} as const;

/** MEM-001's proactive threshold. */
export const defaultWatchPercent = 85;

export const defaultListen = { host: '127.0.0.1', port: 7420, tokensFile: 'nightshift.tokens' } as const;

/**
 * The runbooks that come with Nightshift: what reading a configuration has to know of them, without their rules.
 * A test holds this against the runbooks themselves.
 */
export const shippedRunbooks: readonly KnownRunbook[] = [
  {
    name: 'MEM-001',
    targetKinds: ['container', 'host', 'hostProcess'],
    ladder: [
      { name: 'clear-caches' },
      { name: 'collect-garbage' },
      { name: 'degrade-service' },
      { name: 'raise-limit' },
      { name: 'restart-container' },
      { name: 'set-restart-policy' },
      { name: 'restart-process' },
      { name: 'clear-harmful-caches' },
      { name: 'restart-service' },
    ],
    changeKinds: Object.keys(dockerKinds).map((kind) => ({ kind })),
  },
  {
    name: 'AgentBrunoHighMemoryUsage',
    targetKinds: ['workload'],
    ladder: [
      { name: 'clear-caches' },
      { name: 'collect-garbage' },
      { name: 'resize-pods' },
      { name: 'scale-out' },
      { name: 'evict-pod' },
      { name: 'set-environment' },
      { name: 'restart-workload' },
      { name: 'raise-limit' },
      { name: 'undo-release' },
      { name: 'shorten-sessions' },
    ],
    changeKinds: Object.keys(kubernetesKinds).map((kind) => ({ kind })),
  },
];
