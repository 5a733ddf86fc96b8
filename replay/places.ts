/** Where in this repository a newcomer finds what a difference is about. A test holds every path to be there. */

const shippedRunbooks: Readonly<Record<string, string>> = { 'MEM-001': 'workflows/runbooks/mem-001' };

/** Rungs whose file is not called as they are. */
const rungFiles: Readonly<Record<string, string>> = {
  'clear-caches': 'caches',
  'clear-harmful-caches': 'caches',
};

const engineFiles: Readonly<Record<string, string>> = {
  look: 'workflows/incident/looking.ts',
  carryOut: 'workflows/incident/choke-point.ts',
  askGovernor: 'workflows/incident/leasing.ts',
  tellGovernor: 'workflows/incident/closing.ts',
  decision: 'workflows/incident/asking.ts',
  deadline: 'workflows/incident/deadline.ts',
  climb: 'workflows/incident/ladder.ts',
  verify: 'workflows/incident/verification.ts',
  messages: 'workflows/incident/messenger.ts',
};

const entityFiles: Readonly<Record<string, string>> = {
  governor: 'workflows/governor/governor.ts',
  notifications: 'workflows/notifications/notifications.ts',
  watch: 'workflows/watch/watch.ts',
  archiver: 'workflows/archiver/archiver.ts',
};

const guardrails: ReadonlySet<string> = new Set([
  ...['always-ask', 'autonomy', 'blind', 'freeze', 'going-on', 'hold', 'identity', 'level', 'protected'],
  ...['rehearsal', 'remedy-off'],
]);

const parts = {
  ladder: 'ladder/index.ts',
  diagnosis: 'diagnosis.ts',
  verification: 'verification.ts',
  prevention: 'prevention.ts',
} as const;

/** Of a runbook that is in this repository; others are the user's own, and nobody here knows where they are. */
export function runbookPlace(runbook: string, part: keyof typeof parts): string | undefined {
  const folder = shippedRunbooks[runbook];
  return folder && `${folder}/${parts[part]}`;
}

export function rungPlace(runbook: string, rung: string): string | undefined {
  const folder = shippedRunbooks[runbook];
  return folder && `${folder}/ladder/${rungFiles[rung] ?? rung}.ts`;
}

export function enginePlace(part: string): string | undefined {
  return engineFiles[part];
}

export function entityPlace(workflowType: string): string | undefined {
  return entityFiles[workflowType];
}

export function guardrailPlace(name: string): string {
  return guardrails.has(name) ? `model/guardrails/${name}.ts` : 'model/guardrails/index.ts';
}

/** Every place that is ever named for what is shipped. */
export function allPlaces(rungs: readonly string[]): readonly string[] {
  const runbook = Object.keys(shippedRunbooks);
  return [
    ...Object.values(engineFiles),
    ...Object.values(entityFiles),
    ...[...guardrails, 'unknown'].map(guardrailPlace),
    ...runbook.flatMap((name) =>
      (['ladder', 'diagnosis', 'verification', 'prevention'] as const).map(
        (part) => runbookPlace(name, part) ?? '',
      ),
    ),
    ...runbook.flatMap((name) => rungs.map((rung) => rungPlace(name, rung) ?? '')),
  ];
}
