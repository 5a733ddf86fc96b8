import type { Bench } from '../nightshift.js';
import { type Tank, World } from '../tank/world.js';
import type { Planned } from './plan.js';

const sized = ['used', 'limit', 'flushedTo', 'restartedTo'] as const;
type Sized = (typeof sized)[number];
const isSized = (name: string | symbol): name is Sized => sized.some((each) => each === name);

/** A world in which many stories play at once: each hooks itself in without taking the place of another. */
export class Stage extends World {
  private readonly hooks: World[] = [];

  constructor() {
    super();
    this.before = (effect) => this.each((hook) => hook.before(effect));
    this.after = (effect) => this.each((hook) => hook.after(effect));
  }

  /** The world as one story sees it: its tanks hold a hundred units, and its hooks are its own. */
  viewFor({ unit }: Planned): World {
    const nothing = async (): Promise<void> => undefined;
    const view: World = Object.create(this);
    view.before = nothing;
    view.after = nothing;
    view.tank = (key, given = {}) => inUnits(this.tank(key, bytes(given, unit)), unit);
    this.hooks.push(view);
    return view;
  }

  private async each(call: (hook: World) => Promise<void>): Promise<void> {
    for (const hook of this.hooks) await call(hook);
  }
}

/** The defaults of a tank are of a hundred units, too. */
function bytes(given: Partial<Tank>, unit: number): Partial<Tank> {
  const all: Partial<Tank> = { used: 95, limit: 100, flushedTo: 92, restartedTo: 20, ...given };
  for (const name of sized) all[name] = Math.round((all[name] ?? 0) * unit);
  return all;
}

/** The tank as its story speaks of it: in hundredths. */
function inUnits(tank: Tank, unit: number): Tank {
  return new Proxy(tank, {
    get: (_, name) => (isSized(name) ? tank[name] / unit : Reflect.get(tank, name)),
    set: (_, name, value) => Reflect.set(tank, name, isSized(name) ? Number(value) * unit : value),
  });
}

/** Asks less often than a test on its own, since every question costs, and waits longer: many share the machine. */
export function patient(night: Bench): Bench {
  const slow: Bench = Object.create(night);
  slow.until = async (handle, holds) => {
    const giveUp = Date.now() + 180_000;
    for (let wait = 300; ; wait = Math.min(1500, wait * 1.5)) {
      const view = await night.view(handle);
      if (holds(view)) return view;
      if (Date.now() > giveUp)
        throw new Error(`${handle.workflowId}: ${JSON.stringify(view.timeline, null, 1)}`);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  };
  return slow;
}
