import { failure } from '../../../activities/failure.js';
import type { Policy } from '../../../model/policy.js';
import { alertFor, quick } from '../nightshift.js';
import type { Shape } from './shape.js';

const automatic: Policy['autonomy'] = { target: 'auto', byDisruption: {}, byKind: {} };
const onlyRestart: Partial<Policy> = { remediesOff: ['flush', 'throttle'] };
const restartsAlone: Partial<Policy> = { ...onlyRestart, autonomy: automatic };
const decisions = (given: Partial<Policy['decisions']>): Partial<Policy> => ({
  ...onlyRestart,
  decisions: { ...quick.decisions, ...given },
});
const quietly: Partial<Policy> = { thresholds: { warningPercent: 80, criticalPercent: 99 } };
const soon: Partial<Policy> = { deadlines: { warningSeconds: 2, criticalSeconds: 2 } };
const person = { by: 'ana', verified: 'token', reason: 'looking myself' };
const approved = ['decisionRequested', 'answered', 'decided', 'leased', 'applied', 'verified'] as const;

const remedies: readonly Shape[] = [
  {
    name: 'recovered-by-a-gentle-remedy',
    outcome: 'recovered',
    facts: ['rungStarted', 'planned', 'goingAhead', 'applied', 'settled', 'verifying', 'verified'],
    tank: { flushedTo: 40 },
  },
  {
    name: 'recovered-by-an-automatic-restart',
    outcome: 'recovered',
    facts: ['leased', 'applied', 'verified'],
    policy: restartsAlone,
  },
  {
    name: 'temporary-change-undone-after-recovery',
    outcome: 'recovered',
    facts: ['undoRegistered', ...approved, 'rolledBack'],
    async play({ asked, decide }) {
      await decide({ hash: await asked() });
    },
  },
  {
    name: 'nothing-left-and-a-change-stays',
    outcome: 'escalated',
    facts: ['rungSkipped', 'escalated'],
    policy: { remediesOff: ['restart'] },
  },
  {
    name: 'remedy-overtaken-by-somebody-else',
    outcome: 'recovered',
    facts: ['applied', 'verified'],
    policy: restartsAlone,
    async before(_night, world, name) {
      // The first restart finds that somebody else was quicker; the second is its own.
      let first = true;
      const own = world.appliers['tank.restart'];
      if (!own) throw new Error('the tank has no restart');
      Object.assign(world.appliers, {
        'tank.restart': async (...[change, context]: Parameters<typeof own>) => {
          if (!first || !change.object.key.endsWith(name)) return own(change, context);
          first = false;
          const note = 'somebody restarted it meanwhile';
          return { status: 'superseded', at: context.now().toISOString(), note, details: {} };
        },
      });
    },
  },
  {
    name: 'precondition-changed',
    outcome: 'recovered',
    facts: ['notApplied', 'applied'],
    policy: restartsAlone,
    async before(_night, world, name) {
      let first = true;
      world.before = async (effect) => {
        if (!first || !effect.endsWith(name)) return;
        first = false;
        throw failure('PreconditionChanged', 'it is another tank');
      };
    },
  },
  {
    name: 'remedy-out-of-reach',
    outcome: 'recovered',
    facts: ['notApplied', 'applied'],
    policy: { autonomy: automatic, remediesOff: ['throttle'] },
    async before(_night, world, name) {
      world.before = async (effect) => {
        if (effect === `flush tanks/here/${name}`) throw failure('Unreachable', 'the valve does not answer');
      };
    },
  },
];

const waiting: readonly Shape[] = [
  {
    name: 'asked-about-what-came-up',
    outcome: 'recovered',
    facts: ['refused', ...approved],
    policy: restartsAlone,
    async before(_night, world, name) {
      const read = world.adapter.read.bind(world.adapter);
      let reads = 0;
      Object.assign(world.adapter, {
        read: async (...args: Parameters<typeof read>) => {
          const tank = world.tanks.get(`tanks/here/${name}`);
          if (tank && args[0].key.endsWith(name)) {
            reads += 1;
            tank.goingOn = reads === 2 ? ['a request is being answered'] : [];
          }
          return read(...args);
        },
      });
    },
    async play({ asked, decide }) {
      await decide({ hash: await asked() });
    },
  },
  {
    name: 'looked-again-before-people-were-told',
    outcome: 'recovered',
    facts: ['watching', 'samples', 'applied', 'verified'],
    policy: { autonomy: automatic, deadlines: { warningSeconds: 900, criticalSeconds: 300 } },
    alert: { name: 'TankMisty', runbook: 'TANK-2' },
  },
];

