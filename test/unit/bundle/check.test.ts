import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkBundle } from '../../../model/bundle/check.js';
import { BundleError, type BundleProblem } from '../../../model/bundle/errors.js';
import { knownWithoutFacts } from '../../../model/bundle/known.js';
import { NotAnIncident } from '../../../model/bundle/make.js';
import { bundleDigest } from '../../../model/bundle/seal.js';
import { fold } from '../../../model/fold.js';
import { markdown } from '../../../model/report/index.js';
import { bundleOf, historyNames, incidentNames, recordedRun } from '../../support/bundles.js';

type Path = readonly (string | number)[];
type Loose = Record<string, unknown>;

const plain = (name?: string): Loose => JSON.parse(JSON.stringify(bundleOf(name))) as Loose;
const good = plain();

function problemOf(json: unknown): BundleProblem | 'good' {
  try {
    checkBundle(json, 'some.gz');
    return 'good';
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    expect(error.message).toContain('some.gz');
    expect(error.mend).not.toBe('');
    return error.problem;
  }
}

/** A copy with something else at that path. */
function altered(bundle: Loose, path: Path, value: unknown): Loose {
  const copy = structuredClone(bundle);
  let holder: Loose = copy;
  for (const step of path.slice(0, -1)) holder = holder[step] as Loose;
  holder[path.at(-1) as string] = value;
  return copy;
}

/** The same, with the digest that belongs to it: what an evil or a mistaken program would write. */
function forged(path: Path, value: unknown, bundle = good): Loose {
  const copy = altered(bundle, path, value);
  return { ...copy, digest: bundleDigest(copy) };
}

/** Every path to a value that is no object, as deep as it goes. */
function leaves(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]));
}

describe('a bundle', () => {
  it.each(incidentNames)('of %s is good, and its facts fold to its report', (name) => {
    const bundle = checkBundle(plain(name));
    expect(bundle.facts).toBeDefined();
    expect(markdown(fold(bundle.facts ?? []))).toContain(bundle.incident.runId);
  });

  it('of what is no incident, or has not ended, is not made', () => {
    for (const name of historyNames.filter((one) => !incidentNames.includes(one)))
      expect(() => bundleOf(name)).toThrow(NotAnIncident);
    const { events } = recordedRun('declined');
    expect(() => bundleOf('declined', { events: events.slice(0, -1) })).toThrow(/has not ended/);
    expect(() => bundleOf('declined', { events: [] })).toThrow(NotAnIncident);
  });

  it.each([
    ['FAILED', 'WORKFLOW_EXECUTION_FAILED', { failure: { message: 'it broke' } }, 'it broke'],
    ['CANCELLED', 'WORKFLOW_EXECUTION_CANCELED', {}, 'CANCELLED'],
    ['COMPLETED', 'WORKFLOW_EXECUTION_COMPLETED', { result: { payloads: [] } }, 'COMPLETED'],
  ])('of a run that ended %s without a result says so', (status, type, attributes, told) => {
    const { events } = recordedRun('declined');
    const last = { eventId: '999', eventTime: '2026-11-22T06:40:00Z', eventType: `EVENT_TYPE_${type}` };
    const bundle = bundleOf('declined', {
      events: [...events.slice(0, -1), { ...last, endEventAttributes: attributes }],
    });
    expect(bundle.incident).toMatchObject({ status, closedAt: '2026-11-22T06:40:00.000Z' });
    expect(bundle.facts).toBeUndefined();
    expect(knownWithoutFacts(bundle).join(' ')).toContain(told);
    expect(problemOf(bundle)).toBe('good');
  });
});

