import { guardrails } from '../../model/guardrails/index.js';
import type { AnyLook } from '../../model/look.js';
import type { Runbook } from '../../model/runbook.js';

/** What of a runbook its page tells. */
export type DescribedRunbook = Pick<
  Runbook<AnyLook>,
  'name' | 'title' | 'version' | 'targetKinds' | 'page' | 'ladder'
>;

export interface PageSection {
  readonly heading: string;
  readonly items: readonly string[];
  /** Their order says something. */
  readonly ordered?: true;
}

/** What a runbook is for, what it looks at, its ladder and guardrails, how it verifies: whatever it is shown on. */
export interface Page {
  readonly title: string;
  readonly impact: string;
  readonly sections: readonly PageSection[];
}

/** The page of a runbook, from the runbook that runs. */
export function pageOf({ name, title, version, page, ladder }: DescribedRunbook): Page {
  const rungs = ladder.map((rung) => `${rung.title} (${rung.name}; usually disrupts: ${rung.usually})`);
  const rules = guardrails.map((guardrail) => `${guardrail.name}: ${guardrail.rule}`);
  const sections: readonly PageSection[] = [
    { heading: 'Alerts', items: page.alerts },
    { heading: 'Symptoms', items: page.symptoms },
    { heading: 'Looked at', items: page.lookedAt },
    { heading: 'Ladder, gentlest first', items: rungs, ordered: true },
    { heading: 'Guardrails, before each change and again directly before it is made', items: rules },
    { heading: 'Verification', items: page.verification },
    { heading: 'Escalation', items: page.escalation },
  ];
  return {
    title: `${name}: ${title} (version ${version})`,
    impact: page.impact,
    sections: sections.filter(({ items }) => items.length > 0),
  };
}
