import { hpaMinReplicas, planHpaMin } from '../../../../model/changes/kubernetes/hpa-min.js';
import { planWorkloadScale, workloadScale } from '../../../../model/changes/kubernetes/workload-scale.js';
import { dateTime, duration } from '../../../../model/format.js';
import type { Autoscaling, WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Recommendation, Seen } from '../../../../model/runbook.js';

/** An autoscaler where none exists; with memory as its metric only for what gives memory back. */
export function scalingAdvice(seen: Seen<WorkloadLook>): readonly Recommendation[] {
  return [...takeBack(seen), ...autoscalerAdvice(seen)];
}

/** Added capacity has a stated end: it is said when, and how. */
function takeBack({ first, latest, applied }: Seen<WorkloadLook>): readonly Recommendation[] {
  if (!applied.includes('scale-out')) return [];
  const { hpa } = first.details.autoscaling;
  const { replicas } = first.details.workload;
  const command =
    hpa === undefined
      ? workloadScale.describe(planWorkloadScale(latest, replicas)).command
      : hpaMinReplicas.describe(planHpaMin(latest, hpa, hpa.min)).command;
  const end = new Date(Date.parse(latest.at) + latest.settings.capacitySeconds * 1000).toISOString();
  return [
    {
      title: `Decide whether the added capacity stays: it is taken back at ${dateTime(end)}`,
      why: `It was added for ${duration(latest.settings.capacitySeconds)}; \`nightshift incident keep\` keeps it. What is needed for longer belongs into the manifest, or to an autoscaler.`,
      snippet: { language: 'sh', text: command },
    },
  ];
}

function autoscalerAdvice({ latest }: Seen<WorkloadLook>): readonly Recommendation[] {
  const { workload, autoscaling } = latest.details;
  if (workload.kind === 'DaemonSet') return [];
  if (autoscaling.hpa !== undefined) return atItsMost(autoscaling.hpa);
  const most = Math.max(workload.replicas + 2, latest.settings.maxReplicas ?? 0);
  return [
    {
      title: 'Let an autoscaler spread the load',
      why: `It has ${workload.replicas} ${workload.replicas === 1 ? 'replica' : 'replicas'} and no HorizontalPodAutoscaler. Memory as its metric helps only what gives memory back under less load; a leak fills new pods, too.`,
      snippet: {
        language: 'yaml',
        text: [
          'apiVersion: autoscaling/v2',
          'kind: HorizontalPodAutoscaler',
          `metadata: { name: ${workload.name}-hpa, namespace: ${workload.namespace} }`,
          'spec:',
          `  scaleTargetRef: { apiVersion: apps/v1, kind: ${workload.kind}, name: ${workload.name} }`,
          `  minReplicas: ${Math.max(2, workload.replicas)}`,
          `  maxReplicas: ${most}`,
          '  metrics:',
          '    - type: Resource',
          '      resource: { name: memory, target: { type: Utilization, averageUtilization: 70 } }',
          '',
        ].join('\n'),
      },
    },
  ];
}

/** An autoscaler that can't go any further does not spread anything. */
function atItsMost({
  name,
  current,
  max,
  metrics,
}: NonNullable<Autoscaling['hpa']>): readonly Recommendation[] {
  if (current < max) return [];
  return [
    {
      title: `Give the autoscaler ${name} room`,
      why: `It has ${current} replicas, the most that it may have, by ${metrics.join(', ') || 'no metric'}. Raise maxReplicas, or lower what one replica takes; alert on current = max.`,
    },
  ];
}
