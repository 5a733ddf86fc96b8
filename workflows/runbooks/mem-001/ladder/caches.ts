import type { Disruption } from '../../../../model/change.js';
import { planCacheClear } from '../../../../model/changes/cache-clear.js';
import type { CacheSettings, DockerLook } from '../../../../model/container.js';
import type { Proposal, Remedy } from '../../../../model/runbook.js';
import { appFigures } from '../figures.js';
import { silent } from './pieces.js';

/** MEM-001 step 2. A cold cache is slow for a while; what loses sessions or data is not done here. */
export const clearCaches: Remedy<DockerLook> = {
  name: 'clear-caches',
  title: "Clear the application's caches",
  usually: 'none',
  propose(look) {
    const { caches } = look.settings;
    if (caches.length === 0)
      return { skip: 'no cache of this target is configured (caches: in nightshift.yaml)' };
    const gentle = caches.filter(isGentle);
    if (gentle.length === 0) return { skip: 'clearing its caches would lose data: see clear-harmful-caches' };
    const { cacheItems, cacheBytes } = appFigures(look);
    // With several caches the app's one figure need not be about all of them.
    if (caches.length === 1 && cacheItems === 0 && (cacheBytes ?? 0) === 0)
      return { skip: 'the app says that its cache is empty' };
    return propose(look, gentle, ['none', 'brief']);
  },
};

/** The same for what a person must weigh: sessions, queued work. After the restart, which may lose less. */
export const clearHarmfulCaches: Remedy<DockerLook> = {
  name: 'clear-harmful-caches',
  title: 'Clear what users would miss (sessions, data)',
  usually: 'dataLoss',
  propose(look) {
    const harmful = look.settings.caches.filter((cache) => !isGentle(cache));
    return harmful.length === 0
      ? { skip: 'no cache is configured whose clearing would lose something' }
      : propose(look, harmful, ['outage', 'dataLoss']);
  },
};

function isGentle({ disruption }: CacheSettings): boolean {
  return disruption === 'none' || disruption === 'brief';
}

function propose(
  look: DockerLook,
  caches: readonly CacheSettings[],
  gentlestFirst: readonly Disruption[],
): Proposal {
  const quiet = silent(look);
  if (quiet !== null) return { skip: `${quiet}: there is no cache to clear` };
  const order = [...caches].sort(
    (a, b) => gentlestFirst.indexOf(a.disruption) - gentlestFirst.indexOf(b.disruption),
  );
  return { changes: order.map((cache) => planCacheClear(look, cache)) };
}
