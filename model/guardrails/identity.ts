import { allow, type Guardrail, refuse } from './guardrail.js';

/**
 * The thing must be the one that was planned for: another container under the same name is another thing.
 * Where the object is not the target itself, its kind's precondition compares it.
 */
export const identity: Guardrail = {
  name: 'identity',
  rule: 'The thing must be the one that was planned for: another one under the same name is another thing.',
  judge({ object }, { target, identity: seen }) {
    if (!object.uid) return refuse(`the plan does not say which ${object.name} it means`);
    if (object.key !== target.key)
      return allow(`${object.name} is compared by the change's own precondition`);
    if (!seen?.uid) return refuse(`the look does not say which ${object.name} there is now`);
    return seen.uid === object.uid
      ? allow(`${object.name} is still the one that was planned for`)
      : refuse(
          `${object.name} is another one now (${brief(seen.uid)}) than planned for (${brief(object.uid)})`,
        );
  },
};

function brief(uid: string): string {
  return uid.slice(0, 12);
}
