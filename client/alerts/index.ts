/** Alerts in: what the API and `nightshift up` need to put together. */
export { BadPayload, parseWebhook } from './alertmanager.js';
export { type AlertResult, Intake, type IntakeOptions } from './intake.js';
export { matchAlert, type Routing } from './match.js';
export { type AlertMetrics, alertMetrics } from './metrics.js';
export { type IncidentPort, incidentPort } from './port.js';
export { type ReconcileOptions, Reconciler } from './reconcile.js';
export { routingOf } from './routing.js';
