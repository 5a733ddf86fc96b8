import type { Alert } from '../../model/alert.js';
import type { Target } from '../../model/target.js';
import type { RunState } from '../incidents/run.js';
import { Delivered } from './delivered.js';
import { isHeldOff } from './hold-off.js';
import type { IncidentPort } from './port.js';

/** An alert that has found its target. */
export interface Arrived {
  readonly alert: Alert;
  readonly target: Target;
  /** `startsAt` as the sender said it, or nothing: to tell a repeat from a new firing. */
  readonly since: string;
}

export type Delivery =
  /** It started an incident. */
  | { readonly result: 'accepted' }
  /** It went to the open one. */
  | { readonly result: 'joined' }
  /** It says nothing that the open incident does not know. */
  | { readonly result: 'repeat'; readonly reason?: string }
  | { readonly result: 'ignored'; readonly reason: string }
  | { readonly result: 'heldOff'; readonly reason: string };

/** A run as this pile knows it; `events` grows with what is delivered, so that the limit holds within a pile too. */
interface Known {
  state: RunState | undefined;
  events: number;
}

/**
 * From this many history events on, an open incident is not told of further alerts of its own runbook that are
 * only warnings; from the second figure on, of none. A history must stay under 2000 events, whatever comes.
 */
const eventLimits = { warnings: 1_400, all: 1_700 } as const;
/** What one signal may add to a history: itself, and a workflow task's three. */
const eventsPerSignal = 4;

/** How often the state is read anew where a run ends under our hands. */
const maxRounds = 5;

/** The rules of delivering alerts to one target's incident. State is read from Temporal, never assumed. */
export class Deliveries {
  private readonly delivered = new Delivered();

  constructor(
    private readonly port: IncidentPort,
    private readonly about: {
      readonly product: string;
      readonly observeOnly: boolean;
      readonly now: () => Date;
    },
  ) {}

  /** How the target's incident stands now: everything that arrived before this may be judged by it. */
  async look(targetKey: string): Promise<Known> {
    const state = await this.port.latestRun(targetKey);
    return { state, events: state?.historyLength ?? 0 };
  }

  /** Delivers one alert. `known` is brought up to date with what was found and done. */
  async deliver(arrived: Arrived, known: Known): Promise<Delivery> {
    for (let round = 0; round < maxRounds; round += 1) {
      const { state } = known;
      if (!state?.running) return this.notOpen(arrived, known);
      const delivery = await this.join(arrived, known, state);
      if (delivery) return delivery;
      Object.assign(known, await this.look(arrived.target.key));
    }
    throw new Error(`the incident of ${arrived.target.key} opened and ended ${maxRounds} times meanwhile`);
  }

  /** Undefined: the run has ended. */
  private async join(
    arrived: Arrived,
    known: Known,
    { runId, runbook }: RunState,
  ): Promise<Delivery | undefined> {
    const { alert, target } = arrived;
    const said = { ...alert, since: arrived.since };
    if (this.delivered.has(target.key, runId, said)) return { result: 'repeat' };
    const plain = alert.status === 'firing' && alert.severity === 'warning' && alert.runbook === runbook;
    if (known.events >= (plain ? eventLimits.warnings : eventLimits.all))
      return { result: 'repeat', reason: 'its open incident holds as many alerts as it can' };
    if (!(await this.port.signal(target.key, runId, alert))) return undefined;
    known.events += eventsPerSignal;
    this.delivered.add(target.key, runId, said);
    return { result: 'joined' };
  }

  private async notOpen(arrived: Arrived, known: Known): Promise<Delivery> {
    const { alert, target } = arrived;
    if (alert.status === 'resolved') return this.resolvedLate(arrived, known.state);
    if (known.state && isHeldOff(alert, known.state.holdOff, this.about.now()))
      return this.holdOff(arrived, known.state);
    const { product, observeOnly } = this.about;
    const { runId } = await this.port.start({ target, runbook: alert.runbook, alert, product, observeOnly });
    known.state = { runId, running: true, runbook: alert.runbook, historyLength: 0 };
    known.events = eventsPerSignal;
    this.delivered.add(target.key, runId, { ...alert, since: arrived.since });
    return { result: 'accepted' };
  }

  private async holdOff(arrived: Arrived, { runId, holdOff }: RunState): Promise<Delivery> {
    const { alert, target } = arrived;
    const said = { ...alert, since: arrived.since };
    if (this.delivered.has(target.key, afterwards(runId), said)) return { result: 'repeat' };
    await this.port.heldOff({ alert, target, runbook: alert.runbook });
    this.delivered.add(target.key, afterwards(runId), said);
    const reason = `its last incident ended ${holdOff?.outcome ?? ''}: no new one before ${holdOff?.until ?? ''}`;
    return { result: 'heldOff', reason };
  }

  private async resolvedLate(
    { alert, target, since }: Arrived,
    state: RunState | undefined,
  ): Promise<Delivery> {
    const said = { ...alert, since };
    // A resolved alert ends the hold-off however severe it was.
    const held = isHeldOff(
      { fingerprint: alert.fingerprint, severity: 'warning' },
      state?.holdOff,
      this.about.now(),
    );
    if (!state || !held) return { result: 'ignored', reason: 'resolved, and no incident is open' };
    if (this.delivered.has(target.key, afterwards(state.runId), said)) return { result: 'repeat' };
    await this.port.heldOffResolved(target, alert.fingerprint);
    this.delivered.add(target.key, afterwards(state.runId), said);
    return { result: 'heldOff', reason: 'resolved: its hold-off ends' };
  }
}

/** What the governor was told after a run is kept apart from what the run itself was told. */
function afterwards(runId: string): string {
  return `after ${runId}`;
}
