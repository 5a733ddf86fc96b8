import { planShortenTtl } from '../../../../model/changes/kubernetes/shorten-ttl.js';
import { duration } from '../../../../model/format.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { memoryFollowsSessions } from '../following.js';
import { causes } from '../names.js';
import { notFor } from './pieces.js';

/** Fewer sessions are less memory only where the pods hold what the sessions hold. It loses data, so it is asked for. */
export const shortenSessions: Remedy<WorkloadLook> = {
  name: 'shorten-sessions',
  title: 'Shorten the lives of idle sessions',
  usually: 'dataLoss',
  propose(look, diagnosis) {
    const settings = look.settings.sessions;
    if (settings === undefined) return { skip: 'where its sessions are is not configured (sessions:)' };
    const unfit = notFor(diagnosis, [causes.sessions, causes.contexts]);
    if (unfit !== null) return { skip: unfit };
    const { sessions } = look.details;
    if (sessions === undefined) return { skip: 'its sessions could not be read' };
    if (sessions.readOnly) return { skip: 'its Redis is read-only' };
    const held = settings.heldBy === 'inProcess' || memoryFollowsSessions(look).follows;
    if (!held)
      return {
        skip: 'the pods’ memory has not been seen to follow the number of sessions, so fewer would free nothing',
      };
    if (sessions.idleShare === undefined)
      return {
        skip: 'how long its sessions were idle can not be told (with an LFU policy Redis does not keep it)',
      };
    const longest = sessions.ttlSeconds?.at(-1) ?? 0;
    if (sessions.withoutTtl === 0 && longest <= settings.shortenToSeconds)
      return { skip: `no session lives longer than ${duration(longest)}: there is nothing to shorten` };
    if (sessions.idleShare < 0.05) return { skip: 'hardly any session is idle: there is nothing to end' };
    return { changes: [planShortenTtl(look, settings, sessions)] };
  },
};
