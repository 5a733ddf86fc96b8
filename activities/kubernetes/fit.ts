import type { PodReading, WorkloadDetails } from '../../model/kubernetes/details.js';
import type { Reading } from '../adapter.js';
import { atMost } from './differences.js';
import { evenly } from './series.js';

/** A look is at most 64 kB; policy and settings are added to what was read. */
const mostBytes = 56 * 1024;

/** Of what a release changed, where there is little room. */
const fewFields = 10;

type Read = Reading<WorkloadDetails>;

/** Least wanted first: what is left out is detail, never a pod's figure or a gap. */
const cuts: readonly ((read: Read) => Read)[] = [
  (read) => having(read, { logLines: read.details.logLines.slice(-20) }),
  (read) => having(read, { lately: withFewFields(read.details.lately) }),
  (read) => having(read, { goneHistory: undefined, ...fewerFigures(read.details) }),
  (read) => having(read, { sessionHistory: evenly(read.details.sessionHistory, 60) }),
  (read) =>
    having(read, {
      history: read.details.history.map(({ pod, points }) => ({ pod, points: evenly(points, 60) })),
    }),
  (read) => ({ ...read, evidence: read.evidence.filter(({ name }) => !name.startsWith('app.')) }),
  (read) => having(read, { pods: read.details.pods.map(withFewFigures) }),
  (read) => having(read, { pods: read.details.pods.slice(0, 8), logLines: [] }),
];

/** The reading, with so much left out that it fits into a look. */
export function fitted(read: Read): Read {
  return cuts.reduce((rest, cut) => (sizeOf(rest) > mostBytes ? cut(rest) : rest), read);
}

function sizeOf(read: Read): number {
  return Buffer.byteLength(JSON.stringify(read));
}

function having(read: Read, details: Partial<WorkloadDetails>): Read {
  return { ...read, details: { ...read.details, ...details } };
}

function withFewFigures(pod: PodReading): PodReading {
  return { ...pod, app: Object.fromEntries(Object.entries(pod.app).slice(0, 20)) };
}

/** Only the last releases may have begun it: of the others it is only counted what they changed. */
function withFewFields(lately: WorkloadDetails['lately']): WorkloadDetails['lately'] {
  const last = lately.filter(({ kind }) => kind === 'rollout').slice(-3);
  return lately.map((one) => {
    const { differs, more, ...rest } = one;
    return { ...rest, ...(differs && atMost(differs, last.includes(one) ? fewFields : 0, more)) };
  });
}

/** Every second moment of what the app told over time. */
function fewerFigures({ appHistory }: WorkloadDetails): Partial<WorkloadDetails> {
  if (appHistory === undefined) return {};
  const every = <T>(items: readonly T[]): readonly T[] =>
    items.filter((_, i) => (items.length - 1 - i) % 2 === 0);
  const values = Object.entries(appHistory.values).map(([name, list]) => [name, every(list)] as const);
  return { appHistory: { ...appHistory, at: every(appHistory.at), values: Object.fromEntries(values) } };
}
