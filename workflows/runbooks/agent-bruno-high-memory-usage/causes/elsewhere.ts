import type { Cause } from '../../../../model/diagnosis.js';
import { bytes } from '../../../../model/format.js';
import { weigh } from '../../../../model/memory/weigh.js';
import type { Figures } from '../figures.js';
import { causes } from '../names.js';

/** The node is short of memory, whatever this workload's limit is. */
export function nodePressure({ look, measure }: Figures): Cause | undefined {
  const { nodes, nodeKills, pods } = look.details;
  const ours = nodes.filter(({ name }) => pods.some(({ node }) => node === name));
  const pressed = ours.filter(({ memoryPressure }) => memoryPressure);
  if (pressed.length === 0 && nodeKills.length === 0) return undefined;
  const below = measure.percent < look.policy.thresholds.warningPercent;
  return weigh(
    { name: causes.node, summary: 'Its node is short of memory; its own limit is not what was reached.' },
    [
      {
        holds: pressed.length > 0,
        weight: 0.4,
        words: `${pressed.map(({ name }) => name).join(', ')} reports memory pressure`,
      },
      { holds: nodeKills.length > 0, weight: 0.3, words: nodeKills.at(-1) ?? '' },
      { holds: below, weight: 0.3, words: 'its own use is below the warning threshold' },
      { holds: !below, weight: -0.2, words: 'its own limit is nearly reached, too' },
    ],
  );
}

/** Page cache counts as working set while it is active; the kernel takes it back when it is needed. */
export function pageCache({ worst, measure }: Figures): Cause | undefined {
  const rss = worst?.process?.rssBytes;
  if (rss === undefined) return undefined;
  const other = measure.used - rss;
  return weigh(
    { name: causes.pageCache, summary: 'Most of it is page cache, which the kernel takes back.' },
    [
      {
        holds: other > measure.used / 2,
        weight: 0.7,
        words: `the process itself holds only ${bytes(rss)} of ${bytes(measure.used)}`,
      },
    ],
  );
}
