import { readFileSync } from 'node:fs';
import type { ContainerSettings, DockerDetails } from '../../model/container.js';
import type { Target } from '../../model/target.js';
import type { ReadContext, TargetAdapter } from '../adapter.js';
import { failure } from '../failure.js';
import { containerIdIn } from '../host/process.js';
import type { HostReader } from '../host/reader.js';
import { Notebook } from '../notebook.js';
import { Bindings } from './binding.js';
import type { DockerEngine } from './client.js';
import { KillCounter } from './kill-counter.js';
import { readTarget } from './read.js';
import { sampleTarget } from './sample.js';

export interface DockerAdapterOptions {
  /** The engine of a scope (`docker/local`). Throws `Misconfigured` where there is none. */
  readonly docker: (scope: string) => DockerEngine;
  /** The host that this worker runs on; its figures count only where it is the engine's. */
  readonly host: HostReader;
  /** Container names or keys that are never chosen for a disruption; `*` is any run of characters. */
  readonly protectedNames: readonly string[];
  /** Value of a secret that an endpoint names. */
  readonly secret?: (name: string) => string;
}

/** Reads containers, Docker hosts and single processes on them. */
export function createDockerAdapter(
  options: DockerAdapterOptions,
): TargetAdapter<DockerDetails, ContainerSettings> {
  const { docker, host, protectedNames, secret = noSecret } = options;
  const bindings = new Bindings(host);
  const counter = new KillCounter();
  const remembered = { counter, protectedNames, ownContainerId: ownContainerId() };
  return {
    targetKinds: ['container', 'host', 'hostProcess'],
    read(target, settings, context) {
      const notebook = new Notebook(context.now, context.signal);
      const engine = docker(target.scope);
      return readTarget({ target, settings, context, engine, host, secret, notebook }, remembered);
    },
    sample(target: Target, settings: ContainerSettings, context: ReadContext) {
      const engine = docker(target.scope);
      return sampleTarget({ target, settings, context, engine, host, bindings, counter, secret });
    },
  };
}

function noSecret(name: string): string {
  throw failure(
    'Misconfigured',
    `An endpoint names the secret ${name}, but the worker has no secrets configured.`,
  );
}

/** Id of the container that this process runs in, if it does. */
function ownContainerId(): string | undefined {
  try {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    const byMount = /\/containers\/([0-9a-f]{64})\/(?:hostname|resolv\.conf)/.exec(mounts)?.[1];
    return byMount ?? containerIdIn(readFileSync('/proc/self/cgroup', 'utf8').replace(/\n/g, '/'));
  } catch {
    return undefined;
  }
}
