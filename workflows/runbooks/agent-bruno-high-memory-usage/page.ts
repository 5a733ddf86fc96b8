import type { RunbookPage } from '../../../model/runbook.js';

/** What `nightshift runbook show AgentBrunoHighMemoryUsage` tells: the source, with what is done about it here. */
export const page: RunbookPage = {
  alerts: [
    'AgentBrunoHighMemoryUsage',
    'AgentBrunoMemoryExhausted',
    'AgentBrunoMemoryGrowing',
    'AgentBrunoTooManySessions',
    'AgentBrunoOOMKilled',
    'AgentBrunoPodCrashLooping',
    'AgentBrunoAPIDown',
    'AgentBrunoHighCPUUsage',
  ],
  symptoms: [
    'A pod approaches or exceeds its memory limit (1Gi in the source): warning from 80 %, critical from 90 %',
    'Slow answers, and containers that end OOMKilled',
    'A pod that is killed for want of memory again and again is critical, whatever it uses between two kills',
  ],
  impact:
    'Users: low to medium, slow answers and possible kills. Business: low, restarts may cost availability. Data: none is lost by the incident itself; of the remedies, shortening the lives of sessions loses those that are not used again, so it is always asked for.',
  lookedAt: [
    'Memory of every pod against its limit (metrics API), requests and limits, QoS class, node memory',
    'Its history in Prometheus: working set and usage, growth, plateau, peak; what was rolled out when the growth began',
    'OOM kills: lastState, events, restart counts; evictions for want of memory of the node, kept apart',
    "Log lines about memory, leak and cache, the killed container's log too",
    'The live process: resident, virtual and shared memory, and its collector where the app tells',
    'Sessions in Redis by SCAN: number, size, idle time, lives; connections of each pod to Redis and MongoDB',
    "The app's own metrics; autoscalers, disruption budgets, rollout, quota, and who owns which field",
  ],
  verification: [
    'Worst replica below the warning threshold: also in the worst sample of the last part of the soak',
    'Not growing back: at the measured rate the threshold is far away',
    'Resident memory of the process not growing: where Prometheus has it, through the soak',
    'No new OOM kill: since the last change, in any pod',
    'Replicas ready: all of them, and there is one',
    'No rollout under way: all replicas are of the present template',
    'Limits raised in place still hold: where a pod was given one',
    'Answers POST /chat: the functional probe, whatever request is configured for it',
  ],
  escalation: [
    'Impact on users: whether it answers, and how many replicas are ready',
    'Impact on business: what it may cost, by kills and restarts so far',
    'Impact on data: what was lost, if a remedy lost any',
    'Review the application code for leaks: where the growth began, and with which release',
    'Profile its memory in development: what the live process and its collector said',
    'Consider a stateless design: how much of the memory was sessions and contexts',
    'Evaluate other ways to serve the model: memory a request, and requests at once',
    'Contact the development team: with the report of this incident',
  ],
};
