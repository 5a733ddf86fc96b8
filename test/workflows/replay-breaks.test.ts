import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReplaySum, replayAll } from '../../replay/index.js';
import { bundle } from '../../worker/bundle.js';
import { firstVersionShapes } from '../support/histories/kubernetes-shapes.js';
import { cutShort, histories, longHistory, recorded, scratch } from '../support/replay/recorded.js';

const module = (name: string): string =>
  fileURLToPath(new URL(`../support/tank/${name}.js`, import.meta.url));

/** One edit of today's code: what it replaces, and by what. */
type Edit = readonly [RegExp, string];

let good: string;
let folder: Awaited<ReturnType<typeof scratch>>;
let goodPath: string;

beforeAll(async () => {
  folder = await scratch();
  good = await bundle([module('runbook'), module('overflow')], { witnessed: true });
  goodPath = await folder.file('good.js', good);
});
afterAll(() => folder.remove());

/** Replays through today's code with that edit in it; the edit must fit at exactly one place. */
async function broken(name: string, [from, to]: Edit, paths: readonly string[]): Promise<ReplaySum> {
  expect(good.match(new RegExp(from.source, `${from.flags}g`))).toHaveLength(1);
  const codePath = await folder.file(`${name}.js`, good.replace(from, to));
  return replayAll({ paths }, { codePath, jobs: 1, stuckSeconds: 10 });
}

/** The finding of the one recording that was replayed. */
function finding({ verdicts: [verdict] }: ReplaySum) {
  if (verdict?.end !== 'diverged' && verdict?.end !== 'otherwise')
    throw new Error(`nothing was found: ${JSON.stringify(verdict)}`);
  return { end: verdict.end, ...verdict.finding };
}

const gentle = 'recovered-by-a-gentle-remedy';
const approved = 'recovered-by-an-approved-restart';

interface Break {
  readonly what: string;
  readonly edit: Edit;
  readonly recording: string;
  readonly kind: string;
  readonly expected?: RegExp;
  readonly came?: RegExp;
  readonly likely: RegExp;
  readonly where?: string;
}

