import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import type { Seen } from '../../../model/runbook.js';

/** Impact on users, business and data as it was seen, by the source's own three headings. */
export function impactOf({ latest, applied }: Seen<WorkloadLook>): readonly string[] {
  const { workload, probe, oomKills, pods } = latest.details;
  const kills = oomKills.filter(({ recent }) => recent).length;
  const ready = pods.filter((pod) => pod.ready && !pod.deleting).length;
  const readyWords = `${ready} of ${workload.replicas} replicas are ready`;
  const restarts = pods.reduce((sum, pod) => sum + pod.restarts, 0);
  const down = ready === 0;
  const hurt = kills > 0 || probe?.ok === false || ready < workload.replicas;
  const probed = probe === undefined ? 'no functional probe is configured' : `the probe: ${probe.note}`;
  return [
    `Impact on users: ${down ? 'HIGH' : hurt ? 'MEDIUM' : 'LOW'} (${readyWords}; ${probed})`,
    `Impact on business: ${down ? 'MEDIUM' : 'LOW'} (${kills} recent OOM kills, ${restarts} restarts of the pods that there are)`,
    applied.includes('shorten-sessions')
      ? 'Impact on data: idle sessions were let end sooner, as a person decided; those that are not used again are lost'
      : 'Impact on data: NONE by what was done here; answers under way in a killed pod are lost',
  ];
}
