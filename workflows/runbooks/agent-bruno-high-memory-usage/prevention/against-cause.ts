import { bytes, count, duration } from '../../../../model/format.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Recommendation, Seen } from '../../../../model/runbook.js';
import { growthWords } from '../causes/growing.js';
import { type Figures, figuresOf } from '../figures.js';
import { causes } from '../names.js';
import { growthBegan, settingsWritten } from '../release.js';

/** Advice for the cause that was found, with its evidence: what the developers have to mend. */
export function againstCause(seen: Seen<WorkloadLook>): readonly Recommendation[] {
  const figures = figuresOfWorst(seen);
  const lead = seen.diagnosis.causes[0];
  if (figures === undefined || lead === undefined) return [];
  const write = advice[lead.name];
  return write === undefined ? [] : [write(figures)];
}

/** As it was before anything was changed, where that could be read: afterwards the evidence is gone. */
export function figuresOfWorst({ first, latest, samples }: Seen<WorkloadLook>): Figures | undefined {
  return figuresOf(first.measure === undefined ? latest : first, samples);
}

const advice: Readonly<Record<string, (figures: Figures) => Recommendation>> = {
  [causes.leak]: (figures) => {
    const release = growthBegan(figures.look);
    return {
      title: 'Find the leak',
      why: [
        `It takes memory and does not give it back (${growthWords(figures)}); a restart only buys time.`,
        ...(release === undefined ? [] : [`It began with ${release.what}: look at that difference first.`]),
        ...settingsWritten(figures.look).map(({ what }) => `Shortly before it began ${what}.`),
        'Look for file handles and connections that are not closed, caches without a bound, and circular references that hold them. Profile it in development: two snapshots of tracemalloc, an hour apart, name the lines.',
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
  [causes.pools]: ({ accounts, app }) => ({
    title: 'Bound the connection pools, and close what is opened',
    why: [
      `The fullest pod held ${accounts.connectionCount ?? 'too many'} connections, about ${bytes(accounts.connections?.held ?? 0)} ${accounts.connectionCost.words}`,
      app.poolMax === undefined ? '. ' : `, of ${app.poolMax} that its pools may have. `,
      'Make one client for the process, not one for each request; give each pool a size and a time limit; use context managers, and close cursors explicitly.',
    ].join(''),
    snippet: {
      language: 'python',
      text: [
        'pool = redis.BlockingConnectionPool.from_url(REDIS_URL, max_connections=20, timeout=2)',
        'mongo = MongoClient(MONGO_URL, maxPoolSize=20, maxIdleTimeMS=60_000, appName="agent-bruno")',
        'with mongo.bruno.conversations.find(query, projection) as cursor: ...',
      ].join('\n'),
    },
  }),
  [causes.contexts]: ({ app, accounts, bytesPerSession }) => ({
    title: 'Bound the conversation context',
    why: [
      accounts.contexts === undefined
        ? ''
        : `Conversation contexts held ${accounts.contexts.words} of ${accounts.amountWords}. `,
      app.contextWindow === undefined ? '' : `The window is ${count(app.contextWindow, 'message')}. `,
      bytesPerSession === undefined ? '' : `A session had ${bytes(bytesPerSession)} in Redis on average. `,
      'Keep only the last N messages in memory and the rest in MongoDB, read with a projection and page by page.',
    ].join(''),
    snippet: {
      language: 'python',
      text: [
        'context = collections.deque(maxlen=CONTEXT_WINDOW)',
        "older = db.messages.find({'session': key}, {'text': 1}).sort('_id', -1).skip(page * 50).limit(50)",
      ].join('\n'),
    },
  }),
  [causes.sessions]: ({ sessions, app, sessionRise, look }) => {
    const ttl = look.details.workload.env.find(({ name }) => name === 'SESSION_TTL')?.value;
    return {
      title: 'Let sessions end sooner',
      why: [
        `${sessions?.keys ?? app.activeSessions ?? 'Too many'} sessions were held`,
        sessionRise === undefined ? '' : `, ${sessionRise.toFixed(1)} times the fewest that were seen`,
        sessions?.idleShare === undefined
          ? '. '
          : `; ${Math.round(sessions.idleShare * 100)} % of those sampled had been idle for ${duration(900)} or longer. `,
        `Set SESSION_TTL to what people need (${ttl === undefined ? 'it is not known now' : `it is ${ttl} s`}; the source advises 3600), limit what one session holds, let a job clean up sessions that have no life, and watch bruno_active_sessions.`,
      ].join(''),
    };
  },
  [causes.limit]: ({ measure }) => ({
    title: 'Give it what it needs, or make it need less',
    why: `It lay at ${bytes(measure.used)} without growing. Besides a larger limit: generators instead of lists, answers that are streamed, __slots__ for classes with many instances, no large objects in caches.`,
    snippet: {
      language: 'python',
      text: [
        'def conversations():',
        '    yield from db.conversations.find({}, projection)  # a generator, not a list',
        '',
        'class Message:',
        "    __slots__ = ['ip', 'message', 'response', 'timestamp']",
      ].join('\n'),
    },
  }),
  [causes.node]: ({ look }) => {
    const [node] = look.details.nodes.filter(({ memoryPressure }) => memoryPressure);
    const used =
      node?.usedBytes === undefined
        ? ''
        : ` ${node.name} uses ${bytes(node.usedBytes)} of ${bytes(node.allocatableBytes)}.`;
    return {
      title: 'Give the node room',
      why: `The node was short of memory, not this workload of its limit.${used} Look at what else runs there without requests, and at the eviction thresholds of the kubelet.`,
    };
  },
  [causes.traffic]: ({ app }) => ({
    title: 'Bound the requests that are answered at once',
    why: `It was answering ${app.inFlight ?? 'many'} requests at once, and each holds memory. Let it refuse or queue what is above a bound, stream long answers, and let an autoscaler follow the load.`,
  }),
  [causes.pageCache]: ({ worst }) => ({
    title: 'Alert on what the kernel can not take back',
    why: `${worst?.kernel === undefined ? '' : `${bytes(worst.kernel.fileBytes)} were pages of files; the processes held ${bytes(worst.kernel.anonBytes)}. `}The kernel takes it back when it is needed, so this alert was not a shortage: alert on container_memory_rss, or give large files posix_fadvise(DONTNEED).`,
  }),
  [causes.unclear]: ({ accounts }) => ({
    title: 'Have the app tell what it holds',
    why: `What filled the memory could not be told. Not read: ${accounts.missing.length === 0 ? 'nothing, and it did not suffice' : accounts.missing.join('; ')}. With these figures at /metrics the next incident can be told.`,
    snippet: {
      language: 'text',
      text: [
        'process_resident_memory_bytes',
        'bruno_active_sessions',
        'bruno_session_bytes',
        'bruno_context_bytes',
        'bruno_cache_bytes',
        'bruno_pool_connections',
        'bruno_in_flight_requests',
      ].join('\n'),
    },
  }),
};