const breaks: readonly Break[] = [
  {
    what: 'a rung that is gone',
    edit: [
      /(name: ["']TANK-1["'][\s\S]{0,600}?)\bladder,/,
      '$1ladder: ladder.filter(({ name }) => name === "restart"),',
    ],
    recording: gentle,
    kind: 'commands',
    expected: /^rungStarted flush$/,
    came: /^rungStarted restart$/,
    likely: /gone from the ladder: flush, throttle/,
  },
  {
    what: 'a rung under another name',
    edit: [/name: ["']flush["']/, 'name: "rinse"'],
    recording: gentle,
    kind: 'asked',
    expected: /^rungStarted flush$/,
    came: /^rungStarted rinse$/,
    likely: /renamed on the ladder: flush → rinse/,
  },
  {
    what: 'rungs the other way round, which Temporal takes for the same commands',
    edit: [/(name: ["']TANK-1["'][\s\S]{0,600}?)\bladder,/, '$1ladder: [ladder[1], ladder[0], ladder[2]],'],
    recording: 'temporary-change-undone-after-recovery',
    kind: 'asked',
    expected: /^rungStarted flush$/,
    came: /^rungStarted throttle$/,
    likely: /moved on the ladder: flush, throttle, restart → throttle, flush, restart/,
  },
  {
    what: 'a rung that no longer fits',
    edit: [
      /\(\{\s*changes: \[\s*draft\(look, ["']tank\.flush["']\),?\s*\],?\s*\}\)/,
      '({ skip: "it is too full" })',
    ],
    recording: gentle,
    kind: 'commands',
    expected: /^rungStarted flush$/,
    came: /^rungSkipped flush: “it is too full”$/,
    likely: /when the rung flush fits was changed: it is left out now/,
  },
  {
    what: 'a level from which it is critical',
    edit: [/percent >= criticalPercent \? ["']critical["']/, "percent >= 99 ? 'critical'"],
    recording: 'something-going-on-asks',
    kind: 'facts',
    expected: /^looked \(at the beginning: 95 %, level critical/,
    came: /^looked \(at the beginning: 95 %, level warning/,
    likely: /a threshold.*critical → warning/,
  },
  {
    what: 'a guardrail that is gone',
    edit: [/,\s*_autonomy_js__WEBPACK_IMPORTED_MODULE_\d+__\.autonomy\b/, ''],
    recording: approved,
    kind: 'commands',
    expected: /^planned restart \(.*autonomy: ask/,
    came: /^planned restart \(.*; allowed\)$/,
    likely: /the guardrail autonomy is gone/,
    where: 'model/guardrails/autonomy.ts',
  },
  {
    what: 'a longer wait after a change',
    edit: [/sampleFor\(incident, incident\.policy\.settleSeconds\)/, 'sampleFor(incident, 60)'],
    recording: gentle,
    kind: 'asked',
    likely: /a wait got longer: 0.3 s → 60 s/,
    where: 'workflows/incident/ladder.ts',
  },
  {
    what: 'a longer deadline, which is only a timer',
    edit: [
      /firstCritical\(incident\)\) \+ criticalSeconds \* 1000/,
      'firstCritical(incident)) + criticalSeconds * 2000',
    ],
    recording: gentle,
    kind: 'asked',
    expected: /^deadlineSet for .* \(critical\)$/,
    likely: /how the deadline is counted/,
    where: 'workflows/incident/deadline.ts',
  },
  {
    what: 'an activity more',
    edit: [
      /(await \(0, ?_looking_js__WEBPACK_IMPORTED_MODULE_\d+__\.lookAt\)\(incident, )["']at the beginning["']\);/,
      '$1"at the beginning"); $1"once more");',
    ],
    recording: gentle,
    kind: 'commands',
    expected: /^rungStarted flush$/,
    likely: /the activity look was added or moved/,
    where: 'workflows/incident/looking.ts',
  },
  {
    what: 'a defect',
    edit: [/function extendDeadline\(incident\) \{/, '$&throw new TypeError("sawn off");'],
    recording: gentle,
    kind: 'failed',
    expected: /^deadlineSet for/,
    likely: /^$/,
  },
];

describe('today’s code, broken on purpose', () => {
  it.each(breaks)('$what is caught, with its fact and its edit', async (each) => {
    const found = finding(
      await broken(each.kind + breaks.indexOf(each), each.edit, [recorded(each.recording)]),
    );
    expect(found).toMatchObject({ kind: each.kind, end: each.kind === 'facts' ? 'otherwise' : 'diverged' });
    if (each.expected) expect(found.fact?.expected).toMatch(each.expected);
    if (each.came) expect(found.fact?.came).toMatch(each.came);
    expect(found.likely?.edit ?? '').toMatch(each.likely);
    expect(found.likely?.where).toBe(each.where);
  });

  it('a workflow that never comes back is given up; the others are replayed', async () => {
    const edit: Edit = [
      /function diagnose\(look\) \{/,
      'function diagnose(look) { while (/declined/.test(look.target.key));',
    ];
    const paths = [recorded('declined'), recorded(gentle), recorded('governor')];
    const sum = await broken('endless', edit, paths);
    expect(sum).toMatchObject({ same: 2, crashed: 1 });
    expect(sum.verdicts[0]).toMatchObject({ name: recorded('declined'), end: 'crashed' });
    expect(JSON.stringify(sum.verdicts[0])).toContain('did not come back within 10 s');
  });
});

/** The processes that this one started and that replay. */
function replaying(): readonly number[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('replay/child.js'))
    .map(Number);
}

describe('today’s code as it is', () => {
  it('every committed history is the same, and so are runs without a result, as far as they go', async () => {
    const cut = [
      await folder.file('terminated.json', cutShort(approved, 14, 'terminated')),
      await folder.file('timed-out.json', cutShort(approved, 14, 'timed out')),
      await folder.file('in-a-task.json', cutShort(approved, 12, 'terminated')),
      await folder.file('long.json', longHistory(approved, 14, 2_000)),
    ];
    const seen: number[] = [];
    const sum = await replayAll(
      { paths: [histories, ...cut] },
      { codePath: goodPath, jobs: 2, onProgress: ({ done }) => seen.push(done) },
    );
    expect(sum.verdicts).toEqual([]);
    const all = readdirSync(histories).length + cut.length;
    // Of what the first version of a runbook did, only what it asked for is compared.
    const onlyCommands = cut.length + firstVersionShapes.length;
    expect(sum).toMatchObject({ found: all, same: all, onlyCommands, interrupted: false });
    expect(seen.at(-1)).toBe(all);
  });

  it('a run without a result that goes another way says that only commands could be compared', async () => {
    const path = await folder.file('cut-gentle.json', cutShort(gentle, 24, 'terminated'));
    const found = finding(
      await broken(
        'cut',
        [/sampleFor\(incident, incident\.policy\.settleSeconds\)/, 'sampleFor(incident, 60)'],
        [path],
      ),
    );
    expect(found).toMatchObject({
      end: 'diverged',
      onlyCommands: 'the run has no result, so only commands could be compared',
      event: { id: 22, expected: 'activity sample for 0.3 s', came: 'activity sample for 60 s' },
    });
    expect(found.fact).toBeUndefined();
  });

  it('a child that is killed loses the recording that it was on, and nothing else', async () => {
    let killed = 0;
    const paths = Array.from({ length: 2 }, () => histories);
    const sum = await replayAll(
      { paths },
      {
        codePath: goodPath,
        jobs: 1,
        onProgress({ done }) {
          const [pid] = done > 20 && killed === 0 ? replaying() : [];
          if (pid !== undefined) {
            killed = pid;
            process.kill(pid, 'SIGKILL');
          }
        },
      },
    );
    expect(killed).toBeGreaterThan(0);
    expect(sum.crashed + sum.same).toBe(sum.found);
    expect(sum.crashed).toBe(1);
    expect(sum.verdicts).toEqual([
      expect.objectContaining({ end: 'crashed', why: 'the process that replayed it died (SIGKILL)' }),
    ]);
    expect(replaying()).toEqual([]);
  });

  it('broken off, it tells what was done, and no process is left', async () => {
    const stop = new AbortController();
    const paths = Array.from({ length: 10 }, () => histories);
    const sum = await replayAll(
      { paths },
      {
        codePath: goodPath,
        jobs: 2,
        signal: stop.signal,
        onProgress: ({ done }) => done === 10 && stop.abort(),
      },
    );
    expect(sum.interrupted).toBe(true);
    expect(sum.replayed).toBeGreaterThanOrEqual(10);
    expect(sum.replayed).toBeLessThan(sum.found);
    expect(replaying()).toEqual([]);
  });
});
