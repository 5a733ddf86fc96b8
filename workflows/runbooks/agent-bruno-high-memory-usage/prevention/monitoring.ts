import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Recommendation, Seen } from '../../../../model/runbook.js';

/** Alerts with the source's thresholds, where nothing keeps a history of the memory. */
export function monitoringAdvice({ first, latest }: Seen<WorkloadLook>): readonly Recommendation[] {
  if (first.details.history.length > 0 || latest.details.history.length > 0) return [];
  const { namespace, name } = latest.details.workload;
  const which = `{namespace="${namespace}",pod=~"${name}.*",container!=""}`;
  const { warningPercent, criticalPercent } = latest.policy.thresholds;
  return [
    {
      title: 'Keep a history of its memory, and alert on it',
      why: `No history could be read, so growth was judged by this incident's own readings only. Alert at ${warningPercent} % and ${criticalPercent} %, on OOM kills and on growth.`,
      snippet: {
        language: 'yaml',
        text: [
          'groups:',
          `  - name: ${name}-memory`,
          '    rules:',
          '      - alert: AgentBrunoHighMemoryUsage',
          `        expr: max by (namespace, pod) (container_memory_working_set_bytes${which}) / max by (namespace, pod) (kube_pod_container_resource_limits{resource="memory",namespace="${namespace}"}) > ${warningPercent / 100}`,
          '        for: 5m',
          '        labels: { severity: warning }',
          '      - alert: AgentBrunoOOMKilled',
          // The kubelet's own counter is gone with the container whose main process was killed.
          `        expr: time() - kube_pod_container_status_last_terminated_timestamp${which} < 600 and on (namespace, pod, container) kube_pod_container_status_last_terminated_reason{reason="OOMKilled",namespace="${namespace}"}`,
          '        labels: { severity: critical }',
          '      - alert: AgentBrunoMemoryGrowing',
          `        expr: deriv(container_memory_working_set_bytes${which}[30m]) > 0 and predict_linear(container_memory_working_set_bytes${which}[30m], 3600) > on (namespace, pod) group_left () max by (namespace, pod) (kube_pod_container_resource_limits{resource="memory",namespace="${namespace}"})`,
          '        labels: { severity: warning }',
          '',
        ].join('\n'),
      },
    },
  ];
}
