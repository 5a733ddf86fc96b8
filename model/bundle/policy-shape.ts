import { flag, list, members, number, object, oneOf, text } from './shape.js';

const modes = ['observe', 'plan', 'approve', 'auto'];

/** A policy as far as anything that reads bundles (a backtest, insights) relies on it. */
export const policyShape = members({
  thresholds: members({ warningPercent: number, criticalPercent: number }),
  remediesOff: list(text),
  autonomy: members({ target: oneOf(modes), byDisruption: object, byKind: object }),
  decisions: members({
    group: list(text),
    secondGroup: list(text),
    approvals: number,
    timeLimitSeconds: number,
    reminderSeconds: number,
    onExpiry: oneOf(['escalate', 'skip', 'apply']),
    notTheRequester: flag,
    trustTemporalAccess: flag,
  }),
  freezes: list(object),
  holds: list(object),
  protected: list(text),
  budget: members({ perObjectPerHour: number, perScopePerHour: number, atOnce: number }),
  cooldownSeconds: number,
  deadlines: members({ warningSeconds: number, criticalSeconds: number }),
  settleSeconds: number,
  soak: members({ seconds: number, everySeconds: number }),
  pauseLimitSeconds: number,
  holdOff: members({ firstSeconds: number, maxSeconds: number }),
});
