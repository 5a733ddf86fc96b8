import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type Docker from 'dockerode';
import type { Decision, DecisionReply } from '../../model/decision.js';
import type { Target } from '../../model/target.js';
import type { ChangeView, IncidentView } from '../../model/view.js';
import { type IncidentResult, queries } from '../../workflows/contract.js';
import { type RunOptions, type TestContainer, type TestContainers, until } from './containers.js';
import { portOf } from './engine-proxy.js';

export const MiB = 1024 * 1024;

/** A limit and a leak that fills it to some 88 %: 12 MiB are the agent's own. */
const limitBytes = 96 * MiB;
const usualLeak = 72 * MiB;

export interface AgentOptions extends Pick<RunOptions, 'stopTimeoutSeconds' | 'command'> {
  readonly env?: Readonly<Record<string, string>>;
  readonly host?: Docker.HostConfig;
  readonly name?: string;
  readonly leakBytes?: number;
}

/** The example agent in a container, with what its log says of effects. */
export class Agent {
  private constructor(
    readonly container: TestContainer,
    readonly base: string,
  ) {}

  /** Runs one that has filled its memory already; after a restart it doesn't any more. */
  static async leaking(containers: TestContainers, options: AgentOptions = {}): Promise<Agent> {
    const { leakBytes = usualLeak, ...more } = options;
    const agent = await Agent.run(containers, {
      ...more,
      env: {
        AGENT_LEAK_BYTES_PER_SECOND: String(400 * MiB),
        AGENT_LEAK_MAX_BYTES: String(leakBytes),
        AGENT_LEAK_ONCE_FILE: '/tmp/leaked',
        ...options.env,
      },
    });
    await until('the agent has leaked', () => agent.holds(leakBytes), 30_000);
    return agent;
  }

  static async run(
    containers: TestContainers,
    options: Omit<AgentOptions, 'leakBytes'> = {},
  ): Promise<Agent> {
    const port = await freePort();
    const { env, host, name, ...more } = options;
    const container = await containers.run(
      {
        command: ['node', '/app/agent.mjs'],
        ...more,
        env: { AGENT_GC_MONITORING: '0', ...env },
        host: {
          Memory: limitBytes,
          MemorySwap: limitBytes,
          PortBindings: { '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
          ...host,
        },
      },
      name,
    );
    return new Agent(container, `http://127.0.0.1:${port}`);
  }

  get name(): string {
    return this.container.name;
  }

  async holds(bytes: number): Promise<boolean> {
    const answer = await fetch(`${this.base}/health`, { signal: AbortSignal.timeout(2000) }).catch(
      () => undefined,
    );
    if (!answer) return false;
    const { rssBytes } = (await answer.json()) as { rssBytes: number };
    return rssBytes > bytes + 20 * MiB;
  }

  /** Lines of its log, of all its lives. */
  async log(): Promise<readonly { readonly event: string; readonly idempotencyKey?: string }[]> {
    const raw = await this.container.handle.logs({ stdout: true, stderr: true, follow: false });
    return [...raw.toString('utf8').matchAll(/\{"time".*\}/g)].map(([line]) => JSON.parse(line));
  }

  /** How often each idempotency key had this effect. An effect without a key counts as `none`. */
  async effects(event: string): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const { event: one, idempotencyKey = 'none' } of await this.log())
      if (one === event) counts[idempotencyKey] = (counts[idempotencyKey] ?? 0) + 1;
    return counts;
  }
}

/** Short times, so that a whole incident takes some ten seconds, and no budget in the way of many in one scope. */
export const briefly = `
defaults:
  settle: 2s
  soak: { time: 5s, every: 1s }
  cooldown: 1s
  budget: { perObjectPerHour: 20, perScopePerHour: 200, atOnce: 20 }
  decisions: { timeLimit: 90s, reminder: 80s }
`;

export interface TargetOptions {
  /** Default `local`. */
  readonly engine?: string;
  /** Default `auto`. */
  readonly autonomy?: unknown;
  /** Remedies through the app's endpoints; default none. */
  readonly remedies?: readonly ('caches' | 'gc' | 'drain')[];
  readonly policy?: object;
}

/** One target of the configuration, as JSON, which is YAML too. */
export function targetOf({ name, base }: Agent, options: TargetOptions = {}): object {
  const { engine = 'local', autonomy = 'auto', remedies = [], policy } = options;
  const url = (path: string): object => ({ url: `${base}${path}`, timeout: '2s' });
  const process = { runtime: 'node', executable: 'node', argsContain: 'agent.mjs' };
  const cache = { name: 'answers', endpoint: url('/admin/clear-cache'), disruption: 'none', harm: 'slower' };
  return {
    engine,
    container: name,
    autonomy,
    health: url('/health'),
    ...(remedies.includes('caches') && { caches: [cache] }),
    ...(remedies.includes('gc') && { gc: { via: 'endpoint', endpoint: url('/admin/gc'), process } }),
    ...(remedies.includes('drain') && { drain: url('/admin/drain') }),
    ...(policy && { policy }),
  };
}

/** The text of a configuration with these targets. */
export function withTargets(...targets: readonly object[]): string {
  return `${briefly}\ntargets: ${JSON.stringify(targets)}\n`;
}

export function targetNamed(name: string, engine = 'local'): Target {
  return { key: `docker/${engine}/${name}`, kind: 'container', scope: `docker/${engine}` };
}

/** Answers the question that is open. */
export function answer(
  handle: WorkflowHandle,
  hash: string | undefined,
  given: Partial<Decision> = {},
): Promise<DecisionReply> {
  const decision = { hash, answer: 'approve', by: 'ana', verified: 'token', ...given };
  return handle.executeUpdate<DecisionReply, [object]>('decide', { args: [decision] });
}

/** All changes of an incident, in the order of its ladder. */
export function changesOf(view: IncidentView): readonly ChangeView[] {
  return view.ladder.flatMap(({ changes }) => changes);
}

/** Restarts that the incident says it did itself. */
export function claimed(view: IncidentView): readonly ChangeView[] {
  return changesOf(view).filter(
    ({ change, effect }) => change.kind === 'container.restart' && effect?.status === 'applied',
  );
}

/** Its result; one that takes longer than this fails with its story so far. */
export async function ended(handle: WorkflowHandle, seconds = 120): Promise<IncidentResult> {
  const result = handle.result() as Promise<IncidentResult>;
  const late = new AbortController();
  const limit = sleep(seconds * 1000, undefined, { signal: late.signal }).then(
    () => handle.query<IncidentView>(queries.view),
    () => undefined,
  );
  result.catch(() => undefined);
  try {
    const first = await Promise.race([result, limit]);
    if (first && 'outcome' in first && 'facts' in first) return first;
    throw new Error(`not ended within ${seconds} s: ${first ? told(first as IncidentView) : ''}`);
  } finally {
    late.abort();
  }
}

const fewOfAKind = 3;

/** What happened, for the message of a failed expectation; answers that did not count are told three times at most. */
export function told(view: IncidentView): string {
  let uncounted = 0;
  const lines = view.timeline.filter(
    ({ text }) => !text.includes('which does not count') || ++uncounted <= fewOfAKind,
  );
  return lines.map(({ at, text }) => `${at} ${text}`).join('\n');
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export { sleep };
