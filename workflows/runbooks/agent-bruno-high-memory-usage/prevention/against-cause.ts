import { bytes } from '../../../../model/format.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Recommendation, Seen } from '../../../../model/runbook.js';
import { type Figures, figuresOf } from '../figures.js';
import { growthBegan } from '../following.js';
import { causes } from '../names.js';

/** Advice for the cause that was found, with its evidence: what the developers have to mend. */
export function againstCause({
  first,
  latest,
  samples,
  diagnosis,
}: Seen<WorkloadLook>): readonly Recommendation[] {
  const figures = figuresOf(first.measure === undefined ? latest : first, samples);
  const lead = diagnosis.causes[0];
  if (figures === undefined || lead === undefined) return [];
  const write = advice[lead.name];
  return write === undefined ? [] : [write(figures)];
}

const advice: Readonly<Record<string, (figures: Figures) => Recommendation>> = {
  [causes.leak]: (figures) => {
    const release = growthBegan(figures.look);
    return {
      title: 'Find the leak',
      why: [
        'It takes memory and does not give it back; a restart only buys time.',
        ...(release === undefined ? [] : [`It began with ${release.what}: look at that difference first.`]),
        'Look for file handles and connections that are not closed, caches without a bound, and circular references that hold them. Two snapshots of tracemalloc, an hour apart, name the lines.',
      ].join(' '),
      snippet: {
        language: 'python',
        text: [
          'import tracemalloc',
          'tracemalloc.start(10)',
          '# an hour apart, in the live process:',
          'before = tracemalloc.take_snapshot()',
          'after = tracemalloc.take_snapshot()',
          "for line in after.compare_to(before, 'lineno')[:20]: print(line)",
        ].join('\n'),
      },
    };
  },
  [causes.pools]: (figures) => ({
    title: 'Bound the connection pools, and close what is opened',
    why: `The fullest pod held ${figures.accounts.connectionCount ?? 'too many'} connections. Make one client for the process, not one for each request; give each pool a size and a time limit; use context managers, and close cursors.`,
    snippet: {
      language: 'python',
      text: [
        'pool = redis.ConnectionPool.from_url(REDIS_URL, max_connections=20, timeout=2)',
        'mongo = MongoClient(MONGO_URL, maxPoolSize=20, maxIdleTimeMS=60_000, appName="agent-bruno")',
        'with mongo.bruno.conversations.find(query, projection) as cursor: ...',
      ].join('\n'),
    },
  }),
  [causes.contexts]: ({ app, bytesPerSession }) => ({
    title: 'Bound the conversation context',
    why: [
      app.contextBytes === undefined ? '' : `Contexts held ${bytes(app.contextBytes)}. `,
      bytesPerSession === undefined ? '' : `A session had ${bytes(bytesPerSession)} on average. `,
      'Keep only the last N messages in memory and the rest in MongoDB, read with a projection and page by page.',
    ].join(''),
  }),
  [causes.sessions]: ({ sessions, app }) => ({
    title: 'Let sessions end sooner',
    why: `${sessions?.keys ?? app.activeSessions ?? 'Too many'} sessions were held. Set SESSION_TTL to what people need (3600 s instead of 86400 s in the source), give every session key a life, and run a clean-up job.`,
  }),
  [causes.limit]: ({ measure }) => ({
    title: 'Give it what it needs, or make it need less',
    why: `It lies at ${bytes(measure.used)} without growing. Besides a larger limit (below): generators instead of lists, answers that are streamed, __slots__ for classes with many instances.`,
  }),
  [causes.node]: () => ({
    title: 'Give the node room',
    why: 'The node was short of memory, not this workload of its limit: look at what else runs there without requests, and at the eviction thresholds of the kubelet.',
  }),
};
