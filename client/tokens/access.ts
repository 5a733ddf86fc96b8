/** `webhook` delivers alerts and nothing else; `viewer` reads; `operator` does everything. */
export const roles = ['webhook', 'viewer', 'operator'] as const;
export type Role = (typeof roles)[number];

/** Who a token stands for, and what for. */
export interface Identity {
  readonly name: string;
  readonly role: Role;
  /** Target keys, `*` standing for any run of characters. */
  readonly targets: readonly string[];
}

export type Permission = 'deliver' | 'view' | 'operate';

const grants: Readonly<Record<Role, readonly Permission[]>> = {
  webhook: ['deliver'],
  viewer: ['view'],
  operator: ['deliver', 'view', 'operate'],
};

/** What the role allows at all. Which targets it allows it for, `mayTouch` says: both must hold. */
export function may(who: Identity, permission: Permission): boolean {
  return grants[who.role].includes(permission);
}

/** True where the target is among those that the token is for. */
export function mayTouch(who: Identity, targetKey: string): boolean {
  return who.targets.some((pattern) => matchesPattern(pattern, targetKey));
}

/** A key against a pattern in which `*` stands for any run of characters. Linear, whatever the pattern. */
export function matchesPattern(pattern: string, key: string): boolean {
  const parts = pattern.split('*');
  const [head = ''] = parts;
  if (parts.length === 1) return pattern === key;
  const tail = parts.at(-1) ?? '';
  if (!key.startsWith(head) || key.length < head.length + tail.length || !key.endsWith(tail)) return false;
  let at = head.length;
  for (const part of parts.slice(1, -1)) {
    const found = key.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= key.length - tail.length;
}
