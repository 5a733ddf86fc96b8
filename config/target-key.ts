import type { WorkloadKind } from '../model/kubernetes/settings.js';
import type { NamedWorkload } from './resolve-workload.js';
import type { TargetInput } from './schema/index.js';

/** Which thing a target entry names. */
export interface Named {
  readonly key: string;
  readonly kind: string;
  readonly scope: string;
  /** Where it is on a Docker engine: the engine, and the container or process. */
  readonly engine?: string;
  readonly container?: string;
  readonly process?: string;
  /** Which workload of which cluster it is. */
  readonly workload?: NamedWorkload;
}

/** Why an entry names nothing, or more than one thing. */
export interface Unnamed {
  readonly problem: string;
  readonly mend: string;
}

export const dockerKinds = ['container', 'host', 'hostProcess'];

const forms =
  'Give engine with one of container, host: true or process; cluster with namespace and deployment; or a key';

/** What an entry names: by its key, or by engine and container, host or process. */
export function nameOf(target: TargetInput): Named | Unnamed {
  const { key, engine, container, host, process, kind, scope } = target;
  const parts = [container, host, process].filter((part) => part !== undefined);
  if (target.cluster !== undefined || isWorkloadKey(key)) return workloadOf(target);
  if (key !== undefined && (engine !== undefined || parts.length > 0))
    return { problem: 'it has a key and another name as well', mend: forms };
  if (kind !== undefined && !dockerKinds.includes(kind)) return ofAddedKind(key, kind, scope);
  if (scope !== undefined) return { problem: 'its scope follows from its key', mend: 'Take scope out' };
  const named = key !== undefined ? parseDockerKey(key) : ofParts(engine, parts, target);
  if ('problem' in named || kind === undefined || named.kind === kind) return named;
  return { problem: `it is a ${named.kind}, not a ${kind}`, mend: 'Take kind out: the key says it' };
}

function ofAddedKind(key: string | undefined, kind: string, scope: string | undefined): Named | Unnamed {
  if (key === undefined) return { problem: `a ${kind} needs its key`, mend: `Add key: and the key` };
  return { key, kind, scope: scope ?? key.split('/').slice(0, 2).join('/') };
}

function ofParts(
  engine: string | undefined,
  parts: readonly unknown[],
  target: TargetInput,
): Named | Unnamed {
  if (engine === undefined || parts.length === 0)
    return { problem: 'it does not say what it is', mend: forms };
  if (parts.length > 1) return { problem: 'it names more than one thing', mend: forms };
  if (target.container !== undefined) return parseDockerKey(`docker/${engine}/${target.container}`);
  return parseDockerKey(target.host ? `docker/${engine}` : `docker/${engine}/process:${target.process}`);
}

/** Takes `docker/local`, `docker/local/agent` and `docker/local/process:indexer` apart. */
export function parseDockerKey(key: string): Named | Unnamed {
  const match = /^docker\/([^/]+)(?:\/(?:process:([^/:]+)|([^/:]+)))?$/.exec(key);
  if (!match) {
    const mend =
      'Write docker/<engine>, docker/<engine>/<container> or docker/<engine>/process:<name>; add kind: for others';
    return { problem: 'it is the key of nothing that is known', mend };
  }
  const [, engine = '', process, container] = match;
  const kind = process !== undefined ? 'hostProcess' : container !== undefined ? 'container' : 'host';
  return { key, kind, scope: `docker/${engine}`, engine, process, container };
}

/** The key of a workload begins with its system. */
function isWorkloadKey(key: string | undefined): boolean {
  return key?.startsWith('kubernetes/') ?? false;
}

const workloadKinds: Readonly<Record<string, WorkloadKind>> = {
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
};

/** By cluster, namespace and name, or by its key. */
function workloadOf(target: TargetInput): Named | Unnamed {
  const { key, cluster, namespace, engine, container, host, process, kind, scope } = target;
  if ([engine, container, host, process].some((part) => part !== undefined))
    return { problem: 'it names something of Docker and a workload of a cluster', mend: forms };
  if (kind !== undefined || scope !== undefined)
    return { problem: 'its kind and scope follow from its key', mend: 'Take kind and scope out' };
  const named = Object.entries({
    deployment: target.deployment,
    statefulset: target.statefulSet,
    daemonset: target.daemonSet,
  }).filter(([, name]) => name !== undefined);
  if (key !== undefined)
    return cluster === undefined && namespace === undefined && named.length === 0
      ? parseWorkloadKey(key)
      : { problem: 'it has a key and another name as well', mend: forms };
  const [[word, name] = []] = named;
  if (namespace === undefined || named.length !== 1)
    return {
      problem: 'it does not say which workload it is',
      mend: 'Give namespace, and one of deployment, statefulSet and daemonSet',
    };
  return parseWorkloadKey(`kubernetes/${cluster}/${namespace}/${word}/${name}`);
}

/** Takes `kubernetes/prod/bruno/deployment/agent-bruno` apart. */
export function parseWorkloadKey(key: string): Named | Unnamed {
  const match = /^kubernetes\/([^/]+)\/([^/]+)\/(deployment|statefulset|daemonset)\/([^/]+)$/.exec(key);
  const kind = workloadKinds[match?.[3] ?? ''];
  if (match === null || kind === undefined)
    return {
      problem: 'it is the key of no workload',
      mend: 'Write kubernetes/<cluster>/<namespace>/deployment/<name> (or statefulset, daemonset)',
    };
  const [, cluster = '', namespace = '', , name = ''] = match;
  return {
    key,
    kind: 'workload',
    scope: `kubernetes/${cluster}`,
    workload: { cluster, namespace, kind, name },
  };
}