describe('what is no good bundle', () => {
  it.each<[BundleProblem, string, unknown]>([
    ['foreign', 'nothing', undefined],
    ['foreign', 'null', null],
    ['foreign', 'a list', []],
    ['foreign', 'a text', 'nightshift.incident-bundle'],
    ['foreign', 'another format', { format: 'x', version: 1 }],
    ['foreign', 'a plain history', { events: [] }],
    ['foreign', 'a kept history', { workflowId: 'x', history: { events: [] } }],
    ['newer', 'a newer version', { ...good, version: 2 }],
    ['newer', 'a newer version with nothing else that we know', { format: good.format, version: 99 }],
    ['edited', 'no version', { format: good.format }],
    ['edited', 'a version that is none', { ...good, version: '1' }],
    ['edited', 'no digest', { ...good, digest: undefined }],
    ['edited', 'a member more', { ...good, more: 1 }],
    ['edited', 'a member less', { ...good, facts: undefined }],
  ])('%s: %s', (problem, _what, json) => {
    expect(problemOf(json)).toBe(problem);
  });

  it('says which version it is, which can be read, and who wrote it', () => {
    expect(() => checkBundle({ ...good, version: 7, writtenBy: 'nightshift 9.0.0' }, 'f.gz')).toThrow(
      /f\.gz: is a bundle of version 7, written by nightshift 9\.0\.0; .* reads up to version 1/,
    );
  });

  it('edited: any value in it', () => {
    const all = leaves(good).filter(([first]) => first !== 'format' && first !== 'version');
    expect(all.length).toBeGreaterThan(1000);
    // Each value of the head, and a part of all the rest.
    const some = all.filter(([first], n) => first === 'incident' || first === 'digest' || n % 97 === 0);
    for (const path of some)
      expect([path, problemOf(altered(good, path, 'changed'))]).toEqual([path, 'edited']);
  });

  it.each<[string, Path, unknown]>([
    ['a short id that is a path', ['incident', 'shortId'], '../../../etc'],
    ['an end that is no time', ['incident', 'closedAt'], 'yesterday'],
    ['an end in no calendar', ['incident', 'closedAt'], '2026-99-99T00:00:00Z'],
    ['a target without a key', ['incident', 'target'], {}],
    ['a status that Temporal does not have', ['incident', 'status'], 'FINE'],
    ['alerts that are no list', ['incident', 'alerts'], { length: 1 }],
    ['facts that are no list', ['facts'], { length: 3 }],
    ['a fact of no type', ['facts', 0, 'type'], 'constructor'],
    ['a fact of a type that everything inherits', ['facts', 0, 'type'], '__proto__'],
    ['a fact without its change', ['facts', 5, 'at'], null],
    ['a policy without thresholds', ['policies', 0, 'policy', 'thresholds'], null],
    ['a history without events', ['history'], {}],
    ['an event that is none', ['history', 'events', 3], 'x'],
    ['no incident', ['incident'], null],
  ])('with a right digest, but nonsense: %s', (_what, path, value) => {
    expect(problemOf(forged(path, value))).toBe('unreadable');
  });

  it('with a right digest and any nonsense anywhere, it is refused or can be told: never a defect', () => {
    const paths = leaves(good).filter(([first]) => first !== 'history' && first !== 'report');
    const junk = fc.oneof(
      fc.constantFrom(null, {}, [], '', -1, Number.MAX_VALUE, true),
      fc.json().map((text) => JSON.parse(text) as unknown),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), junk, fc.nat(4), (path, value, up) => {
        const shorter = path.slice(0, Math.max(1, path.length - up));
        const json = forged(shorter, value);
        const problem = problemOf(json);
        if (problem === 'good') {
          const bundle = checkBundle(json);
          if (bundle.facts) markdown(fold(bundle.facts));
          knownWithoutFacts(bundle);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('with junk for a prototype, it pollutes nothing', () => {
    const text = JSON.stringify(good).replace(
      '{',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},',
    );
    const json = JSON.parse(text) as Loose;
    expect(problemOf({ ...json, digest: bundleDigest(json) })).toBe('good');
    expect(problemOf(json)).toBe('edited');
    expect(({} as Loose).polluted).toBeUndefined();
    expect(problemOf(JSON.parse('{"__proto__":{"format":"nightshift.incident-bundle","version":1}}'))).toBe(
      'foreign',
    );
  });

  it('nested deeper than a stack, it is refused in a moment', () => {
    const deep = JSON.parse(
      `{"format":"nightshift.incident-bundle","version":1,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    ) as unknown;
    expect(problemOf(deep)).toBe('unreadable');
    const report = JSON.parse(`${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`) as unknown;
    expect(problemOf(altered(good, ['facts', 0, 'deep'], report))).toBe('unreadable');
  });
});
