import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as alertmanager from '../parts/alertmanager.mjs';
import * as composeSpec from '../parts/compose-spec.mjs';
import * as helm from '../parts/helm.mjs';
import * as kubeStateMetrics from '../parts/kube-state-metrics.mjs';
import * as mongoServer from '../parts/mongo-server.mjs';
import * as nodeExporter from '../parts/node-exporter.mjs';
import * as openssl from '../parts/openssl.mjs';
import * as prometheus from '../parts/prometheus.mjs';
import * as redis from '../parts/redis.mjs';
import * as temporal from '../parts/temporal.mjs';
import * as temporalServer from '../parts/temporal-server.mjs';
import * as timeSkippingServer from '../parts/time-skipping-server.mjs';
import { lint } from './check.mjs';
import { clusterWithBruno, engineWithAgent } from './command.mjs';
import { program, ROOT } from './project.mjs';

/** What the tests need, and the variables by which they find it. A test without its part skips, and says so. */
const PARTS = [
  { title: 'Temporal CLI', get: temporal.ensure, env: ({ path }) => ({ NIGHTSHIFT_TEMPORAL_CLI: path }) },
  {
    title: 'Temporal time-skipping server',
    get: timeSkippingServer.ensure,
    env: ({ path }) => ({ NIGHTSHIFT_TIME_SKIPPING_SERVER: path }),
  },
  {
    title: 'Temporal server',
    get: temporalServer.ensure,
    env: ({ path }) => ({ NIGHTSHIFT_TEMPORAL_SERVER: path }),
  },
  {
    title: "Docker engine and the agent's image",
    get: engineWithAgent,
    env: ({ engine, agent }) => ({ ...engine.env, NIGHTSHIFT_AGENT_IMAGE: agent.image }),
  },
  {
    title: 'Prometheus',
    get: prometheus.ensure,
    env: ({ paths }) => ({ NIGHTSHIFT_PROMETHEUS: paths.prometheus, NIGHTSHIFT_PROMTOOL: paths.promtool }),
  },
  {
    title: 'Alertmanager',
    get: alertmanager.ensure,
    env: ({ paths }) => ({ NIGHTSHIFT_ALERTMANAGER: paths.alertmanager, NIGHTSHIFT_AMTOOL: paths.amtool }),
  },
  {
    title: 'node-exporter',
    get: nodeExporter.ensure,
    env: ({ path }) => ({ NIGHTSHIFT_NODE_EXPORTER: path }),
  },
  {
    title: 'Redis',
    get: redis.ensure,
    env: ({ path, cli }) => ({ NIGHTSHIFT_REDIS_SERVER: path, NIGHTSHIFT_REDIS_CLI: cli }),
  },
  {
    title: 'MongoDB-protocol server',
    get: mongoServer.ensure,
    env: ({ path }) => ({ NIGHTSHIFT_MONGO_SERVER: path }),
  },
  {
    title: 'Kubernetes cluster, and the images of agent-bruno and Redis',
    get: clusterWithBruno,
    env: ({ env }) => env,
  },
  {
    title: 'kube-state-metrics',
    get: kubeStateMetrics.ensure,
    env: ({ path }) => ({ NIGHTSHIFT_KUBE_STATE_METRICS: path }),
  },
  { title: 'Helm', get: helm.ensure, env: ({ path }) => ({ NIGHTSHIFT_HELM: path }) },
  { title: 'openssl', get: openssl.ensure, env: ({ path }) => ({ NIGHTSHIFT_OPENSSL: path }) },
  {
    title: 'compose parser',
    get: composeSpec.ensure,
    env: ({ path }) => ({ NIGHTSHIFT_COMPOSE_SPEC: path }),
  },
];

const isCi = () => !['', '0', 'false'].includes(process.env.CI ?? '');

/**
 * `npm test`: lint, all parts, then vitest with `args`. The last line says how many tests passed, failed
 * and were skipped, by vitest's own count; it is left to the session, to be printed when all is put away.
 * @returns {Promise<number>} the exit code
 */
export async function test(session, args) {
  const linted = await lint(session);
  const env = await partsEnvironment(session);
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-report-'));
  session.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const report = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await session.foreground(
    program('vitest'),
    ['run', '--root', ROOT, ...reporters, ...args],
    env,
  );
  const { passed, failed, skipped } = count(report);
  session.lastLine = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  if (!linted) session.log('lint or format failed; see above (npm run format mends what can be mended)');
  if (passed + failed === 0) session.log('no test ran');
  // Only a whole run can prove every row.
  const unproven = args.length === 0 ? (await import('./coverage.mjs')).coverageProblems(report) : [];
  for (const problem of unproven) session.log(`docs/coverage.md: ${problem}`);
  const well = code === 0 && linted && failed === 0 && passed > 0 && (unproven.length === 0 || !isCi());
  return session.signalCode ?? (well ? 0 : 1);
}

async function partsEnvironment(session) {
  const env = {};
  for (const part of PARTS) {
    try {
      Object.assign(env, part.env(await part.get(session)));
    } catch (error) {
      if (error.name !== 'PartError' || isCi()) throw error;
      session.log(`${part.title}: the tests that need it are skipped, since ${error.message}`);
    }
  }
  return env;
}

/** A file that can't even be loaded has no tests to count; it counts as one failed. */
function count(report) {
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const all = testResults.flatMap((file) => file.assertionResults.map((each) => each.status));
    const of = (...states) => all.filter((status) => states.includes(status)).length;
    const broken = testResults.filter(
      (file) => file.status === 'failed' && !file.assertionResults.some((each) => each.status === 'failed'),
    );
    return {
      passed: of('passed'),
      failed: of('failed') + broken.length,
      skipped: of('skipped', 'pending', 'todo', 'disabled'),
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
