import type { TargetInput } from '../schema/index.js';
import type { WorkloadInput } from '../schema/workload.js';
import type { Path } from '../yaml.js';
import type { Checked } from './report.js';
import { checkUnique } from './targets.js';

/** A session lives at least so long, whatever is configured. Seconds. */
const leastLife = 900;

/** What is said of a workload makes sense together. */
export function checkWorkload(checked: Checked, { workload = {} }: TargetInput, at: Path): void {
  const { report } = checked;
  const path = [...at, 'workload'];
  const { caches = [], env = [], sessions } = workload;
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
  checkUnique([...path, 'caches'], names(caches), report);
  checkUnique([...path, 'env'], names(env), report);
  for (const [i, { name, endpoint, disruption }] of caches.entries())
    if (disruption === 'none' && /session/i.test(`${name} ${endpoint.path}`))
      report.error(
        [...path, 'caches', i, 'disruption'],
        'clearing sessions is felt by those in them',
        'Write dataLoss, or brief where a session comes back by itself; or rename the cache',
      );
  if (sessions?.shortenTo !== undefined && sessions.shortenTo < leastLife)
    report.error(
      [...path, 'sessions', 'shortenTo'],
      'sessions are never shortened to less than 15 minutes',
      'Write 15m or more',
    );
  if (sessions && /^\**$/.test(sessions.match))
    report.error(
      [...path, 'sessions', 'match'],
      'it takes every key of that Redis for a session',
      'Name what sessions begin with, such as bruno:session:*',
    );
  checkBearers(checked, workload, path);
}

/** The API server's proxy passes no token on to the app. */
function checkBearers({ report }: Checked, workload: WorkloadInput, path: Path): void {
  for (const field of ['metrics', 'gc', 'probe'] as const) {
    const endpoint = workload[field];
    if (endpoint?.bearer !== undefined && endpoint.via !== 'address')
      report.error(
        [...path, field, 'bearer'],
        'the API server’s proxy passes no bearer token on to the app',
        'Add via: address (from inside the cluster), or take bearer out',
      );
  }
}
