import { describe, expect, it } from 'vitest';
import { fold } from '../../../model/fold.js';
import { json, markdown, sparkline } from '../../../model/report/index.js';
import { asking, at, clearing, opening, sample, story, whole } from '../fold/demo-story.js';

describe('the report', () => {
  it('tells a recovered incident', async () => {
    await expect(markdown(fold(story(...whole)))).toMatchFileSnapshot('golden/recovered.md');
  });

  it('tells an incident that still waits for a decision', async () => {
    const view = fold(story(...opening, ...clearing, ...asking));
    await expect(markdown(view)).toMatchFileSnapshot('golden/deciding.md');
  });

  it('tells an escalated incident with what could not be undone and what stays', async () => {
    const view = fold(
      story(
        ...opening,
        ...clearing,
        [40, { type: 'escalated', why: 'no rung is left', severity: 'critical' }],
        [41, { type: 'notified', sink: 'pager', what: 'escalation', delivered: true, note: '202' }],
        [
          42,
          {
            type: 'rolledBack',
            changeId: 'k3f7x2ab/9',
            sentence: 'Lower the memory limit of agent to 192 MiB again',
            error: 'use is above it',
            command: 'docker update --memory 192m agent',
          },
        ],
        [
          43,
          {
            type: 'closed',
            outcome: 'escalated',
            why: 'no rung is left',
            recommendations: [],
            stays: ['memory limit of agent: 256 MiB; by hand: `docker update --memory 192m agent`'],
          },
        ],
      ),
    );
    await expect(markdown(view)).toMatchFileSnapshot('golden/escalated.md');
  });

  it('for machines has sorted keys and names its format', () => {
    const text = json(fold(story(...whole)));
    const parsed = JSON.parse(text);
    expect(parsed.format).toBe('nightshift.report/1');
    expect(parsed.outcome).toBe('recovered');
    const keys = Object.keys(parsed).slice(1);
    expect(keys).toEqual([...keys].sort());
  });

  it('keeps text from outside from becoming markup', () => {
    const nasty = '<script>x</script> | `rm` **bold** [a](http://evil)\n# heading';
    const view = fold(story(...opening, [3, { type: 'noted', text: nasty }]));
    const line = markdown(view)
      .split('\n')
      .find((each) => each.includes('script'));
    expect(line).toBe(
      '| 03:00:03 | \\<script>x\\</script> \\| \\`rm\\` \\*\\*bold\\*\\* [a\\](http://evil) # heading. |',
    );
  });
});

describe('the sparkline', () => {
  it('draws the limit as a full block', () => {
    expect(sparkline([sample(0, 0), sample(10, 96), sample(20, 192)], 3)).toBe('▁▅█');
  });

  it('carries the last figure over a stretch without samples', () => {
    expect(sparkline([sample(0, 96), sample(100, 192)], 5)).toBe('▅▅▅▅█');
  });

  it('marks where nothing could be read', () => {
    const gap = { at: at(10), gap: 'the engine did not answer' };
    expect(sparkline([sample(0, 96), gap, sample(20, 96)], 3)).toBe('▅·▅');
  });
});
