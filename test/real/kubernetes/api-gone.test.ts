import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markdown } from '../../../model/report/markdown.js';
import type { Target } from '../../../model/target.js';
import type { IncidentView } from '../../../model/view.js';
import { ApiProxy } from '../../support/api-proxy.js';
import {
  type Bruno,
  deployBruno,
  openIncident,
  provoke,
  targetText,
  untilFull,
} from '../../support/bruno-night.js';
import { hasCluster, needsCluster, until } from '../../support/cluster.js';
import { Gate } from '../../support/gate.js';
import { RealNight } from '../../support/real-night.js';

/** Three times the longest time limit that a call to the API server has (15 s, of the look's own pods). Seconds. */
const longEnough = 45;

interface Phase {
  /** `shut`: connections are refused. `stall`: nothing is said any more, so that time limits have to end the waiting. */
  readonly how: 'shut' | 'stall';
  readonly seconds: number;
  readonly autonomy?: 'approve';
  readonly policy?: string;
  /** How the report tells of it. */
  readonly told?: RegExp;
}

const refused = /ECONNREFUSED/;
const silent = /gave no answer within 1[05] s/;
const phases = {
  look: { how: 'stall', seconds: longEnough, told: silent },
  decision: { how: 'shut', seconds: longEnough, autonomy: 'approve' },
  write: { how: 'shut', seconds: 60, autonomy: 'approve', told: refused },
  rollout: { how: 'stall', seconds: longEnough },
  settle: { how: 'shut', seconds: longEnough, policy: 'settle: 70s', told: refused },
  soak: { how: 'stall', seconds: longEnough, policy: 'soak: { time: 110s, every: 3s }', told: silent },
} as const satisfies Record<string, Phase>;
type Name = keyof typeof phases;
const names = Object.keys(phases) as Name[];

describe.skipIf(!hasCluster && !process.env.CI)(
  `an API server that is gone for long (${needsCluster})`,
  () => {
    const brunos = {} as Record<Name, Bruno>;
    const gates = {} as Record<Name, Gate>;
    let night: RealNight;
    let proxy: ApiProxy;

    beforeAll(async () => {
      await Promise.all(
        names.map(async (name) => {
          const env = { REDIS_POOL_SIZE: '690', CONNECTION_KIB: '160' };
          brunos[name] = await deployBruno(`gone-${name}`, { env });
          await provoke(brunos[name], { kind: 'connections', speed: 120, size: 660 });
        }),
      );
      proxy = await ApiProxy.open(brunos.look.namespace.cluster.config);
      const to = { host: '127.0.0.1', port: Number(new URL(proxy.url).port) };
      const ways: string[] = [];
      for (const name of names) {
        gates[name] = await Gate.open(to);
        const server = `http://127.0.0.1:${gates[name].port}`;
        ways.push(`${name}: { kubeconfig: '${brunos[name].namespace.writeKubeconfig(name, { server })}' }`);
      }
      night = await RealNight.open();
      night.configure(
        `
clusters: { ${ways.join(', ')} }
groups: { operators: [ana] }
defaults:
  settle: 15s
  soak: { time: 20s, every: 2s }
  decisions: { group: operators, timeLimit: 4m }
  budget: { atOnce: 10, perScopePerHour: 100 }
  deadlines: { critical: 10m }
targets:${names
          .map((name) => {
            const { autonomy, policy }: Phase = phases[name];
            const more = policy === undefined ? '' : `    policy: { ${policy} }`;
            return targetText(brunos[name], { cluster: name, more, ...(autonomy && { autonomy }) });
          })
          .join('')}
`,
        {},
      );
      await night.startWorker();
      await Promise.all(names.map((name) => untilFull(brunos[name])));
    });

    afterAll(async () => {
      await night?.close();
      for (const gate of Object.values(gates)) await gate.shut();
      await proxy?.close();
      await Promise.all(Object.values(brunos).map(({ namespace }) => namespace.close()));
    });

    const pause = (seconds: number): Promise<void> =>
      new Promise((resolve) => setTimeout(resolve, seconds * 1000));

    function open(name: Name): Promise<WorkflowHandle> {
      const { namespace } = brunos[name];
      const scope = `kubernetes/${name}`;
      const target: Target = {
        key: `${scope}/${namespace.name}/deployment/agent-bruno`,
        kind: 'workload',
        scope,
      };
      namespace.audit.mark();
      return openIncident(night, target);
    }

    /** Its API server is gone for its time, while `meanwhile` goes on. */
    async function gone(name: Name, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
      const { how, seconds } = phases[name];
      if (how === 'shut') await gates[name].shut();
      else gates[name].stall();
      await Promise.all([pause(seconds), meanwhile()]);
      await gates[name].unshut();
    }

    const effects = (name: Name): readonly string[] => {
      const { audit, name: namespace } = brunos[name].namespace;
      return audit.effects(namespace).map(({ verb, resource }) => `${verb} ${resource}`);
    };

    async function approve(handle: WorkflowHandle): Promise<void> {
      const { openDecision } = await night.until(handle, ({ openDecision: open }) => open !== undefined, 120);
      const given = { answer: 'approve', by: 'ana', verified: 'token', comment: 'as it is' };
      await handle.executeUpdate('decide', { args: [{ hash: openDecision?.hash, ...given }] });
    }

    async function recovered(name: Name, handle: WorkflowHandle): Promise<void> {
      const { outcome, report } = await night.result(handle);
      const text = markdown(report);
      expect(outcome, text).toBe('recovered');
      expect(effects(name), text).toEqual(['patch deployments']);
      const { told }: Phase = phases[name];
      if (told) expect(text).toMatch(told);
    }

    const asked = ({ openDecision }: IncidentView): boolean => openDecision !== undefined;
    const applied = ({ ladder }: IncidentView): boolean =>
      ladder.some(({ changes }) => changes.some(({ effect }) => effect !== undefined));

    it.concurrent('from the first look on', async () => {
      let handle: WorkflowHandle | undefined;
      await gone('look', async () => {
        handle = await open('look');
      });
      await recovered('look', handle as WorkflowHandle);
    });

    it.concurrent('while a decision is open', async () => {
      const handle = await open('decision');
      await night.until(handle, asked, 120);
      await gone('decision');
      await approve(handle);
      await recovered('decision', handle);
    });

    it.concurrent('for a full minute from the approval on, before anything is written', async () => {
      const handle = await open('write');
      await night.until(handle, asked, 120);
      await gone('write', () => approve(handle));
      await recovered('write', handle);
    });

    it.concurrent('in the middle of a rollout, once the change was made', async () => {
      const handle = await open('rollout');
      await until('the change is made', async () => effects('rollout').length > 0, 120_000);
      await gone('rollout');
      await recovered('rollout', handle);
    });

    it.concurrent('while what was changed settles', async () => {
      const handle = await open('settle');
      await night.until(handle, applied, 120);
      await gone('settle');
      await recovered('settle', handle);
    });

    it.concurrent('during the soak', async () => {
      const handle = await open('soak');
      await night.until(handle, ({ phase }) => phase === 'verifying', 120);
      await gone('soak');
      await recovered('soak', handle);
    });
  },
);
