import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { coverageText, ranTests, SOURCES, unlisted, unproven } from '../../scripts/tasks/coverage.mjs';

const root = process.cwd();
const rows = SOURCES.flatMap((source) => source.rows);
const titleIn = (file: string) => readFileSync(join(root, file), 'utf8');

describe('the coverage of the source runbooks', () => {
  it('is what docs/coverage.md says (node scripts/coverage.mjs)', () => {
    expect(readFileSync(join(root, 'docs/coverage.md'), 'utf8')).toBe(coverageText());
  });

  it('has one row an id, each with a place that exists and tests that exist', () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    for (const { id, where, tests } of rows) {
      expect(
        where.filter((path) => !existsSync(join(root, path))),
        id,
      ).toEqual([]);
      expect(
        tests.filter(([file]) => !existsSync(join(root, file))),
        id,
      ).toEqual([]);
    }
  });

  it('has its fakes by hand listed, and lists none that is not there', () => {
    expect(unlisted(rows)).toEqual([]);
  });

  it.each(rows.flatMap(({ id, tests }) => tests.map(([file, title]) => [id, file, title] as const)))(
    '%s: %s has a test “%s”',
    (_id, file, title) => {
      // What stands before a name that is filled in, such as that of a rule, is in the file as it is.
      const [written = title] = title.split(': ');
      const text = titleIn(file).replaceAll("\\'", "'");
      expect(text.includes(title) || text.includes(`${written}: %s`)).toBe(true);
    },
  );
});

describe('a run of the tests', () => {
  const row = {
    id: 'X1',
    part: '',
    text: '',
    where: [],
    tests: [['test/real/a.test.ts', 'does it']],
  } as const;
  const ran = (status: string) => [{ file: 'test/real/a.test.ts', title: 'a thing does it well', status }];
  const none = () => '';

  it('proves a row whose tests have all passed', () => {
    expect(unproven([row], ran('passed'), none)).toEqual([]);
  });

  it.each(['failed', 'skipped', 'pending', 'todo'])('does not prove one whose test was %s', (status) => {
    expect(unproven([row], ran(status), none)).toEqual([
      `X1: “a thing does it well” of test/real/a.test.ts was ${status}`,
    ]);
  });

  it('does not prove one whose test is not there, or that has none', () => {
    expect(unproven([row], [], none)).toEqual(['X1: no test of test/real/a.test.ts is called “does it”']);
    expect(unproven([{ ...row, tests: [] }], [], none)).toEqual(['X1 has no test']);
  });

  it('does not prove one without real parts, unless it is only an advice', () => {
    const pure = { ...row, tests: [['test/unit/a.test.ts', 'does it']] } as const;
    const passed = [{ file: 'test/unit/a.test.ts', title: 'does it', status: 'passed' }];
    expect(unproven([pure], passed, none)).toEqual(['X1 has no test with real parts']);
    expect(unproven([{ ...pure, advice: true }], passed, none)).toEqual([]);
  });

  it('does not prove one in whose way a fake stands', () => {
    expect(unproven([row], ran('passed'), () => "vi.mock('../x.js')")).toEqual([
      'X1: a fake stands in test/real/a.test.ts',
    ]);
  });

  const standIn = { file: 'test/real/a.test.ts', what: 'a liar', tests: ['a thing does'] };

  it('does not prove one by a test in which something by hand answers for a part', () => {
    expect(unproven([row], ran('passed'), none, [standIn])).toEqual([
      'X1: in “a thing does it well” of test/real/a.test.ts stands a liar',
    ]);
    expect(unproven([row], ran('passed'), none, [{ ...standIn, tests: ['another'] }])).toEqual([]);
  });

  it.each([
    'createServer((request) => {',
    "proxy.answer(/x/, 403, '')",
    "from '../unit/client/fake-port.js'",
  ])('knows a fake by hand that is not listed: %s', (text) => {
    const found = ['test/real/a.test.ts has a fake that test/source-rows/stand-ins.mjs does not list'];
    expect(unlisted([row], () => text, [])).toEqual(found);
    expect(unlisted([row], () => `${text} 'a thing does'`, [standIn])).toEqual([]);
    expect(unlisted([], () => text, [standIn])).toEqual(['test/real/a.test.ts has no test “a thing does”']);
  });

  it('takes no terminal for a fake, and tells what is listed and gone', () => {
    expect(unlisted([row], () => "from '../unit/cli/fake-io.js'", [])).toEqual([]);
    expect(unlisted([row], none, [standIn])).toEqual(['test/real/a.test.ts has no fake any more']);
  });

  it('is read from vitest’s report', () => {
    const assertionResults = [{ fullName: 'a does it', status: 'passed' }];
    const testResults = [{ name: join(root, 'test/real/a.test.ts'), assertionResults }];
    expect(ranTests({ testResults })).toEqual([
      { file: 'test/real/a.test.ts', title: 'a does it', status: 'passed' },
    ]);
  });
});
