import type { ChangeDraft } from '../../change.js';

/** Old and new value of a field that holds a number. Throws where the change has no such field. */
export function numberField(
  { kind, fields }: Pick<ChangeDraft, 'kind' | 'fields'>,
  name: string,
): { readonly before: number; readonly after: number } {
  const field = fields.find((one) => one.name === name);
  if (typeof field?.before !== 'number' || typeof field.after !== 'number')
    throw new TypeError(`${kind} needs the field ${name} with two numbers`);
  return { before: field.before, after: field.after };
}

/** The fields turned round, for an undo. */
export function turned({ fields }: Pick<ChangeDraft, 'fields'>): ChangeDraft['fields'] {
  return fields.map(({ name, before, after }) => ({ name, before: after, after: before }));
}
