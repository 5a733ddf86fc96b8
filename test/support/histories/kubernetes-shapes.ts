import type { WorkflowHandle } from '@temporalio/client';
import type { IncidentResult } from '../../../workflows/contract.js';
import {
  type Bruno,
  deployBruno,
  type Fault,
  openIncident,
  provoke,
  targetText,
  untilFull,
} from '../bruno-night.js';
import { hasCluster, kubeconfig, needsCluster } from '../cluster.js';
import { RealNight } from '../real-night.js';
import type { RealShape } from './shape.js';

interface Kubernetes extends RealShape {
  readonly env: Readonly<Record<string, string>>;
  readonly fault: Fault;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly config: { readonly workload?: string; readonly more?: string; readonly autonomy?: string };
}

const contexts = {
  env: { CONTEXT_WINDOW: '150' },
  fault: { kind: 'contexts', speed: 30, size: 104 },
} as const;
const windowTo = (to: string): string =>
  `      env: [{ name: CONTEXT_WINDOW, to: '${to}', against: contexts, harm: conversations lose their beginning }]`;

/** What version 1 of the runbook did: recorded then, replayed for good, and never recorded anew. */
export const firstVersionShapes: readonly RealShape[] = [
  {
    name: 'agent-bruno-restarted',
    outcome: 'recovered',
    facts: ['decisionRequested', 'decided', 'leased', 'applied', 'settled', 'verified'],
  },
  {
    name: 'agent-bruno-window-set',
    outcome: 'recovered',
    facts: ['undoRegistered', 'leased', 'applied', 'settled', 'verified'],
  },
  {
    name: 'agent-bruno-rollout-undone',
    outcome: 'escalated',
    facts: ['undoRegistered', 'leased', 'rolledBack', 'escalated'],
  },
];

/** Incidents of AgentBrunoHighMemoryUsage on a real cluster. */
export const kubernetesShapes: readonly Kubernetes[] = [
  {
    name: 'agent-bruno-2-restarted',
    outcome: 'recovered',
    facts: ['decisionRequested', 'decided', 'leased', 'applied', 'settled', 'verified'],
    env: { REDIS_POOL_SIZE: '690', CONNECTION_KIB: '160' },
    fault: { kind: 'connections', speed: 120, size: 660 },
    config: { autonomy: 'approve' },
  },
  {
    name: 'agent-bruno-2-window-set',
    outcome: 'recovered',
    facts: ['undoRegistered', 'leased', 'applied', 'settled', 'verified'],
    ...contexts,
    config: { workload: windowTo('20') },
  },
  {
    name: 'agent-bruno-2-rollout-undone',
    outcome: 'escalated',
    facts: ['undoRegistered', 'leased', 'rolledBack', 'escalated'],
    ...contexts,
    spec: { progressDeadlineSeconds: 20 },
    config: { workload: windowTo('none') },
  },
];

/** Plays one of them; `done` is called with the run that has ended. */
export async function playOnCluster(
  shape: Kubernetes,
  done: (handle: WorkflowHandle, result: IncidentResult) => Promise<void>,
): Promise<void> {
  if (!hasCluster) throw new Error(needsCluster);
  const { env, spec, fault, config } = shape;
  const bruno = await deployBruno(`record-${shape.name.replace('agent-bruno-2-', '')}`, {
    env,
    ...(spec && { spec }),
  });
  const night = await RealNight.open();
  try {
    night.configure(configText(bruno, config), {});
    await night.startWorker();
    await provoke(bruno, fault);
    await untilFull(bruno);
    const handle = await openIncident(night, bruno.target);
    if (config.autonomy === 'approve') {
      const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
      await handle.executeUpdate('decide', {
        args: [{ hash: openDecision?.hash, answer: 'approve', by: 'ana', verified: 'token' }],
      });
    }
    await done(handle, await night.result(handle));
  } finally {
    await night.close();
    await bruno.namespace.close();
  }
}

function configText(bruno: Bruno, config: Kubernetes['config']): string {
  return `
clusters: { ${bruno.namespace.cluster.name}: { kubeconfig: '${kubeconfig}' } }
defaults: { settle: 15s, soak: { time: 20s, every: 2s } }
targets:${targetText(bruno, config)}
`;
}
