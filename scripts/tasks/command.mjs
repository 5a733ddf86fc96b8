import { join } from 'node:path';
import * as alertmanager from '../parts/alertmanager.mjs';
import * as images from '../parts/bruno-images.mjs';
import * as docker from '../parts/docker.mjs';
import * as image from '../parts/image.mjs';
import * as kubernetes from '../parts/kubernetes/index.mjs';
import * as mongoServer from '../parts/mongo-server.mjs';
import * as prometheus from '../parts/prometheus.mjs';
import * as temporal from '../parts/temporal.mjs';
import { ROOT } from './project.mjs';

const MAIN = join(ROOT, 'dist/client/cli/main.js');

/** `npm run nightshift -- …`: the CLI, as built. A demo among it gets what a demo needs. */
export function nightshift(session, args) {
  if (args[0] === 'demo') return demo(session, args.slice(1));
  return session.foreground(process.execPath, [MAIN, ...args]);
}

/** `npm run demo`: the parts, then the CLI's demo with their whereabouts. Its exit code is ours. */
export async function demo(session, args) {
  const cli = await temporal.ensure(session);
  if (args.includes('--kubernetes')) return demoOnCluster(session, args, cli);
  const { engine, agent } = await engineWithAgent(session);
  session.log(
    `Temporal server ${cli.version} (${cli.how}), Docker engine ${engine.version} at ${engine.host}${engine.private ? ' (private)' : ''}, image ${agent.image}`,
  );
  return session.foreground(process.execPath, [MAIN, 'demo', ...args], {
    ...engine.env,
    NIGHTSHIFT_TEMPORAL_CLI: cli.path,
    NIGHTSHIFT_AGENT_IMAGE: agent.image,
  });
}

async function demoOnCluster(session, args, cli) {
  const { paths } = await prometheus.ensure(session);
  const { cluster, env } = await clusterWithBruno(session);
  session.log(
    `Temporal server ${cli.version} (${cli.how}), Kubernetes cluster ${cluster.private ? `${cluster.id} of its own` : cluster.kubeconfig}`,
  );
  return session.foreground(process.execPath, [MAIN, 'demo', ...args], {
    ...env,
    NIGHTSHIFT_PROMETHEUS: paths.prometheus,
    NIGHTSHIFT_TEMPORAL_CLI: cli.path,
  });
}

/** An engine, stopped again at the session's end if it is ours, and the agent's image in it. */
export async function engineWithAgent(session) {
  const engine = await docker.start(session);
  session.atEnd(() => engine.stop());
  const certPath = engine.env.DOCKER_CERT_PATH;
  const agent = await image.agentImage({
    host: engine.host,
    certPath,
    log: session.log,
    signal: session.signal,
  });
  return { engine, agent };
}

/**
 * A cluster, gone at the session's end if it is ours, with the images of agent-bruno and of its Redis in it. In a
 * person's own cluster the images are the person's: named by the same variables, and nothing is made.
 * @returns {Promise<{ cluster: object, env: Record<string, string> }>}
 */
export async function clusterWithBruno(session) {
  await kubernetes.ensure(session);
  if (process.env.NIGHTSHIFT_KUBECONFIG && !process.env.NIGHTSHIFT_CLUSTER) {
    const cluster = await kubernetes.start(session);
    return { cluster, env: { ...cluster.env, NIGHTSHIFT_KUBECTL: cluster.kubectl } };
  }
  // Before the cluster: making them takes both cores, and so does a cluster's start.
  const bruno = await images.agentBruno(session);
  const redis = await images.redisImage(session);
  const cluster = await kubernetes.start(session);
  session.atEnd(() => cluster.stop());
  for (const { archive } of [bruno, redis]) await cluster.importImage(archive, session);
  return {
    cluster,
    env: {
      ...cluster.env,
      NIGHTSHIFT_KUBECTL: cluster.kubectl,
      NIGHTSHIFT_BRUNO_IMAGE: bruno.image,
      NIGHTSHIFT_REDIS_IMAGE: redis.image,
    },
  };
}

/** `npm run bench`. It needs a Temporal server; its section `kubernetes`, where it is named, a cluster and monitoring. */
export async function bench(session, args) {
  const cli = await temporal.ensure(session);
  const env = { NIGHTSHIFT_TEMPORAL_CLI: cli.path };
  if (args.includes('kubernetes')) {
    const monitoring = {
      ...(await prometheus.ensure(session)).paths,
      ...(await alertmanager.ensure(session)).paths,
    };
    env.NIGHTSHIFT_PROMETHEUS = monitoring.prometheus;
    env.NIGHTSHIFT_ALERTMANAGER = monitoring.alertmanager;
    env.NIGHTSHIFT_MONGO_SERVER = (await mongoServer.ensure(session)).path;
    Object.assign(env, (await clusterWithBruno(session)).env);
  }
  return session.foreground(process.execPath, [join(ROOT, 'dist/bench/main.js'), ...args], env);
}
