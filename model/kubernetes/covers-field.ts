/** Whether who owns one field of a template owns the other: it is the same, holds it, or is a part of it. */
export function coversField(owned: string, name: string): boolean {
  return owned === name || name.startsWith(`${owned}.`) || owned.startsWith(`${name}.`);
}
