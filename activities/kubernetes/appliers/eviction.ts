import { failure, messageOf } from '../../failure.js';
import type { Answer } from '../client.js';
import { translateAnswer } from '../errors.js';
import { paths } from '../paths.js';
import type { Tools } from './tools.js';
import { managed, refusedByAdmission } from './write.js';

/** A pod, the one that is meant. */
export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What the API server said: it is on its way; there is no such pod; or not now, and why. */
export type Evicted = 'sent' | 'gone' | { readonly notNow: string; readonly budget: boolean };

/**
 * Asks once for the eviction of one pod, by its uid, so that disruption budgets hold. Throws `Unsupported` where it is
 * refused for good, `PermissionDenied`, `Unreachable`.
 */
export async function askEviction(
  { cluster }: Tools,
  { namespace, name, uid }: PodIdentity,
): Promise<Evicted> {
  const path = managed(`${paths.pod(namespace, name)}/eviction`);
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    // Another pod of that name is not the one that was meant.
    deleteOptions: { preconditions: { uid } },
  };
  const answer = await cluster.call('POST', path, {
    signal: new AbortController().signal,
    body: JSON.stringify(body),
  });
  if (answer.status >= 200 && answer.status <= 299) return 'sent';
  if (answer.status === 404) return 'gone';
  const budget = answer.status === 429 ? budgetWords(answer) : undefined;
  if (budget !== undefined) return { notNow: budget, budget: true };
  const error = refused(answer, path, cluster.server);
  // Another one by now, or its budget was being written: the next reading tells which.
  if (answer.status === 409) return { notNow: messageOf(error), budget: false };
  throw error;
}

function refused(answer: Answer, path: string, server: string) {
  if (/more than one PodDisruptionBudget/i.test(answer.text))
    return failure(
      'Unsupported',
      'The pod is selected by more than one disruption budget, and then no eviction is allowed: mend the budgets.',
    );
  const error = translateAnswer(answer, 'POST', path, server);
  return refusedByAdmission(error) ?? error;
}

interface Status {
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** Which budget says wait; undefined where the API server itself is busy. */
export function budgetWords({ text }: Pick<Answer, 'text'>): string | undefined {
  let said: Status | null;
  try {
    said = JSON.parse(text) as Status | null;
  } catch {
    return undefined;
  }
  const cause = said?.details?.causes?.find(({ reason }) => reason === 'DisruptionBudget');
  if (cause) return `a disruption budget says wait: ${cause.message ?? said?.message ?? 'no reason given'}`;
  return /disruption budget/i.test(said?.message ?? '') ? said?.message : undefined;
}
