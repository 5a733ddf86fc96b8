import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { backtestText } from '../../../client/cli/commands/backtest-text.js';
import { width } from '../../../client/cli/terminal/text.js';
import { backtestMarkdown } from '../../../model/backtest/markdown.js';
import { backtestJson, backtestReport } from '../../../model/backtest/report.js';
import { example, exampleReport } from './example.js';

const bare = pc.createColors(false);

describe('a backtest', () => {
  it.each([100, 60, 40])('fits %d columns', async (columns) => {
    const lines = backtestText(exampleReport(), columns, bare);
    expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(columns);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/table-${columns}.txt`);
  });

  it('is coloured only where colours are wanted', () => {
    const coloured = backtestText(exampleReport(), 100, pc.createColors(true)).join('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    const escapes = /\u001b\[\d+m/g;
    expect(coloured).toMatch(escapes);
    expect(coloured.replace(escapes, '')).toBe(backtestText(exampleReport(), 100, bare).join('\n'));
  });

  it('is told for a merge request', async () => {
    await expect(backtestMarkdown(exampleReport())).toMatchFileSnapshot('golden/report.md');
  });

  it('is data for a console', async () => {
    await expect(backtestJson(exampleReport())).toMatchFileSnapshot('golden/json.txt');
  });

  it('says where there is nothing that differs, and where it was interrupted', () => {
    const about = { ...exampleReport(), leftOut: [], complete: false };
    const lines = backtestText(backtestReport(about, example.slice(0, 1)), 100, bare).join('\n');
    expect(lines).toContain('It was interrupted');
    expect(lines).not.toContain('WHAT DIFFERS');
    expect(backtestMarkdown(backtestReport(about, example.slice(0, 1)))).not.toContain('## What differs');
  });

  it('stays within the comment of a merge request, and tells the rest in a line each', () => {
    const many = Array.from({ length: 400 }, (_, index) => ({
      ...example[1]!,
      incident: { ...example[1]!.incident, shortId: `id${index}` },
    }));
    const text = backtestMarkdown(backtestReport(exampleReport(), many));
    expect(text.length).toBeLessThan(95_000);
    expect(text).toContain('## More that differ');
    expect(text).toContain('id399');
    const lines = backtestText(backtestReport(exampleReport(), many), 100, bare);
    expect(lines.join('\n')).toContain('375 more that differ');
  });

  it('keeps text from outside from becoming markup, and a cell from ending early', () => {
    const nasty = 'a | b\n# c <script> `d` [x](http://evil) *e*';
    const { incidents } = exampleReport();
    const one = { ...incidents[0]!, status: 'failed' as const, failed: nasty };
    const text = backtestMarkdown(backtestReport(exampleReport(), [one]));
    expect(text).not.toMatch(/^# c/m);
    expect(text).not.toMatch(/(?<!\\)<script>/);
    expect(text).not.toMatch(/\](?=\(http)(?<!\\\])/);
    for (const line of text.split('\n').filter((each) => each.startsWith('|')))
      expect(line.replaceAll('\\|', '').split('|').length).toBeLessThanOrEqual(6);
    const plain = backtestText(
      backtestReport(exampleReport(), [{ ...one, failed: 'a\u001b[2Jb\u0007' }]),
      80,
      bare,
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(plain.join('')).not.toMatch(/[\u0000-\u0008\u001b]/);
  });
});
