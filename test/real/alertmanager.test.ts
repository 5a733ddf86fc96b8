import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiProcess } from '../../client/api/index.js';
import { connectTemporal, type TemporalClient } from '../../client/temporal.js';
import { createToken } from '../../client/tokens/index.js';
import { serveApi } from '../../client/up/api.js';
import { freePort } from '../../client/up/ports.js';
import { temporalSettings } from '../../config/index.js';
import type { IncidentView } from '../../model/view.js';
import { createLogger } from '../../worker/logger.js';
import {
  engineUrl,
  image,
  needsEngine,
  type TestContainer,
  TestContainers,
  until,
} from '../support/containers.js';
import { hasMonitoring, Monitoring, needsMonitoring } from '../support/monitoring.js';
import { containerTarget, RealNight } from '../support/real-night.js';

const MiB = 1024 ** 2;

interface Agent {
  readonly name: string;
  readonly port: number;
}

/** A pager that people would hear: it keeps the names of what it was sent. */
class Pager {
  readonly pages: string[] = [];
  private readonly server: Server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { alerts } = JSON.parse(text) as { alerts: { status: string; labels: Record<string, string> }[] };
    for (const { status, labels } of alerts) this.pages.push(`${labels.alertname} ${status}`);
    response.end();
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe.skipIf(!(engineUrl && image && hasMonitoring) && !process.env.CI)(
  `the shipped alert rules, fired by a real Prometheus (${needsMonitoring}; ${needsEngine})`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'nightshift-alertmanager-'));
    const tokensFile = join(folder, 'tokens');
    const pager = new Pager();
    let containers: TestContainers;
    let night: RealNight;
    let monitoring: Monitoring;
    let temporal: TemporalClient;
    let api: ApiProcess;
    let agents: readonly [Agent, Agent];
    let operator: string;
    let webhook: string;

    const newAgent = async (): Promise<Agent> => ({
      name: containers.newName(),
      port: await freePort('127.0.0.1'),
    });

    beforeAll(async () => {
      containers = await TestContainers.open(engineUrl as string, image as string, 'alerts');
      night = await RealNight.open();
      agents = [await newAgent(), await newAgent()];
      webhook = await createToken({ file: tokensFile, name: 'alertmanager', role: 'webhook' });
      operator = await createToken({ file: tokensFile, name: 'ana', role: 'operator' });
      writeFileSync(join(folder, 'webhook-token'), webhook, { mode: 0o600 });
      const apiPort = await freePort('127.0.0.1');
      monitoring = await Monitoring.open({
        agents: agents.map(({ name, port }) => ({
          address: `127.0.0.1:${port}`,
          target: containerTarget(name).key,
        })),
        apiUrl: `http://127.0.0.1:${apiPort}`,
        tokenFile: join(folder, 'webhook-token'),
        pagerUrl: await pager.open(),
      });
      configure(apiPort);
      temporal = await connectTemporal(temporalSettings(night.config()));
      api = await serveApi(night.config(), temporal, createLogger('warn'));
      await night.startWorker();
    });

    afterAll(async () => {
      await monitoring?.close();
      await api?.close();
      await temporal?.close();
      await night?.close();
      await containers?.removeAll();
      pager.close();
      rmSync(folder, { recursive: true, force: true });
    });

    function configure(apiPort: number): void {
      const target = ({ name, port }: Agent, autonomy: string): string => `
  - engine: local
    container: ${name}
    autonomy: ${autonomy}
    health: http://127.0.0.1:${port}/health
    metrics: http://127.0.0.1:${port}/metrics
    caches:
      - { name: answers, endpoint: 'http://127.0.0.1:${port}/admin/clear-cache', disruption: none, harm: slower answers }`;
      night.configure(`
defaults: { settle: 2s, soak: { time: 14s, every: 1s } }
targets:
  - { engine: local, host: true, autonomy: observe }${target(agents[0], '{ target: approve, byDisruption: { none: auto } }')}${target(agents[1], 'auto')}
routes:
  - { match: { runbook: MEM-001 }, runbook: MEM-001, target: 'docker/local/{{labels.name}}' }
alertmanager: { url: '${monitoring.alertmanagerUrl}' }
api: { listen: '127.0.0.1:${apiPort}', tokensFile: '${tokensFile}' }
`);
    }

    /** An agent that leaks to more than 90 % of its limit and stays there; not again after a restart. */
    const leaks = ({ name, port }: Agent): Promise<TestContainer> =>
      containers.run(
        {
          command: ['node', '/app/agent.mjs'],
          env: {
            AGENT_LEAK_BYTES_PER_SECOND: String(60 * MiB),
            AGENT_LEAK_MAX_BYTES: String(170 * MiB),
            AGENT_LEAK_ONCE_FILE: '/tmp/leaked',
            AGENT_CACHE_FILL_BYTES: String(8 * MiB),
          },
          host: {
            Memory: 224 * MiB,
            MemorySwap: 224 * MiB,
            PortBindings: { '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
          },
        },
        name,
      );

    const ask = (path: string, token: string, body?: object): Promise<Response> =>
      fetch(`${api.url}${path}`, {
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      });

    /** The incident as people are shown it, or undefined while there is none. */
    async function view(key: string): Promise<IncidentView | undefined> {
      const answer = await ask(`/incidents/${key}`, operator);
      if (answer.status === 404) return undefined;
      const read = (await answer.json()) as { view?: IncidentView };
      return read.view;
    }

    it('open an incident that is worked, decided on through the API, and hears that they resolved', async () => {
      const agent = await leaks(agents[0]);
      const { key } = containerTarget(agent.name);
      let open: IncidentView['openDecision'];
      await until(
        'a decision is asked for',
        async () => {
          open = (await view(key))?.openDecision;
          return open !== undefined;
        },
        70_000,
      );
      const decision = { hash: open?.hash, answer: 'approve' };
      expect((await ask(`/incidents/${key}/decisions`, webhook, decision)).status).toBe(403);
      expect((await ask(`/incidents/${key}/decisions`, operator, decision)).status).toBe(200);

      const { outcome, report, facts } = await night.result(night.handle(containerTarget(agent.name)));
      expect(outcome, JSON.stringify(report.timeline, null, 1)).toBe('recovered');
      expect(await agent.restarts()).toBe(1);
      const [first] = report.alerts;
      expect(first?.alert).toMatchObject({
        name: 'AgentMemoryExhausted',
        severity: 'critical',
        source: 'alertmanager',
        annotations: { runbook_url: expect.stringContaining('MEM-001') },
      });
      expect(facts.some(({ type }) => type === 'alertResolved')).toBe(true);
      expect(first?.resolved).toBe(true);
      // Nobody's page is held back because Nightshift is configured.
      expect(pager.pages).toContain('AgentMemoryExhausted firing');
    });

    it('of node-exporter say of the host what its kernel says', async () => {
      // The rule is a reading older than the question, and the other tests fill and empty this host meanwhile.
      await until(
        'the rule is within a hundredth of the kernel’s figures',
        async () => {
          const ratio = await monitoring.value(
            'instance:nightshift_host_memory_used:ratio{nightshift_target="docker/local"}',
          );
          const used = await monitoring.value(
            '(node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes) / node_memory_MemTotal_bytes',
          );
          return (ratio ?? 0) > 0 && Math.abs((ratio ?? 0) - (used ?? 0)) < 0.01;
        },
        60_000,
      );
    });

    it('that fired while the API was down are worked when it is back, wherever it listens', async () => {
      await api.close();
      const agent = await leaks(agents[1]);
      const killed = await containers.run({
        program: 'const all = []; for (;;) all.push(Buffer.alloc(1e6, 1));',
        host: { Memory: 48 * MiB, MemorySwap: 48 * MiB, NetworkMode: 'none' },
      });
      // By its exit code: on a busy machine the engine may miss to mark it as OOM-killed.
      await until('the kernel has killed it', async () => (await killed.state()).ExitCode === 137, 30_000);
      const { key } = containerTarget(agent.name);
      await until(
        'both alerts fire',
        async () => {
          const firing = await monitoring.firing();
          return [`AgentMemoryExhausted ${key}`, 'HostOomKill docker/local'].every((one) =>
            firing.includes(one),
          );
        },
        70_000,
      );
      // Another port: what Alertmanager sends still leads nowhere, so only reconciliation can bring it.
      configure(await freePort('127.0.0.1'));
      api = await serveApi(night.config(), temporal, createLogger('warn'));
      await until('there is an incident', async () => (await view(key)) !== undefined, 30_000);
      const { outcome, report } = await night.result(night.handle(containerTarget(agent.name)));
      expect(outcome, JSON.stringify(report.timeline, null, 1)).toBe('recovered');
      expect(report.alerts[0]?.alert).toMatchObject({
        name: 'AgentMemoryExhausted',
        source: 'reconciliation',
      });
      expect(await agent.restarts()).toBe(1);

      const host = await night.result(
        night.handle({ key: 'docker/local', kind: 'host', scope: 'docker/local' }),
      );
      expect(host.report.alerts.map(({ alert }) => alert.name)).toContain('HostOomKill');
      // The other tests share this host: while they fill it so fast that it would be full before anybody answered,
      // its kill is critical, and a host that may only be observed ends so. Either way nothing is changed.
      expect(['self-recovered', 'observed'], JSON.stringify(host.report.timeline, null, 1)).toContain(
        host.outcome,
      );
      expect(host.facts.filter(({ type }) => type === 'goingAhead')).toEqual([]);
    });
  },
);
