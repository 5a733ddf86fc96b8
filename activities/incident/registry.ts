import type { ChangeKind } from '../../model/change.js';
import type { JsonObject } from '../../model/json.js';
import type { AnyLook } from '../../model/look.js';
import type { Policy } from '../../model/policy.js';
import type { Runbook } from '../../model/runbook.js';
import type { Target } from '../../model/target.js';
import type { Applier, TargetAdapter } from '../adapter.js';

/** Everything that the incident's activities need to know: put together by the worker. */
export interface Registry {
  readonly adapters: readonly TargetAdapter[];
  readonly appliers: Readonly<Record<string, Applier>>;
  readonly runbooks: readonly Runbook<AnyLook>[];
  /** The policy in force for a target, and what the configuration says of it. Asked at every look. */
  policyFor(target: Target): { readonly policy: Policy; readonly settings: unknown; readonly digest: string };
  /** Value of a secret. Throws `Misconfigured`. */
  secret(name: string): string;
  readonly now: () => Date;
}

export function adapterFor(registry: Registry, target: Target): TargetAdapter | undefined {
  return registry.adapters.find(({ targetKinds }) => targetKinds.includes(target.kind));
}

export function runbookFor(registry: Registry, name: string): Runbook<AnyLook> | undefined {
  return registry.runbooks.find((runbook) => runbook.name === name);
}

export function kindFor(
  registry: Registry,
  runbook: string,
  kind: string,
): ChangeKind<JsonObject, AnyLook> | undefined {
  return runbookFor(registry, runbook)?.changeKinds.find((each) => each.kind === kind);
}
