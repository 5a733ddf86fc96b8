import { openIncident, provoke, untilFull } from '../../test/support/bruno-night.js';
import { RealNight } from '../../test/support/real-night.js';
import type { Row } from '../report.js';
import { everySource, type Subject } from './subject.js';

const settleSeconds = 15;
const soakSeconds = 20;
const everySeconds = 2;

/** What fills the subject: its pool of connections, which a restart empties. */
export const filled = { REDIS_POOL_SIZE: '690', CONNECTION_KIB: '160' };

/** One incident from its alert to its end, by a worker of the product; its requests are counted by the API server. */
export async function wholeIncident(
  subject: Subject,
  sources: { readonly prometheus: string; readonly mongo: string },
): Promise<readonly Row[]> {
  const { namespace, target } = subject.bruno;
  const night = await RealNight.open();
  try {
    const cluster = namespace.cluster.name;
    night.configure(
      `
clusters: { ${cluster}: { kubeconfig: '${subject.kubeconfig}' } }
defaults: { settle: ${settleSeconds}s, soak: { time: ${soakSeconds}s, every: ${everySeconds}s } }
targets:${everySource(subject, { ...sources, cluster })}
`,
      {},
    );
    await night.startWorker();
    await provoke(subject.bruno, { kind: 'connections', speed: 120, size: 660 });
    await untilFull(subject.bruno);
    namespace.audit.mark();
    const began = Date.now();
    const { outcome, facts } = await night.result(await openIncident(night, target));
    const took = ((Date.now() - began) / 1000).toFixed(0);
    const requests = namespace.audit.requestsBy(subject.user);
    const changing = namespace.audit
      .effects(namespace.name)
      .map(({ verb, resource }) => `${verb} ${resource}`);
    const count = (type: string): number => facts.filter((fact) => fact.type === type).length;
    return [
      {
        what: 'requests to the API server of one whole incident',
        value: requests.length,
        unit: '',
        note: `by its audit log; ${outcome} in ${took} s, ${count('looked')} looks, ${count('applied')} changes applied (${changing.join(', ') || 'none of the workload'}), settle ${settleSeconds} s, soak ${soakSeconds} s with a sample every ${everySeconds} s; ${most(requests)}`,
      },
    ];
  } finally {
    await night.close();
  }
}

/** What was asked most often. */
function most(requests: readonly { readonly verb: string; readonly resource: string }[]): string {
  const counts = new Map<string, number>();
  for (const { verb, resource } of requests) {
    const what = `${verb} ${resource || 'version'}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, 5);
  return `most: ${sorted.map(([what, times]) => `${what} ${times}`).join(', ')}`;
}
