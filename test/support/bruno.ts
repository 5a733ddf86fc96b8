import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { agentBruno, redisImage } from '../../scripts/parts/bruno-images.mjs';
import type { OwnCluster } from '../../scripts/parts/kubernetes/index.mjs';
import * as mongoServer from '../../scripts/parts/mongo-server.mjs';
import { apply, kubectl, kubectlJson } from './own-cluster.js';

const MANIFEST = new URL('../../examples/agent-bruno/kubernetes.yaml', import.meta.url);
/** The cluster has no DNS, so pods find Redis by a fixed address under its usual name. */
const REDIS_IP = '10.96.0.60';
const REDIS_NAME = 'redis-master.redis.svc.cluster.local';
const quiet = (): void => {};

interface Workload {
  kind: string;
  spec?: {
    template?: { spec: { containers: Container[]; hostAliases?: object[]; dnsPolicy?: string } };
    clusterIP?: string;
  };
  metadata: { name: string; namespace?: string };
}

interface Container {
  name: string;
  image: string;
  env?: { name: string; value: string }[];
  resources?: { limits?: { memory?: string } };
}

/** A pod as far as tests read it. */
export interface Pod {
  metadata: { name: string; uid: string };
  spec: { containers: { resources: { limits?: { memory?: string } } }[] };
  status: {
    podIP?: string;
    containerStatuses?: {
      containerID?: string;
      ready: boolean;
      restartCount: number;
      resources?: { limits?: { memory?: string } };
      lastState: { terminated?: { reason: string; exitCode: number } };
    }[];
  };
}

/**
 * Puts agent-bruno into the cluster as in `examples/agent-bruno/kubernetes.yaml`, with its Redis as pods and a
 * MongoDB-protocol server beside them, and waits until it is ready.
 * @param env set besides what the manifest sets
 */
export async function deployBruno(
  cluster: OwnCluster,
  { env = {}, limit = '1Gi' }: { env?: Record<string, string>; limit?: string } = {},
): Promise<void> {
  const agent = await agentBruno({ log: quiet });
  const redis = await redisImage({ log: quiet });
  const mongo = await mongoServer.ensure({ log: quiet });
  for (const { archive } of [agent, redis]) await cluster.importImage(archive);
  const args = ['--bind_ip', cluster.nodeIp, '--port', '27017'];
  await cluster.runProgram({ name: 'mongo-server', command: mongo.path, args });
  const objects = parseAllDocuments(readFileSync(MANIFEST, 'utf8')).map((each) => each.toJS() as Workload);
  const images: Record<string, string> = { 'agent-bruno': agent.image, redis: redis.image };
  const added = { MONGO_URL: `mongodb://${cluster.nodeIp}:27017/bruno`, ...env };
  for (const object of objects) adapt(object, { images, env: added, limit });
  await apply(cluster, objects);
  await kubectl(cluster, 'rollout', 'status', '-n', 'redis', 'statefulset/redis-master', '--timeout=60s');
  await kubectl(cluster, 'rollout', 'status', '-n', 'bruno', 'deployment/agent-bruno', '--timeout=90s');
}

function adapt(
  object: Workload,
  { images, env, limit }: { images: Record<string, string>; env: Record<string, string>; limit: string },
): void {
  if (object.kind === 'Service' && object.metadata.name === 'redis-master' && object.spec)
    object.spec.clusterIP = REDIS_IP;
  const pod = object.spec?.template?.spec;
  if (!pod) return;
  pod.dnsPolicy = 'Default';
  pod.hostAliases = [{ ip: REDIS_IP, hostnames: [REDIS_NAME] }];
  for (const container of pod.containers) {
    container.image = images[container.name] ?? container.image;
    if (container.name !== 'agent-bruno') continue;
    const others = (container.env ?? []).filter(({ name }) => !(name in env));
    container.env = [...others, ...Object.entries(env).map(([name, value]) => ({ name, value }))];
    if (container.resources?.limits) container.resources.limits.memory = limit;
  }
}

/** agent-bruno's pods. */
export async function brunoPods(cluster: OwnCluster): Promise<Pod[]> {
  const selector = ['-n', 'bruno', '-l', 'app=agent-bruno'];
  return (await kubectlJson<{ items: Pod[] }>(cluster, 'get', 'pods', ...selector)).items;
}

/** One request to the app in the first pod, from this machine. */
export async function ask(cluster: OwnCluster, path: string, body?: object): Promise<string> {
  const [pod] = await brunoPods(cluster);
  const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
  const response = await fetch(`http://${pod?.status.podIP}:8080${path}`, init);
  if (!response.ok) throw new Error(`${path} answers ${response.status}: ${await response.text()}`);
  return response.text();
}
