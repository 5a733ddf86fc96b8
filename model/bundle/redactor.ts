import type { Json, JsonObject } from '../json.js';
import { isSecretName, redact, redacted } from '../redact.js';
import { isObject } from './payloads.js';
import { isShallow } from './shape.js';

/** Payloads nested deeper are redacted as text: nothing of ours is, and a walk would run out of stack. */
const walkedLevels = 500;

/** Takes secrets out of texts and JSON, remembers what it took out, and counts the strings that it changed. */
export class Redactor {
  redactions = 0;
  /** What was taken out so far. */
  readonly found = new Set<string>();
  private readonly known = new Map<string, string>();
  private readonly everywhere: RegExp | undefined;

  /**
   * `called` is what the incident itself is called: a container may be named `sk-learn-…`, and its name stays.
   * `secrets` are taken out wherever they stand, whatever stands beside them.
   */
  constructor(
    private readonly called = '',
    secrets: readonly string[] = [],
  ) {
    const longestFirst = secrets.toSorted((a, b) => b.length - a.length);
    const forms = longestFirst.map((secret) => secret.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
    this.everywhere = forms.length === 0 ? undefined : new RegExp(forms.join('|'), 'g');
  }

  /** One text, clean. */
  text(text: string): string {
    const clean = this.known.get(text) ?? this.clean(text);
    this.known.set(text, clean);
    if (clean !== text) this.redactions += 1;
    return clean;
  }

  /** A JSON text, clean; the same text where nothing in it had to go. */
  json(text: string): string {
    const value = parsed(text);
    if (value === undefined || !isShallow(value, walkedLevels)) return this.deep(text);
    const clean = this.value(value);
    return clean === value ? text : JSON.stringify(clean);
  }

  private clean(text: string): string {
    const clean = redact(text);
    const taken = takenOut(text, clean);
    if (clean !== text && taken.every((secret) => this.called.includes(secret))) return text;
    for (const secret of taken) this.found.add(secret);
    return this.everywhere ? clean.replace(this.everywhere, redacted) : clean;
  }

  /** What is no JSON, or too deep to be walked. */
  private deep(text: string): string {
    const clean = this.text(text);
    return clean === text || parsed(clean) !== undefined ? clean : JSON.stringify(redacted);
  }

  /** The value itself where nothing in it had to go. */
  private value(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) {
      const clean = value.map((item: Json) => this.value(item));
      return clean.some((item, index) => item !== value[index]) ? clean : value;
    }
    return isObject(value) ? this.members(value as JsonObject) : value;
  }

  private members(holder: JsonObject): JsonObject {
    let changed = false;
    const members = Object.entries(holder).map(([key, value]) => {
      const cleanKey = this.text(key);
      const clean = typeof value === 'string' && isSecret(holder, key) ? this.hide(value) : this.value(value);
      changed ||= clean !== value || cleanKey !== key;
      return [cleanKey, clean] as const;
    });
    return changed ? Object.fromEntries(members) : holder;
  }

  /** A value that its name says is a secret. */
  private hide(value: string): string {
    if (value === '' || value === redacted) return value;
    this.redactions += 1;
    this.found.add(value);
    return redacted;
  }
}

/**
 * True where a name says that this member is a secret: `API_TOKEN: …` in labels and environments, and the pair
 * `{name: 'API_TOKEN', value: …}`. Not where our own settings name a secret that lies elsewhere.
 */
function isSecret(holder: JsonObject, key: string): boolean {
  if (isSecretName(key)) return !(key === 'bearerSecret' && ('url' in holder || 'postTo' in holder));
  if (!pairValues.has(key)) return false;
  const name = holder.name ?? holder.key;
  return typeof name === 'string' && isSecretName(name);
}

const pairValues: ReadonlySet<string> = new Set(['value', 'before', 'after']);

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** What stood where `[redacted]` stands now. */
function takenOut(before: string, after: string): readonly string[] {
  if (before === after) return [];
  const taken: string[] = [];
  let from = 0;
  for (const [index, kept] of after.split(redacted).entries()) {
    const at = kept === '' && index > 0 ? before.length : before.indexOf(kept, from);
    if (at < 0) return taken;
    if (index > 0) taken.push(before.slice(from, at));
    from = at + kept.length;
  }
  return taken;
}
