import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { alertMetrics, Intake, incidentPort } from '../../client/alerts/index.js';
import {
  cancel,
  decide,
  getIncident,
  listIncidents,
  NotFound,
  openIncident,
  pause,
  Refused,
} from '../../client/incidents/index.js';
import { connectTemporal, type TemporalClient, TemporalUnreachable } from '../../client/temporal.js';
import type { Decision } from '../../model/decision.js';
import { taskQueues, workflowIds } from '../../workflows/contract.js';
import { TemporalServer, temporalCli } from './intake-temporal.js';

const target = { key: 'docker/lib/agent', kind: 'container', scope: 'docker/lib' };
const open = { target, runbook: 'standIn', by: 'alice', reason: 'slow', product: 'nightshift test' };
const yes: Decision = { hash: 'a'.repeat(16), answer: 'approve', by: 'bob', verified: 'token' };
let server: TemporalServer;
let temporal: TemporalClient;
let stop: () => Promise<void>;

describe.skipIf(!temporalCli)('the library, against a Temporal server and a worker', () => {
  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    server = await TemporalServer.make();
    await server.start();
    temporal = await connectTemporal({ address: server.address, namespace: 'default' });
    const connection = await NativeConnection.connect({ address: server.address });
    const worker = await Worker.create({
      connection,
      taskQueue: taskQueues.workflows,
      workflowsPath: fileURLToPath(new URL('./library-workflow.ts', import.meta.url)),
      activities: {
        struggle: async () => {
          Context.current().heartbeat({ done: 3 });
          throw ApplicationFailure.create({ type: 'Unreachable', message: 'the engine is gone' });
        },
      },
    });
    const running = worker.run();
    stop = async () => {
      worker.shutdown();
      await running;
      await connection.close();
    };
  });

  afterAll(async () => {
    await stop?.();
    await temporal?.close();
    await server?.remove();
  });

  test('opens an incident, and joins it the second time', async () => {
    const first = await openIncident(temporal.client, open);
    expect(first).toMatchObject({ started: true, targetKey: target.key });
    const second = await openIncident(temporal.client, { ...open, by: 'carol' });
    expect(second).toEqual({ ...first, started: false });
  });

  test('shows it as the worker tells it, with what a retrying step suffers from', async () => {
    const { client } = temporal;
    await expect
      .poll(async () => (await getIncident(client, target.key)).pending[0]?.lastFailure, { timeout: 20_000 })
      .toBeTruthy();
    const seen = await getIncident(client, target.key);
    expect(seen).toMatchObject({
      source: 'query',
      live: true,
      open: true,
      view: { shortId: expect.any(String), openedBy: 'person:alice', product: 'nightshift test' },
      facts: [{ type: 'opened' }, { text: 'OpenedByHand,OpenedByHand' }],
      pending: [
        {
          type: 'struggle',
          attempt: 2,
          maximumAttempts: 3,
          state: 'waiting',
          heartbeat: { done: 3 },
          lastFailure: { type: 'Unreachable', message: 'the engine is gone' },
          nextAttemptAt: expect.stringMatching(/Z$/),
        },
      ],
    });
  });

  test('is found by its short id: at once by who has met it, and by others through the search attribute', async () => {
    const { client } = temporal;
    const { shortId, runId } = await getIncident(client, target.key);
    expect((await getIncident(client, shortId)).runId).toBe(runId);
    const other = await connectTemporal({ address: server.address, namespace: 'default' });
    await vi.waitFor(
      async () => expect((await getIncident(other.client, shortId)).runId).toBe(runId),
      20_000,
    );
    await other.close();
    await expect(getIncident(client, 'aaaaaaaa')).rejects.toThrow(NotFound);
    await expect(getIncident(client, 'docker/lib/nothing')).rejects.toThrow(NotFound);
  });

  test('a decision gets its answer, the same one when it is sent again', async () => {
    const { client } = temporal;
    const reply = { accepted: true, why: 'answered by bob' };
    expect(await decide(client, target.key, yes)).toEqual(reply);
    expect(await decide(client, target.key, yes)).toEqual(reply);
    expect(await decide(client, target.key, { ...yes, hash: 'b'.repeat(16) })).toMatchObject({
      accepted: false,
    });
    await expect(decide(client, target.key, { ...yes, hash: 'nonsense' })).rejects.toThrow(Refused);
  });

  test('pausing and cancelling reach it; afterwards it is read from its result, and refuses to be acted on', async () => {
    const { client } = temporal;
    const ref = await getIncident(client, target.key);
    await pause(client, ref, { by: 'bob', verified: 'token', reason: 'wait' });
    await cancel(client, target.key, { by: 'bob', verified: 'token' });
    await expect.poll(async () => (await getIncident(client, ref.targetKey)).open).toBe(false);
    const closed = await getIncident(client, ref.targetKey);
    expect(closed).toMatchObject({
      source: 'result',
      live: false,
      status: 'COMPLETED',
      view: { openedBy: 'person:alice' },
      facts: [{ type: 'opened' }, { text: 'OpenedByHand,OpenedByHand,paused by bob: wait' }],
      pending: [],
    });
    await expect(cancel(client, ref, { by: 'bob', verified: 'token' })).rejects.toThrow(/has ended/);
    expect(await decide(client, ref, yes)).toMatchObject({ why: 'answered by bob' });
    await expect(decide(client, ref, { ...yes, by: 'late' })).rejects.toThrow(Refused);
    await expect
      .poll(() => listIncidents(client, { open: false, outcome: 'cancelled' }), { timeout: 20_000 })
      .toMatchObject([
        { shortId: ref.shortId, state: 'closed', outcome: 'cancelled', closedAt: expect.any(String) },
      ]);
  });

  test('after it ended without help, the same alert goes to the governor, and a person still gets a new one', async () => {
    const { client } = temporal;
    const intake = new Intake({
      port: incidentPort(client),
      routing: {
        routes: [{ match: {}, runbook: 'standIn', target: target.key }],
        runbooks: ['standIn'],
        target: () => target,
      },
      product: 'nightshift test',
      logger: { info: () => {}, warn: () => {}, error: () => {} },
      metrics: alertMetrics(new Registry()),
    });
    const held = {
      name: 'A',
      status: 'firing',
      severity: 'warning',
      fingerprint: 'held',
      labels: {},
      annotations: {},
    } as const;
    const take = async (over: object) =>
      (await intake.take([{ ...held, ...over }], { source: 'alertmanager' }))[0]?.result;
    expect(await take({})).toBe('heldOff');
    expect(await take({ status: 'resolved' })).toBe('heldOff');
    const told = async () => {
      const { events } = await client.workflow.getHandle(workflowIds.governor(target.scope)).fetchHistory();
      return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
        const payload = signal?.input?.payloads?.[0];
        return payload ? [[signal?.signalName, defaultPayloadConverter.fromPayload(payload)]] : [];
      });
    };
    // A signal that comes while a workflow task is under way is written when that is done.
    await expect.poll(told).toEqual([
      [
        'heldOffAlert',
        { alert: expect.objectContaining({ fingerprint: 'held' }), target, runbook: 'standIn' },
      ],
      ['heldOffResolved', { fingerprint: 'held', target: target.key }],
    ]);
    expect(await openIncident(client, open)).toMatchObject({ started: true });
    await cancel(client, target.key, { by: 'bob', verified: 'token' });
    await expect.poll(async () => (await getIncident(client, target.key)).open).toBe(false);
    expect(await take({ severity: 'critical' })).toBe('accepted');
  });

  test('what is wrong with reaching Temporal is told with its mend', async () => {
    const { address } = server;
    const reaching = (settings: object, reason: RegExp) =>
      expect(
        connectTemporal({ address, namespace: 'default', ...settings }, { timeoutMs: 2_000 }),
      ).rejects.toThrow(
        expect.objectContaining({
          name: 'TemporalUnreachable',
          message: expect.stringMatching(reason),
          mend: expect.stringMatching(/temporal/),
        }),
      );
    await reaching({ address: '127.0.0.1:1' }, /127\.0\.0\.1:1/);
    await reaching({ namespace: 'nowhere' }, /no namespace nowhere/);
    await reaching({ tls: {} }, /127\.0\.0\.1/);
    await reaching(
      { tls: { caFile: '/nonexistent/ca.pem' } },
      /caFile: \/nonexistent\/ca\.pem can't be read \(ENOENT\)/,
    );
    await reaching({ tls: { certFile: '/x' } }, /a certificate or a key, but not both/);
    expect(new TemporalUnreachable('a', 'b').mend).toBe('b');
  });
});
