import type { Cause } from '../../../../model/diagnosis.js';
import { bytes, percent } from '../../../../model/format.js';
import { weigh } from '../../../../model/memory/weigh.js';
import type { Figures } from '../figures.js';
import { causes } from '../names.js';

/** The kubelet evicts when less than 100 MiB are left by default; above this share the node is nearly there. */
const crowdedShare = 0.95;

/** The node is short of memory, whatever this workload's limit is. */
export function nodePressure({ look, measure, kills }: Figures): Cause | undefined {
  const { nodes, nodeKills, pods } = look.details;
  const ours = nodes.filter(({ name }) => pods.some(({ node }) => node === name));
  const pressed = ours.filter(({ memoryPressure }) => memoryPressure);
  const crowded = ours.filter((node) => (node.usedBytes ?? 0) >= node.allocatableBytes * crowdedShare);
  if (pressed.length === 0 && nodeKills.length === 0 && crowded.length === 0) return undefined;
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
      {
        holds: crowded.length > 0,
        weight: 0.1,
        words: crowded
          .map((node) => `${node.name} uses ${bytes(node.usedBytes ?? 0)} of ${bytes(node.allocatableBytes)}`)
          .join(', '),
      },
      {
        holds: below && kills.length === 0,
        weight: 0.3,
        words: `its own use is ${percent(measure.percent)}, below the warning threshold`,
      },
      { holds: !below, weight: -0.2, words: 'its own limit is nearly reached, too' },
      { holds: kills.length > 0, weight: -0.1, words: 'it was killed at its own limit, too' },
    ],
  );
}

/**
 * Page cache counts as working set while it is active; the kernel takes it back when it is needed. As the kernel says:
 * what the working set has beyond one process may be other processes. With shared memory among it it is a guess.
 */
export function pageCache({ accounts, worst, measure }: Figures): Cause | undefined {
  const kernel = worst?.kernel;
  if (kernel === undefined || accounts.pageCache === undefined) return undefined;
  const words = `the kernel counts ${bytes(kernel.anonBytes)} for its processes and ${bytes(kernel.fileBytes)} for files, of ${bytes(measure.used)} (${kernel.source})`;
  const most = accounts.pageCache.least > accounts.amount / 2;
  return weigh(
    { name: causes.pageCache, summary: 'Most of it is page cache, which the kernel takes back.' },
    [
      { holds: most && kernel.withShared !== true, weight: 0.75, words },
      {
        holds: most && kernel.withShared === true,
        weight: 0.4,
        words: `${words}; shared memory and tmpfs, which it can't take back, may be among the files`,
      },
    ],
  );
}
