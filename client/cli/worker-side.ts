export { serveHealth } from '../../worker/health.js';
export type { Planned } from '../../worker/plan-once.js';

/**
 * What of this product runs workflows and activities. Loaded only by the commands that need it: it brings the
 * native core of Temporal's SDK with it, for which `incident list` should not have to wait.
 */
export async function workerSide() {
  const [{ startWorker }, { createLogger }, { shippedRunbooks }, { planOnce }] = await Promise.all([
    import('../../worker/main.js'),
    import('../../worker/logger.js'),
    import('../../worker/registry.js'),
    import('../../worker/plan-once.js'),
  ]);
  return { startWorker, createLogger, runbooks: shippedRunbooks, planOnce };
}
