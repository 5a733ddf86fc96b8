import type { AnyLook } from '../../model/look.js';
import { anyRunbook, type Runbook } from '../../model/runbook.js';

const registry = new Map<string, Runbook<AnyLook>>();

/** Makes a runbook known to the engine of this bundle, so that an incident can take up its alerts. */
export function register<L extends AnyLook>(runbook: Runbook<L>): void {
  registry.set(runbook.name, anyRunbook(runbook));
}

/** The runbook of that name, or undefined where this bundle has none. */
export function runbookNamed(name: string): Runbook<AnyLook> | undefined {
  return registry.get(name);
}
