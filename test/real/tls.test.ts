import '../support/quiet.js';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../client/cli/run.js';
import type { Io } from '../../client/cli/terminal/io.js';
import { decide, getIncident } from '../../client/incidents/index.js';
import { signalWithStart } from '../../client/incidents/start.js';
import { connectTemporal, TemporalUnreachable } from '../../client/temporal.js';
import { type Config, loadConfig, temporalSettings } from '../../config/index.js';
import { anyRunbook } from '../../model/runbook.js';
import { createLogger } from '../../worker/logger.js';
import { type RunningWorker, startWorker } from '../../worker/main.js';
import { type IncidentResult, searchAttributeTypes, workflowIds } from '../../workflows/contract.js';
import { alertFor, quick, tankTarget } from '../support/nightshift.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';
import { type MtlsServer, parts, prepareNamespace, serverName, startMtlsServer } from './tls-kit.js';

const namespace = 'nights';
const missing = !parts.server || !parts.cli || !parts.openssl;
let server: MtlsServer;

/** A configuration file as an operator writes it, with the `temporal.tls` part given. */
async function configWith(name: string, tls: object | undefined): Promise<string> {
  const file = join(server.folder, `${name}.yaml`);
  await writeFile(
    file,
    JSON.stringify({ temporal: { address: server.address, namespace, ...(tls && { tls }) } }),
  );
  return file;
}

const right = () => ({
  caFile: server.certificates.ca,
  certFile: server.certificates.client.cert,
  keyFile: server.certificates.client.key,
  serverName,
});

/** What can be wrong with a client, what is said of it, and what the mend names. */
const wrong: readonly [name: string, tls: () => object | undefined, says: RegExp, mend: RegExp][] = [
  [
    'no client certificate',
    () => ({ caFile: right().caFile, serverName }),
    /certificate/,
    /temporal\.tls\.certFile/,
  ],
  [
    "a client certificate of an authority that is not the server's",
    () => {
      const { cert, key } = server.certificates.stranger;
      return { ...right(), certFile: cert, keyFile: key };
    },
    /certificate/,
    /temporal\.tls\.certFile/,
  ],
  [
    'another authority than the one that signed the server',
    () => ({ ...right(), caFile: server.certificates.otherCa }),
    /certificate/,
    /temporal\.tls\.caFile/,
  ],
  [
    "another name than that in the server's certificate",
    () => ({ ...right(), serverName: 'temporal.elsewhere.test' }),
    /temporal\.elsewhere\.test/,
    /temporal\.tls\.serverName/,
  ],
  ['plain text', () => undefined, /TLS/, /temporal\.tls/],
  [
    'a certificate file that is not there',
    () => ({ ...right(), certFile: join(server.folder, 'gone.pem') }),
    /gone\.pem can't be read \(ENOENT\)/,
    /temporal\.tls\.certFile/,
  ],
];

async function cli(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const io: Io = {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    tty: false,
    interactive: false,
    columns: () => 80,
    rows: () => 24,
    env: { HOME: server.folder },
    cwd: server.folder,
    now: () => new Date(),
    signal: new AbortController().signal,
    paint: pc.createColors(false),
  };
  return { code: await runCli(args, io), ...said };
}

