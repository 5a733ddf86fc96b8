import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import type { FieldChange } from '../../model/change.js';
import type { Json } from '../../model/json.js';
import type { LatelyChanged } from '../../model/kubernetes/details.js';
import { isSecretName, redact, redacted } from '../../model/redact.js';

/** Of what differs, in one line. */
const mostCharacters = 300;

/** So many of the fields that differ, and how many more there are: going back replaces them all. */
export function atMost(
  differs: readonly FieldChange[],
  most: number,
  besides = 0,
): Pick<LatelyChanged, 'differs' | 'more'> {
  const more = Math.max(0, differs.length - most) + besides;
  return { differs: differs.slice(0, most), ...(more > 0 && { more }) };
}

/** Whole fields, as many as there is room for, and how many more. */
export function differenceWords(differs: readonly FieldChange[]): string {
  const words = differs.map(({ name, before, after }) => `${name}: ${show(before)} → ${show(after)}`);
  const ends = words.map((_, i) => words.slice(0, i + 1).join(', ').length);
  const fits = ends.filter((end) => end <= mostCharacters).length;
  if (fits === words.length) return words.join(', ');
  const [first = ''] = words;
  const told = fits === 0 ? [`${first.slice(0, mostCharacters)}…`] : words.slice(0, fits);
  const more = words.length - told.length;
  return `${told.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function show(value: Json): string {
  return value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** Marks of restarts and hashes of the controllers: no difference that anybody made on purpose. */
const noise = /restartedAt|pod-template-hash|controller-revision-hash|nightshift\.dev\//;

/**
 * Fields of two templates that differ, flat: `containers.agent.image`, `containers.agent.env.SESSION_TTL`. Of a secret
 * it is told that it differs, not what it is.
 */
export function difference(before: V1PodTemplateSpec, after: V1PodTemplateSpec): readonly FieldChange[] {
  const [a, b] = [flat(before), flat(after)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((name) => !noise.test(name) && a.get(name) !== b.get(name))
    .toSorted()
    .map((name) => ({ name, before: shown(name, a.get(name)), after: shown(name, b.get(name)) }));
}

function shown(name: string, value: string | undefined): string | null {
  if (value === undefined) return null;
  if (isSecretName(name.split('.').at(-1) ?? '')) return redacted;
  const line = redact(`${name}=${value}`);
  return (line.startsWith(`${name}=`) ? line.slice(name.length + 1) : redacted).slice(0, 200);
}

function flat(template: V1PodTemplateSpec): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  walk(
    { annotations: template.metadata?.annotations, labels: template.metadata?.labels, ...template.spec },
    '',
    found,
  );
  return found;
}

function walk(value: unknown, path: string, found: Map<string, string>): void {
  if (value === null || value === undefined) return;
  if (typeof value !== 'object') {
    found.set(path, String(value));
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (!Array.isArray(value) || typeof inner !== 'object' || inner === null || !('name' in inner)) {
      walk(inner, at, found);
      continue;
    }
    // One of a list is called by its name, so that one put before it changes nothing of it.
    const { name, ...rest } = inner;
    const named = `${path}.${String(name)}`;
    // A variable is its value.
    walk('value' in rest && Object.keys(rest).length === 1 ? rest.value : rest, named, found);
  }
}
