import { z } from 'zod';
import { disruptions } from '../../model/change.js';
import {
  duration,
  name,
  oneOf,
  percentage,
  positiveInteger,
  text,
  timeOfDay,
  words,
  wrong,
} from './scalars.js';

const autonomyWord = oneOf(['observe', 'plan', 'approve', 'auto']);
const withoutAuto = z.enum(['observe', 'plan', 'approve'], {
  error: wrong('losing data is never automatic', 'Use observe, plan or approve'),
});

/** `auto`, or finer: by disruption, by kind of change. */
export const autonomy = z
  .union([
    autonomyWord,
    z.strictObject({
      target: autonomyWord.optional(),
      byDisruption: z
        .strictObject({
          none: autonomyWord.optional(),
          brief: autonomyWord.optional(),
          outage: autonomyWord.optional(),
          dataLoss: withoutAuto.optional(),
        })
        .optional(),
      byKind: z.record(z.string(), autonomyWord).optional(),
    }),
  ])
  .meta({
    id: 'Autonomy',
    description:
      'How far Nightshift may go by itself. observe: look only; plan: say what it would do; approve: ask for every ' +
      'change; auto: go. The kind wins over the disruption, the disruption over the target.',
  });

const people = z
  .union([name, z.array(words)])
  .meta({ description: 'Name of a group under groups:, or a list of people' });

const decisions = z.strictObject({
  group: people.optional(),
  secondGroup: people.optional(),
  approvals: positiveInteger('a number of approvals').optional(),
  timeLimit: duration.optional(),
  reminder: duration.optional(),
  onExpiry: oneOf(['escalate', 'skip', 'apply']).optional(),
  notTheRequester: z.boolean().optional(),
  trustTemporalAccess: z.boolean().optional(),
});

/** What can be said of a target's policy; each part that is left out comes from `defaults:`. */
export const policy = z
  .strictObject({
    thresholds: z
      .strictObject({ warning: percentage.optional(), critical: percentage.optional() })
      .optional(),
    remediesOff: z.array(name).optional(),
    decisions: decisions.optional(),
    budget: z
      .strictObject({
        perObjectPerHour: positiveInteger('a number of changes').optional(),
        perScopePerHour: positiveInteger('a number of changes').optional(),
        atOnce: positiveInteger('a number of changes').optional(),
      })
      .optional(),
    cooldown: duration.optional(),
    deadlines: z.strictObject({ warning: duration.optional(), critical: duration.optional() }).optional(),
    settle: duration.optional(),
    soak: z.strictObject({ time: duration.optional(), every: duration.optional() }).optional(),
    pauseLimit: duration.optional(),
    holdOff: z.strictObject({ first: duration.optional(), max: duration.optional() }).optional(),
  })
  .meta({ id: 'Policy', description: 'The rules for a target; what is left out comes from defaults' });

export type PolicyInput = z.output<typeof policy>;
export type AutonomyInput = z.output<typeof autonomy>;

function isTimeZone(zone: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const pattern = text(
  /^(\*\S*|\S*\/\S*)$/,
  'a pattern of target keys',
  'Write a whole key, such as docker/local/postgres, or */postgres for every engine',
);

export const freeze = z
  .strictObject({
    name: words,
    days: z.array(oneOf(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).default([]),
    from: timeOfDay,
    to: timeOfDay,
    timeZone: text(/\S/, 'a time zone', 'Use an IANA name, such as Europe/Berlin or UTC').refine(isTimeZone, {
      error: wrong('there is no such time zone', 'Use an IANA name, such as Europe/Berlin or UTC'),
    }),
    targets: z.array(pattern).optional(),
  })
  .meta({
    id: 'Freeze',
    description: 'A window in which nothing disruptive is done. No days: every day. No targets: all of them.',
  });

export const disruption = oneOf(disruptions);
