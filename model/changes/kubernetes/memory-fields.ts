import type { ChangeDraft, FieldChange } from '../../change.js';
import { bytes } from '../../format.js';
import type { MemoryFigures } from './bounds.js';

/** Modes in which a VPA does not set what new pods, or pods that run, may have. */
export const vpaIdle: Readonly<Record<'newPods' | 'runningPods', readonly string[]>> = {
  newPods: ['Off'],
  runningPods: ['Off', 'Initial'],
};

/** Old and new limit, and request where that changes, too. */
export function memoryFields(
  now: { readonly limitBytes?: number; readonly requestBytes?: number },
  wanted: MemoryFigures,
): readonly FieldChange[] {
  const limit = { name: 'limits.memory', before: now.limitBytes ?? null, after: wanted.limitBytes };
  // What has no request has its limit for one.
  const request = now.requestBytes ?? now.limitBytes ?? null;
  return request === wanted.requestBytes
    ? [limit]
    : [limit, { name: 'requests.memory', before: request, after: wanted.requestBytes }];
}

/** Old and new limit, bytes; null: none. Throws where the change has no such field. */
export function limitField(draft: Pick<ChangeDraft, 'fields' | 'kind'>): {
  readonly before: number | null;
  readonly after: number | null;
} {
  const field = draft.fields.find(({ name }) => name === 'limits.memory');
  const { before, after } = field ?? {};
  if (isFigure(before) && isFigure(after)) return { before, after };
  throw new TypeError(`${draft.kind} needs the field limits.memory with numbers, or null for none`);
}

function isFigure(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}

/** The limits in words: `1 GiB`, `none`. */
export function limitsInWords(draft: Pick<ChangeDraft, 'fields' | 'kind'>): { from: string; to: string } {
  const { before, after } = limitField(draft);
  const words = (value: number | null): string => (value === null ? 'none' : bytes(value));
  return { from: words(before), to: words(after) };
}

/** Bytes as Kubernetes writes them: whole MiB where they are whole. */
export function quantity(value: unknown): string {
  if (typeof value !== 'number') throw new TypeError('a quantity of memory is a number of bytes');
  return value % 1024 ** 2 === 0 ? `${value / 1024 ** 2}Mi` : String(value);
}
