import type { Recommendation } from '../../../../model/runbook.js';
import type { Lessons } from './lessons.js';

/** Where the alert rules are that see this early: 80, 85 proactive, 90 %, swap, OOM kills, growth. */
export const rulesFile = 'deploy/prometheus/mem-001.rules.yml';

/** Alert rules, where none of the shipped ones brought this to us. */
export function monitoringAdvice({ seen }: Lessons): readonly Recommendation[] {
  const { warningPercent } = seen.latest.policy.thresholds;
  return [
    {
      title: 'Have Prometheus see it coming',
      why: `The shipped rules warn from 80 %, clean up from 85 %, and tell of growth, swapping and OOM kills before the memory is gone (this target: warning from ${warningPercent} %).`,
      snippet: {
        language: 'yaml',
        text: `rule_files:\n  - ${rulesFile.slice(rulesFile.lastIndexOf('/') + 1)}   # ${rulesFile}\n`,
      },
    },
  ];
}