const asking: readonly Shape[] = [
  {
    name: 'recovered-by-an-approved-restart',
    outcome: 'recovered',
    facts: approved,
    policy: onlyRestart,
    async play({ asked, decide }) {
      await decide({ hash: await asked() });
    },
  },
  {
    name: 'approved-by-two-of-two',
    outcome: 'recovered',
    facts: approved,
    policy: decisions({ approvals: 2, reminderSeconds: 1 }),
    async play({ asked, decide, pause }) {
      const hash = await asked();
      await pause(1500);
      await decide({ hash });
      await decide({ hash, comment: 'again' });
      await decide({ hash, by: 'ben' });
    },
  },
  {
    name: 'answers-that-do-not-count',
    outcome: 'declined',
    facts: ['answered', 'decided'],
    policy: decisions({ group: ['ana'] }),
    tank: { unreadable: 'not yet' },
    async play({ tank, handle, asked, decide, until }) {
      await until(() => true);
      await decide({ hash: 'f'.repeat(16) });
      delete tank.unreadable;
      const hash = await asked();
      await decide({ hash: '0'.repeat(16) });
      await decide({ hash, by: 'mallory' });
      await handle.signal('approve', { by: 'ana', hash });
      await decide({ hash, answer: 'reject' });
      await decide({ hash, answer: 'reject', comment: 'deploying right now' });
    },
  },
  {
    name: 'approved-by-a-trusted-signal',
    outcome: 'recovered',
    facts: approved,
    policy: decisions({ trustTemporalAccess: true }),
    async play({ asked, handle }) {
      await asked();
      await handle.signal('approve', { by: 'ana' });
    },
  },
  {
    name: 'declined',
    outcome: 'declined',
    facts: ['answered', 'decided'],
    policy: onlyRestart,
    async play({ asked, decide }) {
      await decide({ hash: await asked(), answer: 'reject', comment: 'not now' });
    },
  },
  {
    name: 'decision-expired',
    outcome: 'escalated',
    facts: ['decided', 'escalated'],
    policy: decisions({ timeLimitSeconds: 1 }),
  },
  {
    name: 'decision-expired-and-skipped',
    outcome: 'escalated',
    facts: ['decided', 'escalated'],
    policy: decisions({ timeLimitSeconds: 1, onExpiry: 'skip' }),
  },
  {
    name: 'self-recovered-while-deciding',
    outcome: 'self-recovered',
    facts: ['decisionRequested', 'decided', 'verified'],
    policy: onlyRestart,
    async play({ asked, tank }) {
      await asked();
      tank.used = 30;
    },
  },
  {
    name: 'void-by-replacement',
    outcome: 'recovered',
    facts: ['decided', 'applied'],
    policy: onlyRestart,
    async play({ asked, tank, until, decide }) {
      const hash = await asked();
      tank.uid = 'another';
      const { openDecision } = await until((view) => (view.openDecision?.hash ?? hash) !== hash);
      await decide({ hash: openDecision?.hash ?? '' });
    },
  },
  {
    name: 'restarted-by-itself-while-deciding',
    outcome: 'recovered',
    facts: ['noted', ...approved],
    policy: onlyRestart,
    async play({ asked, tank, until, decide }) {
      const hash = await asked();
      tank.starts += 1;
      await until(({ timeline }) => timeline.some(({ text }) => text.includes('started anew')));
      await decide({ hash });
    },
  },
  {
    name: 'deadline-passed-while-deciding',
    outcome: 'recovered',
    facts: ['deadlinePassed', 'escalated', 'applied'],
    policy: { ...onlyRestart, ...soon },
    async play({ asked, until, decide }) {
      const hash = await asked();
      await until(({ escalations }) => escalations.length > 0);
      await decide({ hash });
    },
  },
  {
    name: 'something-going-on-asks',
    outcome: 'recovered',
    facts: approved,
    policy: restartsAlone,
    tank: { goingOn: ['3 requests in flight'] },
    async play({ asked, decide }) {
      await decide({ hash: await asked() });
    },
  },
  {
    name: 'third-time-in-a-day-asks',
    outcome: 'recovered',
    facts: approved,
    policy: restartsAlone,
    async before(night, world, name) {
      for (const _ of [1, 2]) {
        world.tank(`tanks/here/${name}`);
        await night.result(await night.open(name));
      }
    },
    async play({ asked, decide }) {
      await decide({ hash: await asked() });
    },
  },
];

