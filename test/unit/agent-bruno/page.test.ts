import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentBrunoHighMemoryUsage as runbook } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/index.js';
import { related } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/related.js';
import { aChange } from '../../support/apply-context.js';
import { alertNames, namedBy } from '../../support/page-names.js';
import {
  appHistory,
  fullSettings,
  history,
  MiB,
  sessions,
  soak,
  workloadLook,
} from '../../support/workload-looks.js';

const { page } = runbook;

/** A look that has everything, so that every check is made and every point has its evidence. */
const full = workloadLook({
  pod: {
    workingSetBytes: 400 * MiB,
    redisConnections: 20,
    mongoConnections: 20,
    process: { rssBytes: 380 * MiB, vmsBytes: 500 * MiB, sharedBytes: 10 * MiB, source: 'kubectl exec' },
    app: { process_resident_memory_bytes: 380 * MiB, bruno_context_bytes: 50 * MiB },
  },
  look: { kills: 0 },
  settings: fullSettings,
  details: {
    history: history(300 * MiB, 400 * MiB),
    appHistory: appHistory({ process_resident_memory_bytes: () => 380 * MiB }, 20),
    sessions: sessions({}),
    probe: { ok: true, status: 200, latencyMs: 40, note: 'agent-bruno-a answered 200' },
  },
});
/** Each kind of change that is checked while it lasts. */
const resized = aChange({ kind: 'pod.resize', params: {}, uid: full.details.pods[0]?.uid ?? '' });
const samples = soak([40, 40, 41, 40, 40, 41, 40, 40, 41, 40, 40, 41]);

describe('the page of AgentBrunoHighMemoryUsage', () => {
  it('names the alerts of the shipped rules, the related ones among them', () => {
    const rules = readFileSync(join(process.cwd(), 'deploy/prometheus/agent-bruno.rules.yml'), 'utf8');
    expect([...page.alerts].sort()).toEqual([...alertNames(rules)].sort());
    expect(page.alerts).toEqual(expect.arrayContaining(Object.values(related)));
  });

  it('names every check that verification makes, and no other', () => {
    const checks = runbook.verify(full, full, samples, [resized]).map(({ name }) => name);
    expect([...namedBy(page.verification, checks)].sort()).toEqual([...checks].sort());
  });

  it('names every point that an escalation tells, in its order', () => {
    const diagnosis = runbook.diagnose(full, samples);
    const told = runbook.escalation?.({ first: full, latest: full, samples, diagnosis, applied: [] }) ?? [];
    const points = told.map((point) => point.replace(/:.*$/s, ''));
    expect(namedBy(page.escalation, points)).toEqual(points);
  });
});
