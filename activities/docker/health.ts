import type { Inspect } from './container.js';
import type { ProbeResult } from './probe.js';

export interface Health {
  readonly healthy: boolean;
  readonly healthNote?: string;
}

/**
 * Running, neither paused nor restarting, not unhealthy by the engine's own check, and answering at its health
 * endpoint where one is configured. A check that is still starting does not count against it, but is noted.
 */
export function healthOf({ State }: Inspect, health: ProbeResult | undefined): Health {
  const bad = stateFault(State) ?? (health && !health.ok ? `its health endpoint: ${health.note}` : undefined);
  if (bad !== undefined) return { healthy: false, healthNote: bad };
  const starting = State.Health?.Status === 'starting';
  return { healthy: true, ...(starting ? { healthNote: 'its health check is still starting' } : {}) };
}

function stateFault(state: Inspect['State']): string | undefined {
  if (state.Paused) return 'it is paused';
  if (state.Restarting) return `it is restarting (last exit code ${state.ExitCode})`;
  if (!state.Running) {
    const killed = state.OOMKilled ? ', OOM-killed' : '';
    return `it is ${state.Status}, not running (exit code ${state.ExitCode}${killed})`;
  }
  if (state.Health?.Status === 'unhealthy') {
    return `its health check has failed ${state.Health.FailingStreak} times in a row`;
  }
  return undefined;
}