const alerts: readonly Shape[] = [
  {
    name: 'joined-and-repeated-alerts',
    outcome: 'recovered',
    facts: ['alert', 'alertRepeated', ...approved],
    policy: onlyRestart,
    async play({ asked, night, key, handle, decide }) {
      const hash = await asked();
      await night.open(key.slice(key.lastIndexOf('/') + 1), alertFor('TankSlow', { severity: 'warning' }));
      for (let n = 0; n < 5; n += 1) await handle.signal('alert', alertFor());
      await decide({ hash });
    },
  },
  {
    name: 'alerts-resolved-while-deciding',
    outcome: 'self-recovered',
    facts: ['alertResolved', 'decided', 'verified'],
    policy: onlyRestart,
    async play({ asked, tank, handle }) {
      await asked();
      tank.used = 30;
      await handle.signal('alert', alertFor('TankFull', { status: 'resolved' }));
    },
  },
  {
    name: 'alerts-resolved-and-the-soak-failed',
    outcome: 'recovered',
    facts: ['alertResolved', 'verified', 'applied'],
    policy: onlyRestart,
    async play({ asked, handle, until, decide }) {
      await asked();
      await handle.signal('alert', alertFor('TankFull', { status: 'resolved' }));
      const { openDecision } = await until(
        (view) => view.verification?.passed === false && view.openDecision !== undefined,
      );
      await decide({ hash: openDecision?.hash ?? '' });
    },
  },
  {
    name: 'alert-of-another-runbook',
    outcome: 'self-recovered',
    facts: ['runbookChanged', 'verified'],
    policy: { soak: { seconds: 2, everySeconds: 0.2 } },
    tank: { flushedTo: 40 },
    async play({ until, handle }) {
      await until(({ phase }) => phase === 'verifying');
      await handle.signal('alert', alertFor('TankOverflow', { runbook: 'TANK-2' }));
    },
  },
  {
    // It comes while the incident closes: its throttling is just being undone.
    name: 'late-alert',
    outcome: 'self-recovered',
    facts: ['rolledBack', 'noted', 'verified'],
    policy: { remediesOff: ['flush'] },
    async before(night, world, name) {
      const handle = night.client.workflow.getHandle(`incident/tanks/here/${name}`);
      const throttled = `throttle tanks/here/${name}`;
      world.after = async (effect) => {
        if (effect === throttled && world.count(throttled) === 2)
          await handle.signal('alert', alertFor('TankSlow', { fingerprint: 'late' }));
      };
    },
    async play({ asked, decide }) {
      await decide({ hash: await asked() });
    },
  },
  {
    name: 'alert-that-our-restart-caused',
    outcome: 'recovered',
    facts: ['alert', 'applied', 'verified'],
    policy: restartsAlone,
    async before(night, world, name) {
      const handle = night.client.workflow.getHandle(`incident/tanks/here/${name}`);
      world.after = async (effect) => {
        if (effect.endsWith(name))
          await handle.signal('alert', alertFor('TankDown', { fingerprint: 'down' }));
      };
    },
  },
];

