/** The workflow bundle: every shipped runbook under its own name, and the workflows around them. */
export { governor } from './governor/governor.js';
export { notifications } from './notifications/notifications.js';
