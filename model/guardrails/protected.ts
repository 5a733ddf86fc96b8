import type { Change } from '../change.js';
import { contains, shortName } from '../target.js';
import { allow, disruptsNothing, type Guardrail, refuse } from './guardrail.js';

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
  judge(change, { policy }) {
    const keys = [...new Set([change.object.key, ...change.touches])];
    for (const key of keys) {
      const why = alwaysProtected(key, change) ?? matching(policy.protected, key, change);
      if (why) return refuse(why);
    }
    if (!disruptsNothing(change) && change.touches.length === 0)
      return refuse('the plan does not say what it disrupts');
    return allow('touches nothing that is protected');
  },
};

function alwaysProtected(key: string, { object }: Change): string | undefined {
  // A key of two parts is a whole host: there the last part is only the engine's name.
  const rule = key.split('/').length > 2 && always.find(({ name }) => name.test(shortName(key)));
  if (rule) return `${key} is ${rule.what}: always protected`;
  const isPidOne = key === object.key && shortName(key).startsWith('process:') && /^1(\D|$)/.test(object.uid);
  return isPidOne ? `${key} is PID 1: always protected` : undefined;
}

function matching(patterns: readonly string[], key: string, change: Change): string | undefined {
  const hit = patterns.find((pattern) => isProtectedBy(pattern, key));
  if (hit !== undefined) return `${key} is protected by '${hit}'`;
  if (disruptsNothing(change) || !change.touches.includes(key)) return undefined;
  const inside = patterns.find((pattern) => contains(key, literalPart(pattern)));
  return inside === undefined ? undefined : `${key} contains what '${inside}' protects`;
}

/** True where the key, or something that contains it, matches the pattern. `*` is any run of characters. */
export function isProtectedBy(pattern: string, key: string): boolean {
  const text = pattern
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${text}(/.*)?$`).test(key);
}

function literalPart(pattern: string): string {
  return pattern.split('*')[0] ?? '';
}
