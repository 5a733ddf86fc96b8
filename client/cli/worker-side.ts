export type { Finding } from '../../worker/doctor/index.js';
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

/** What works recorded incidents again. Loaded only by `nightshift backtest`. */
export async function backtestSide() {
  const [{ pointersOf }, { backtestAll }, { shippedRunbooks }] = await Promise.all([
    import('../../replay/sources.js'),
    import('../../replay/backtest/index.js'),
    import('../../worker/registry.js'),
  ]);
  return { pointersOf, backtestAll, shippedRunbooks };
}

/** What replays recordings. Loaded only by `nightshift replay`. */
export async function replaySide() {
  const { replayAll } = await import('../../replay/index.js');
  return { replayAll };
}

/** What asks after rights, engines and sources. Loaded only by `nightshift doctor`. */
export async function doctorSide() {
  const { examine } = await import('../../worker/doctor/index.js');
  return { examine };
}
