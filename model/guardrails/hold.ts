import { allow, type Guardrail, refuse } from './guardrail.js';

/** A stop of all changes: every hold in force refuses. One whose end can't be read is in force. */
export const hold: Guardrail = {
  name: 'hold',
  rule: 'A hold stops all changes that are not sent yet; looking, verifying and undoing go on.',
  judge(_change, { policy }, { now }) {
    const holding = policy.holds.find(
      ({ until }) => until === undefined || !(Date.parse(until) <= Date.parse(now)),
    );
    if (!holding) return allow('no hold is in force');
    const end = holding.until === undefined ? 'until it is lifted' : `until ${holding.until}`;
    return refuse(`held by ${holding.by} ${end}: ${holding.reason}`);
  },
};
