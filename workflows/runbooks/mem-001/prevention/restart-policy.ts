import {
  normalPolicy,
  planRestartPolicy,
  restartPolicy,
  restartPolicyRefusal,
} from '../../../../model/changes/restart-policy.js';
import type { Recommendation } from '../../../../model/runbook.js';
import { chosenContainer } from '../ladder/pieces.js';
import type { Lessons } from './lessons.js';

/** `unless-stopped` where there is no restart policy, and where one belongs. */
export function restartPolicyAdvice({ seen }: Lessons): readonly Recommendation[] {
  const container = chosenContainer(seen.latest);
  const look = seen.latest;
  if ('skip' in container || normalPolicy(container.restartPolicy) !== 'no') return [];
  if (restartPolicyRefusal(container, look) !== null) return [];
  return [
    {
      title: `Have the engine start ${container.name} again when it ends`,
      why: 'It has no restart policy: after an OOM kill it stays down until somebody notices. The command acts at once; compose needs `restart: unless-stopped` too, or the next `up` forgets it.',
      snippet: { language: 'sh', text: restartPolicy.describe(planRestartPolicy(container)).command },
    },
  ];
}