const looking: readonly Shape[] = [
  {
    name: 'observed',
    outcome: 'observed',
    facts: ['planned', 'refused'],
    policy: { autonomy: { ...automatic, target: 'observe' } },
  },
  { name: 'rehearsal', outcome: 'observed', facts: ['planned', 'refused'], observeOnly: true },
  {
    name: 'self-recovered-at-once',
    outcome: 'self-recovered',
    facts: ['looked', 'verified'],
    tank: { used: 20 },
  },
  {
    name: 'blind-to-the-end',
    outcome: 'escalated',
    facts: ['deadlinePassed', 'escalated'],
    policy: soon,
    tank: { unreadable: 'the gauge is stuck' },
  },
  { name: 'target-gone', outcome: 'escalated', facts: ['escalated'], tank: 'none' },
  {
    name: 'watched-until-it-fell',
    outcome: 'recovered',
    facts: ['watching', 'alertResolved', 'verified'],
    policy: quietly,
    tank: { used: 90, flushedTo: 89 },
    alert: { severity: 'warning' },
    async play({ until, tank, handle }) {
      await until(({ phase }) => phase === 'watching');
      tank.used = 10;
      await handle.signal('alert', alertFor('TankFull', { severity: 'warning', status: 'resolved' }));
    },
  },
  {
    name: 'watched-until-it-was-critical',
    outcome: 'recovered',
    facts: ['watching', 'samples', 'applied'],
    policy: { ...restartsAlone, ...quietly },
    tank: { used: 90 },
    alert: { severity: 'warning' },
    async play({ until, tank }) {
      await until(({ phase }) => phase === 'watching');
      tank.used = 99.5;
    },
  },
];

const people: readonly Shape[] = [
  {
    name: 'paused-and-resumed',
    outcome: 'recovered',
    facts: ['paused', 'resumed', 'applied'],
    tank: { unreadable: 'not yet', flushedTo: 40 },
    async play({ handle, tank, until, pause }) {
      await handle.signal('pause', person);
      delete tank.unreadable;
      await until(({ measure }) => measure !== undefined);
      await pause(500);
      await handle.signal('resume', person);
    },
  },
  {
    name: 'pause-ran-out',
    outcome: 'escalated',
    facts: ['paused', 'escalated'],
    policy: { ...onlyRestart, pauseLimitSeconds: 1 },
    async play({ asked, handle, decide }) {
      const hash = await asked();
      await handle.signal('pause', person);
      await decide({ hash });
    },
  },
  {
    name: 'cancelled-while-paused',
    outcome: 'cancelled',
    facts: ['paused', 'cancelRequested', 'rolledBack'],
    async play({ asked, handle }) {
      await asked();
      await handle.signal('pause', person);
      await handle.signal('cancel', person);
    },
  },
  {
    name: 'cancelled-at-the-server',
    outcome: 'cancelled',
    facts: ['rolledBack'],
    async play({ asked, handle }) {
      await asked();
      await handle.cancel();
    },
  },
  {
    name: 'opened-by-a-person',
    outcome: 'declined',
    facts: ['answered', 'decided'],
    policy: onlyRestart,
    alert: { source: 'person:ana' },
    async play({ asked, decide }) {
      const hash = await asked();
      await decide({ hash });
      await decide({ hash, by: 'ben', answer: 'reject', comment: 'it is being replaced' });
    },
  },
  {
    name: 'waited-for-another-change',
    outcome: 'recovered',
    facts: ['leaseWaiting', 'leased', 'applied'],
    policy: { ...restartsAlone, budget: { perObjectPerHour: 5, perScopePerHour: 1000, atOnce: 1 } },
    async before(night, world, name) {
      // Another tank is being restarted, which takes its time.
      const other = `${name}-neighbour`;
      world.tank(`tanks/here/${other}`);
      world.before = async (effect) => {
        if (effect.endsWith(other)) await new Promise((resolve) => setTimeout(resolve, 3000));
      };
      const handle = await night.open(other);
      await night.until(handle, ({ phase }) => phase === 'applying');
    },
  },
];

/** Every shape of an incident of the tanks. */
export const tankShapes: readonly Shape[] = [
  ...remedies,
  ...waiting,
  ...asking,
  ...alerts,
  ...looking,
  ...people,
];
