import { failure } from '../../../activities/failure.js';
import type { Applier, ReadContext, Reading, TargetAdapter } from '../../../model/extension.js';
import type { JsonObject } from '../../../model/json.js';
import type { Target } from '../../../model/target.js';
import type { TankDetails } from './runbook.js';

export interface Tank {
  used: number;
  limit: number;
  uid: string;
  starts: number;
  healthy: boolean;
  throttled: boolean;
  /** Used after a flush, and after a restart. */
  flushedTo: number;
  restartedTo: number;
  /** Set: it can't be read, for this reason. */
  unreadable?: string;
  goingOn: string[];
  perSecond: number;
  /** What is applied and goes wrong: `throttle`. Its undo goes well, unless that goes wrong, too. */
  goesWrong?: string;
  undoGoesWrong?: boolean;
  /** What has its effect, and no attempt ever answers. Its undo does. */
  neverAnswers?: string;
}

/** Where the tanks are. Effects are counted here, outside of anything that Nightshift records. */
export class World {
  readonly tanks = new Map<string, Tank>();
  readonly effects: string[] = [];
  /** Called before an effect; may wait, or throw. */
  before: (effect: string) => Promise<void> = async () => undefined;
  after: (effect: string) => Promise<void> = async () => undefined;
  reads = 0;

  tank(key: string, given: Partial<Tank> = {}): Tank {
    const tank: Tank = {
      used: 95,
      limit: 100,
      uid: `${key}#1`,
      starts: 1,
      healthy: true,
      throttled: false,
      flushedTo: 92,
      restartedTo: 20,
      goingOn: [],
      perSecond: 0,
      ...given,
    };
    this.tanks.set(key, tank);
    return tank;
  }

  count(effect: string): number {
    return this.effects.filter((each) => each === effect).length;
  }

  private find(target: Target): Tank {
    const tank = this.tanks.get(target.key);
    if (!tank) throw failure('TargetGone', `there is no tank ${target.key}`);
    if (tank.unreadable) throw failure('Unreachable', tank.unreadable);
    return tank;
  }

  readonly adapter: TargetAdapter<TankDetails> = {
    targetKinds: ['tank'],
    read: async (target, _settings, context) => {
      this.reads += 1;
      return this.reading(this.find(target), target, context);
    },
    sample: async (target, _settings, { now }) => {
      const tank = this.find(target);
      tank.used += tank.perSecond;
      return {
        at: now().toISOString(),
        used: tank.used,
        limit: tank.limit,
        healthy: tank.healthy,
        id: tank.uid,
        startedAt: String(tank.starts),
      };
    },
  };

  private reading(tank: Tank, target: Target, { now }: ReadContext): Reading<TankDetails> {
    return {
      identity: {
        uid: tank.uid,
        name: target.key.split('/').at(-1) as string,
        startedAt: String(tank.starts),
      },
      measure: {
        used: tank.used,
        limit: tank.limit,
        unit: 'bytes',
        percent: (tank.used / tank.limit) * 100,
        against: 'its own limit',
      },
      healthy: tank.healthy,
      evidence: [
        { source: 'gauge', name: 'tank.used', at: now().toISOString(), value: tank.used, unit: 'bytes' },
      ],
      details: { throttled: tank.throttled },
      goingOn: tank.goingOn,
    };
  }

  private applier(name: string, act: (tank: Tank, fields: JsonObject) => void): Applier {
    return async (change, context) => {
      const tank = this.tanks.get(change.object.key);
      if (!tank) throw failure('TargetGone', 'the tank is gone');
      if (tank.uid !== change.object.uid) throw failure('PreconditionChanged', 'it is another tank');
      const done = this.keys.has(change.id);
      if (!done) {
        await this.before(`${name} ${change.object.key}`);
        await context.confirm();
        this.keys.add(change.id);
        this.effects.push(`${name} ${change.object.key}`);
        act(tank, Object.fromEntries(change.fields.map(({ name: field, after }) => [field, after])));
        await this.after(`${name} ${change.object.key}`);
      }
      const undoes = /\/(undo|end)$/.test(change.id);
      if (tank.neverAnswers === name && !undoes) throw new Error('its answer was lost');
      const wrong = tank.goesWrong === name && (!undoes || tank.undoGoesWrong === true);
      const note = wrong ? `${name} went wrong` : `${name} done`;
      const details: JsonObject = wrong ? { failed: true } : {};
      return { status: 'applied', at: context.now().toISOString(), note, details };
    };
  }
  private readonly keys = new Set<string>();

  readonly appliers: Readonly<Record<string, Applier>> = {
    'tank.flush': this.applier('flush', (tank) => {
      tank.used = Math.min(tank.used, tank.flushedTo);
    }),
    'tank.throttle': this.applier('throttle', (tank, { throttled }) => {
      tank.throttled = throttled === true;
    }),
    'tank.restart': this.applier('restart', (tank) => {
      tank.used = tank.restartedTo;
      tank.starts += 1;
    }),
  };
}
