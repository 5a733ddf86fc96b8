export { shippedRunbooks } from './defaults.js';
export { type AutonomyOfTarget, describeAutonomy } from './describe.js';
export { exampleText } from './example.js';
export { jsonSchema } from './json-schema.js';
export { type LoadOptions, loadConfig, parseConfig } from './load.js';
export { type InForce, policyFor } from './policy-for.js';
export { ConfigError, describeProblem } from './problems.js';
export {
  type AlertmanagerAccess,
  alertmanagerAccess,
  resolveSecret,
  SecretError,
  secretWarnings,
  temporalSettings,
} from './secrets.js';
export type * from './types.js';
