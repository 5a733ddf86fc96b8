import type { ChangeDraft, ChangeKind } from '../../change.js';
import { bytes, duration } from '../../format.js';
import type { SessionReading, WorkloadLook } from '../../kubernetes/details.js';
import type { SessionSettings } from '../../kubernetes/settings.js';
import { shellCommand, shellQuote } from '../shell.js';
import { workloadObject } from './object.js';
import type { ShortenTtlParams } from './params.js';

/** A session lives at least so long, whatever the configuration says. Seconds. */
export const leastTtlSeconds = 900;
/**
 * What one kept expiry takes in Redis besides its key: two times in ms, and the entry of a hash that is no longer
 * packed. Bytes; the script that keeps them counts by it, too.
 */
export const keptBytesBesideKey = 130;
/** Of a key whose length is not known, bytes. */
const usualKeyBytes = 30;
/** An undo stays possible for so long at most, and never longer than the shortened sessions live. Seconds. */
const undoSecondsAtMost = 3600;

/** Shortens the lives of sessions that nobody has used for a while. Renewed keys are left alone. */
export function planShortenTtl(
  look: WorkloadLook,
  settings: SessionSettings,
  sessions: SessionReading,
): ChangeDraft<ShortenTtlParams> {
  const toSeconds = Math.max(leastTtlSeconds, settings.shortenToSeconds);
  const { url, username, passwordSecret, match } = settings;
  const object = workloadObject(look);
  const keptBytes = sessions.keys * ((sessions.keyBytes ?? usualKeyBytes) + keptBytesBesideKey);
  return {
    kind: 'sessions.shortenTtl',
    object,
    touches: [object.key, `redis/${new URL(url).host}`],
    fields: [{ name: 'ttlSeconds', before: null, after: toSeconds }],
    params: {
      url,
      ...(username !== undefined && { username }),
      ...(passwordSecret !== undefined && { passwordSecret }),
      match,
      toSeconds,
      idleSeconds: leastTtlSeconds,
      hashBytesAtMost: roundedUp(keptBytes),
      undoSeconds: Math.min(undoSecondsAtMost, toSeconds),
    },
    fresh: {
      keys: sessions.keys,
      ...(!sessions.complete && { atLeast: true }),
      ...(sessions.idleShare !== undefined && { idleShare: sessions.idleShare }),
      ...(sessions.bytes !== undefined && { bytes: sessions.bytes }),
      keptBytes,
    },
  };
}

/** So that a few sessions more or less don't void an approval. */
function roundedUp(value: number): number {
  const step = 16 * 1024 ** 2;
  return Math.max(step, Math.ceil((value * 1.5) / step) * step);
}

export const shortenTtl: ChangeKind<ShortenTtlParams, WorkloadLook> = {
  kind: 'sessions.shortenTtl',
  title: 'Shorten the lives of idle sessions',
  alwaysAsk: true,
  disruption: (draft) => ({ disruption: 'dataLoss', why: lossOf(draft) }),
  describe: ({ params, fields, fresh }) =>
    fields[0]?.after === null
      ? {
          sentence: `Give the sessions ${params.match} that were shortened their earlier lives back`,
          command: byHand(params, fresh, 'back'),
        }
      : {
          sentence: `Let sessions ${params.match} that were idle for ${duration(params.idleSeconds)} end within ${duration(params.toSeconds)} (can be undone for ${duration(params.undoSeconds)})`,
          command: byHand(params, fresh, 'shorten'),
        },
  precondition(change, look) {
    const { sessions, settings } = { sessions: look.details.sessions, settings: look.settings.sessions };
    if (sessions === undefined) return 'The sessions could not be read.';
    if (settings?.url !== change.params.url || settings.match !== change.params.match)
      return 'The configuration of the sessions has changed since this was planned.';
    return sessions.readOnly ? 'This Redis is read-only: it is a replica, or short of memory.' : null;
  },
  undo: (change) => ({
    kind: change.kind,
    object: change.object,
    touches: change.touches,
    params: change.params,
    fields: [{ name: 'ttlSeconds', before: change.params.toSeconds, after: null }],
    fresh: { of: change.id },
  }),
  // 20,000 keys a second is what it is built for; a slow Redis gets ten times as long.
  timeoutSeconds: ({ fresh }) => 60 + Math.ceil((typeof fresh.keys === 'number' ? fresh.keys : 0) / 2000),
};

function lossOf({ fresh, params }: ChangeDraft<ShortenTtlParams>): string {
  const { keys, idleShare, bytes: size } = fresh;
  const count =
    typeof keys === 'number'
      ? `${fresh.atLeast === true ? 'at least ' : ''}${keys} sessions`
      : 'an unknown number of sessions';
  const idle =
    typeof idleShare === 'number'
      ? `, ${Math.round(idleShare * 100)} % of them idle for ${duration(params.idleSeconds)} or longer`
      : '';
  const held = typeof size === 'number' ? `, ${bytes(size)} in all` : '';
  return `there are ${count}${idle}${held}: those that are not used again are lost${keptWords(fresh, params)}`;
}

/** What the undo costs: Redis holds it beside the sessions. */
function keptWords({ keptBytes }: ChangeDraft['fresh'], { hashBytesAtMost }: ShortenTtlParams): string {
  return typeof keptBytes === 'number'
    ? `; what their lives were is kept in Redis, about ${bytes(keptBytes)}, ${bytes(hashBytesAtMost)} at most`
    : '';
}

/** By hand it is slower, and keeps nothing for an undo. Passwords: REDISCLI_AUTH. */
function byHand(
  { url, match, idleSeconds, toSeconds }: ShortenTtlParams,
  fresh: ChangeDraft['fresh'],
  what: 'shorten' | 'back',
): string {
  const redis = shellCommand(['redis-cli', '-u', url]);
  if (what === 'back')
    // A field is a key; its value the old expiry (-1: none) and the new one.
    return [
      `${redis} HGETALL ${shellQuote(`nightshift:ttl:${String(fresh.of)}`)} | while read -r key; do read -r old new;`,
      `[ "$old" = -1 ] && ${redis} PERSIST "$key" || ${redis} PEXPIREAT "$key" "$old"; done`,
    ].join(' ');
  return [
    `${redis} --scan --pattern ${shellQuote(match)} | while read -r key; do`,
    `[ "$(${redis} OBJECT IDLETIME "$key")" -ge ${idleSeconds} ] && ${redis} EXPIRE "$key" ${toSeconds} LT; done`,
  ].join(' ');
}
