import type { Document } from '../schema/index.js';
import type { KnownRunbook } from '../types.js';
import { checkPolicies } from './policies.js';
import { checkConnections, checkEngines, checkGroups, checkSecrets } from './references.js';
import { Report } from './report.js';
import { checkRoutes, checkWatches } from './routes.js';
import { checkTargets } from './targets.js';

const checks = [
  checkConnections,
  checkEngines,
  checkSecrets,
  checkGroups,
  checkPolicies,
  checkTargets,
  checkRoutes,
  checkWatches,
];

/** What can only be said of the document as a whole: what refers to what, and whether it makes sense together. */
export function checkDocument(said: Document, runbooks: readonly KnownRunbook[]): Report {
  const report = new Report();
  for (const check of checks) check({ said, runbooks, report });
  return report;
}
