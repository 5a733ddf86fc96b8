import { type ChangeDraft, changeHash } from '../change.js';
import type { Json, JsonObject } from '../json.js';
import { isSecretName, redact, redacted } from '../redact.js';
import { isObject } from './payloads.js';
import { isShallow, list, members, object, text } from './shape.js';

/** Payloads nested deeper are redacted as text: nothing of ours is, and a walk would run out of stack. */
const walkedLevels = 500;

/** Takes secrets out of texts and JSON, remembers what it took out, and counts the strings that it changed. */
export class Redactor {
  redactions = 0;
  /** What was taken out so far. */
  readonly found = new Set<string>();
  /** Hashes of changes out of which something was taken, and what they are now. */
  readonly rehashed = new Map<string, string>();
  private readonly known = new Map<string, string>();
  private readonly everywhere: RegExp | undefined;
  private readonly hashes: RegExp | undefined;

  /**
   * `called` is what the incident itself is called: a container may be named `sk-learn-…`, and its name stays.
   * `secrets` are taken out wherever they stand, whatever stands beside them. `rehash` has the new hashes of
   * changes: a decision names the hash of what it decides on, and what is left of that must still have it.
   */
  constructor(
    private readonly called = '',
    secrets: readonly string[] = [],
    private readonly rehash: ReadonlyMap<string, string> = new Map(),
  ) {
    this.everywhere = anyOf(secrets);
    this.hashes = anyOf([...rehash.keys()]);
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

  private clean(given: string): string {
    const text = this.hashes ? given.replace(this.hashes, (hash) => this.rehash.get(hash) ?? hash) : given;
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
    const pairs = Object.entries(holder).map(([key, value]) => {
      const cleanKey = this.text(key);
      const clean = typeof value === 'string' && isSecret(holder, key) ? this.hide(value) : this.value(value);
      changed ||= clean !== value || cleanKey !== key;
      return [cleanKey, clean] as const;
    });
    if (!changed) return holder;
    const clean = Object.fromEntries(pairs);
    if (isChange(holder) && isChange(clean)) this.rehashed.set(changeHash(holder), changeHash(clean));
    return clean;
  }

  /** A value that its name says is a secret. */
  private hide(value: string): string {
    if (value === '' || value === redacted) return value;
    this.redactions += 1;
    this.found.add(value);
    return redacted;
  }
}

/** One pattern for all of these, the longest first; undefined where there are none. */
function anyOf(texts: readonly string[]): RegExp | undefined {
  const forms = texts
    .toSorted((a, b) => b.length - a.length)
    .map((text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
  return forms.length === 0 ? undefined : new RegExp(forms.join('|'), 'g');
}

const ofChange = members({
  kind: text,
  object: members({ key: text, uid: text }),
  fields: list(object),
  params: object,
});

function isChange(value: unknown): value is ChangeDraft {
  return ofChange(value, 'change') === undefined;
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
