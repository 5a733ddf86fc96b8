import { createDockerAdapter } from '../activities/docker/adapter.js';
import { createDockerAppliers } from '../activities/docker/appliers/index.js';
import type { HostReader } from '../activities/host/reader.js';
import type { Registry } from '../activities/incident/index.js';
import { createKubernetesAdapter } from '../activities/kubernetes/adapter.js';
import { createKubernetesAppliers } from '../activities/kubernetes/appliers/index.js';
import { policyFor, resolveSecret } from '../config/index.js';
import type { Config } from '../config/types.js';
import type { Applier, Extension } from '../model/extension.js';
import type { AnyLook } from '../model/look.js';
import { anyRunbook, type Runbook } from '../model/runbook.js';
import { agentBrunoHighMemoryUsage } from '../workflows/runbooks/agent-bruno-high-memory-usage/index.js';
import { mem001 } from '../workflows/runbooks/mem-001/index.js';
import type { Engines } from './engines.js';
import { createOutside } from './outside.js';

/** Where the configuration of this moment is: it may be read anew while the worker runs. */
export type CurrentConfig = () => Config;

/** The runbooks that come with Nightshift. */
export const shippedRunbooks: readonly Runbook<AnyLook>[] = [
  anyRunbook(mem001),
  anyRunbook(agentBrunoHighMemoryUsage),
];

/** Everything that activities need: from the configuration, what is shipped, and what extensions bring. */
export function createRegistry(options: {
  readonly config: CurrentConfig;
  readonly engines: Engines;
  readonly host: HostReader;
  readonly extensions: readonly Extension[];
}): Registry {
  const { config, engines, host, extensions } = options;
  const secret = (name: string): string => resolveSecret(config(), name);
  const docker = createDockerAdapter({
    docker: engines.docker,
    host,
    protectedNames: config().fallback.protected,
    secret,
  });
  const kubernetes = createKubernetesAdapter({ cluster: engines.cluster, outside: createOutside, secret });
  const appliers = {
    ...createDockerAppliers({ docker: engines.docker, proc: host.roots.proc }),
    ...createKubernetesAppliers({ cluster: engines.cluster }),
  };
  return {
    adapters: [docker, kubernetes, ...extensions.flatMap(({ adapters }) => adapters)],
    appliers: Object.assign({}, appliers, ...extensions.map((extension) => extension.appliers)) as Record<
      string,
      Applier
    >,
    runbooks: [...shippedRunbooks, ...extensions.map(({ runbook }) => runbook)],
    policyFor: (target) => policyFor(config(), target.key),
    secret,
    now: () => new Date(),
  };
}