describe.skipIf(missing)('a Temporal cluster that demands client certificates', () => {
  beforeAll(async () => {
    server = await startMtlsServer();
    await prepareNamespace(server, namespace);
  });
  afterAll(() => server?.stop());

  test('its namespace, retention and search attributes come from the script that the docs name, run twice', async () => {
    await prepareNamespace(server, namespace);
    const file = await configWith('namespace', right());
    const { connection, close } = await connectTemporal(temporalSettings(loadConfig(file)));
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    expect(Object.keys(customAttributes ?? {}).sort()).toEqual(Object.keys(searchAttributeTypes).sort());
    await close();
  });

  describe.each(wrong)('to a client with %s', (name, tls, says, mend) => {
    const slug = name.replace(/\W+/g, '-');

    test('says what is wrong and how it is mended, with exit code 5', async () => {
      const file = await configWith(slug, tls());
      const { code, out, err } = await cli('incident', 'list', '--config', file);
      expect({ code, out }).toEqual({ code: 5, out: '' });
      expect(err).toMatch(says);
      expect(err).toMatch(mend);
      expect(err).not.toMatch(/\n\s+at /);
    });

    test('says the same to a worker, which does not start', async () => {
      const config = loadConfig(await configWith(slug, tls()));
      const error: unknown = await startWorker({ config: () => config, logger: createLogger('silent') }).then(
        async (worker) => worker.stop(),
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(TemporalUnreachable);
      expect(error).toMatchObject({
        message: expect.stringMatching(says),
        mend: expect.stringMatching(mend),
      });
    });
  });

  wholeIncidents();
});

function wholeIncidents(): void {
  const world = new World();
  let worker: RunningWorker | undefined;
  let file: string;

  beforeAll(async () => {
    file = await configWith('nightshift', right());
    const targets = ['a', 'b'].map((name) => ({ ...tankTarget(name), policy: quick, settings: {} }));
    const config: Config = { ...loadConfig(file), targets };
    worker = await startWorker({
      config: () => config,
      logger: createLogger('error'),
      extensions: [
        {
          runbook: anyRunbook(runbook),
          module: fileURLToPath(new URL('../support/tank/runbook.js', import.meta.url)),
          adapters: [world.adapter],
          appliers: world.appliers,
        },
      ],
    });
  });
  afterAll(() => worker?.stop());

  async function open(name: string): Promise<void> {
    const { client, close } = await connectTemporal(temporalSettings(loadConfig(file)));
    await signalWithStart(client, {
      target: tankTarget(name),
      runbook: 'TANK-1',
      alert: alertFor(),
      observeOnly: false,
      product: 'test',
    });
    await close();
  }

  test('a whole incident runs to its end: the worker, the library and the command line all show their certificates', async () => {
    expect(worker?.healthy()).toBe(true);
    world.tank('tanks/here/a', { flushedTo: 40 });
    await open('a');
    const { client, close } = await connectTemporal(temporalSettings(loadConfig(file)));
    const handle = client.workflow.getHandle(workflowIds.incident('tanks/here/a'));
    const { outcome } = (await handle.result()) as IncidentResult;
    expect(outcome).toBe('recovered');
    expect(world.effects).toEqual(['flush tanks/here/a']);
    await close();
    await expect
      .poll(
        async () => {
          const { code, out } = await cli('incident', 'list', '--all', '-o', 'json', '--config', file);
          return { code, incidents: code === 0 ? JSON.parse(out) : out };
        },
        { timeout: 20_000 },
      )
      .toMatchObject({ code: 0, incidents: [{ targetKey: 'tanks/here/a', outcome: 'recovered' }] });
  });

  test('an incident is shown live, decided and recovered', async () => {
    world.tank('tanks/here/b');
    await open('b');
    const { client, close } = await connectTemporal(temporalSettings(loadConfig(file)));
    const asked = async () => (await getIncident(client, 'tanks/here/b')).view?.openDecision;
    await expect.poll(asked, { timeout: 15_000 }).toBeDefined();
    const shown = await cli('incident', 'show', 'tanks/here/b', '--config', file);
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining('Restart tank b') });
    const hash = (await asked())?.hash ?? '';
    const reply = await decide(client, 'tanks/here/b', {
      hash,
      answer: 'approve',
      by: 'ana',
      verified: 'token',
    });
    expect(reply).toMatchObject({ accepted: true });
    const handle = client.workflow.getHandle(workflowIds.incident('tanks/here/b'));
    expect(((await handle.result()) as IncidentResult).outcome).toBe('recovered');
    expect(world.count('restart tanks/here/b')).toBe(1);
    await close();
  });
}
