import type { Effect } from '../../../model/change.js';
import type { ContainerState } from './container-state.js';
import { effect, seconds } from './effects.js';
import type { RestartNotes } from './restart-notes.js';
import type { RestartWork } from './restart-one.js';
import type { Episode } from './restart-story.js';

interface Told {
  readonly state: ContainerState;
  readonly notes: RestartNotes;
  /** What the engine's events show of it; absent where they are lost. */
  readonly episode: Episode | undefined;
  /** Where it was started, not restarted: how it had ended. */
  readonly stopped?: ContainerState;
  readonly work: RestartWork;
  readonly tookMs?: number;
}

/** The effect of a restart that was ours: how the old life ended, and how the new one is. */
export function restartEffect(told: Told): Effect {
  const { state, notes, episode, stopped, work } = told;
  const tookMs = told.tookMs ?? (episode ? Math.round(episode.to - episode.from) : undefined);
  const exitCode = episode?.exitCode ?? stopped?.exitCode;
  const killed = wasKilled(told, exitCode, tookMs);
  const note = [
    ending(told, exitCode, killed),
    ...(notes.drained === undefined ? [] : [notes.drained]),
    ...(tookMs === undefined ? [] : [`took ${seconds(tookMs)}`]),
    ...(state.running ? [] : [`it does not run now: ${state.status}, exit code ${state.exitCode}`]),
  ].join('; ');
  return effect(work.context, 'applied', note, {
    exitCode: exitCode ?? null,
    killed,
    startedAtBefore: notes.startedAtBefore,
    startedAtAfter: state.startedAt,
    tookMs: tookMs ?? null,
    ...(notes.drained === undefined ? {} : { drained: notes.drained }),
  });
}

/** The engine's own SIGKILL, or where its events are lost: code 137 (128 + SIGKILL) after the whole grace time. */
function wasKilled({ episode, work }: Told, exitCode: number | undefined, tookMs = 0): boolean {
  if (episode) return episode.killed;
  return exitCode === 137 && tookMs >= work.plan.stopTimeoutSeconds * 1000;
}

function ending(
  { stopped, notes, work: { plan } }: Told,
  exitCode: number | undefined,
  killed: boolean,
): string {
  const code = exitCode === undefined ? '' : ` (exit code ${exitCode})`;
  if (stopped) {
    return notes.restartSent.length > 0
      ? `started: the engine had only done the first half of the restart${code}`
      : `started: it had ended before${code}`;
  }
  if (killed) return `restarted: killed after its grace time of ${plan.stopTimeoutSeconds} s${code}`;
  return `restarted: stopped by itself within its grace time${code}`;
}
