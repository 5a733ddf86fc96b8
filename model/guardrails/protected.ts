import type { Change } from '../change.js';
import { shortName } from '../target.js';
import { allow, disruptsNothing, type Guardrail, refuse } from './guardrail.js';
import { isHost, keysOf, reaches } from './patterns.js';

export { matchesKey as isProtectedBy } from './patterns.js';

/** What no configuration can release: by the last part of a key, replica numbers and name prefixes allowed for. */
const always: readonly { readonly what: string; readonly name: RegExp }[] = [
  { what: 'Nightshift itself', name: named('nightshift', '(worker|api|console|server)') },
  {
    what: "Nightshift's Temporal",
    name: named(
      'temporal',
      '(server|ui|frontend|history|matching|internal-frontend|admin-tools|postgres|postgresql|db)',
    ),
  },
  {
    what: 'its monitoring',
    name: named('(prometheus|alertmanager|grafana|loki|node[-_]?exporter|cadvisor)', '(server)'),
  },
  { what: 'the container runtime', name: /^process:(dockerd|containerd|containerd-shim.*|docker-proxy)$/ },
  { what: 'the kubelet', name: /^process:kubelet$/ },
  { what: 'PID 1', name: /^process:(1|init|systemd)$/ },
];

function named(name: string, part: string): RegExp {
  return new RegExp(`(^|[-_.:])${name}([-_.]${part})?([-_.]\\d+)?$`, 'i');
}

/** Protected things are never changed, nor anything that contains one disrupted. */
export const protectedTargets: Guardrail = {
  name: 'protected',
  rule: 'What is protected is never changed: Nightshift itself, its Temporal, its monitoring, dockerd, the kubelet, PID 1, and what the configuration names.',
  judge(change, { policy }) {
    const why = alwaysProtected(change) ?? configured(policy.protected, change);
    if (why) return refuse(why);
    if (!disruptsNothing(change) && change.touches.length === 0)
      return refuse('the plan does not say what it disrupts');
    return allow('touches nothing that is protected');
  },
};

function alwaysProtected(change: Change): string | undefined {
  for (const key of keysOf(change)) {
    // The last part of a host's key is only the engine's name.
    const rule = !isHost(key) && always.find(({ name }) => name.test(shortName(key)));
    if (rule) return `${key} is ${rule.what}: always protected`;
  }
  const { key, uid } = change.object;
  const isPidOne = shortName(key).startsWith('process:') && /^1(\D|$)/.test(uid);
  return isPidOne ? `${key} is PID 1: always protected` : undefined;
}

function configured(patterns: readonly string[], change: Change): string | undefined {
  for (const pattern of patterns) {
    const hit = reaches(change, pattern);
    if (hit)
      return hit.inside
        ? `${hit.key} contains what '${pattern}' protects`
        : `${hit.key} is protected by '${pattern}'`;
  }
  return undefined;
}
