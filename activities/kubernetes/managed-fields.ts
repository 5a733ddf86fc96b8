/** Reads `fieldsV1` trees: `f:spec` → `f:template` → `f:spec` → `f:containers` → `k:{"name":"agent"}` → `f:image`. */

/** What is under these keys, or undefined. */
export function inside(tree: unknown, ...keys: readonly string[]): object | undefined {
  let at: unknown = tree;
  for (const key of keys) at = isObject(at) ? at[key] : undefined;
  return isObject(at) ? at : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Fields of a pod template that a manager owns, called as differences between releases are: `containers.agent.image`. */
export function templateFields(tree: object | undefined): readonly string[] {
  const template = inside(tree, 'f:spec', 'f:template');
  return [...leaves(inside(template, 'f:metadata'), ''), ...leaves(inside(template, 'f:spec'), '')];
}

function leaves(tree: object | undefined, path: string): readonly string[] {
  const found = Object.entries(tree ?? {}).flatMap(([key, inner]) => {
    if (key === '.') return [];
    const name = nameOf(key);
    // One of a list that has no name: the list as a whole stands for it.
    if (name === undefined) return [path];
    return leaves(isObject(inner) ? inner : undefined, path === '' ? name : `${path}.${name}`);
  });
  return found.length === 0 && path !== '' ? [path] : found;
}

/** `f:image` is `image`, `k:{"name":"agent"}` is `agent`; undefined for what is known by anything else. */
function nameOf(key: string): string | undefined {
  if (key.startsWith('f:')) return key.slice(2);
  if (!key.startsWith('k:')) return undefined;
  try {
    const { name } = JSON.parse(key.slice(2)) as { readonly name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
