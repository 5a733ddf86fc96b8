import type { ApplyContext } from '../../adapter.js';

/** What the look of this attempt says of one container's life. */
export interface LookedAt {
  readonly startedAt?: string;
  readonly running?: boolean;
}

/** Finds a container in whatever look it is: the target itself, or one of those on the host. */
export function lookedAt({ look }: Pick<ApplyContext, 'look'>, id: string): LookedAt {
  const readings = [field(look.details, 'container'), ...list(field(look.details, 'containers'))];
  const reading = readings.find((one) => field(one, 'id') === id);
  const startedAt = field(reading, 'startedAt');
  const status = field(reading, 'status');
  return {
    ...(typeof startedAt === 'string' ? { startedAt } : {}),
    ...(typeof status === 'string' ? { running: status === 'running' || status === 'restarting' } : {}),
  };
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
