import { describe, expect, test } from 'vitest';
import { matchAlert, type Routing } from '../../../client/alerts/match.js';

const agent = { key: 'docker/local/agent', kind: 'container', scope: 'docker/local' };
const host = { key: 'docker/local', kind: 'host', scope: 'docker/local' };
const routing: Routing = {
  routes: [
    { match: { alertname: 'HostMemoryHigh' }, runbook: 'MEM-001', target: 'docker/local' },
    {
      match: { alertname: '/Container.*/', team: '' },
      runbook: 'MEM-001',
      target: 'docker/{{labels.engine}}/{{ labels.name }}',
    },
    { match: { alertname: 'DiskFull' }, runbook: 'DISK-9', target: 'docker/local' },
  ],
  runbooks: ['MEM-001'],
  target: (key) => [agent, host].find((target) => target.key === key),
};
const match = (name: string, labels: Record<string, string> = {}, annotations: Record<string, string> = {}) =>
  matchAlert({ name, labels: { alertname: name, ...labels }, annotations }, routing);

describe('which runbook and target an alert belongs to', () => {
  test('an exact label decides', () => {
    expect(match('HostMemoryHigh')).toEqual({ runbook: 'MEM-001', target: host });
  });

  test('labels fill the target in', () => {
    expect(match('ContainerMemoryHigh', { engine: 'local', name: 'agent' })).toEqual({
      runbook: 'MEM-001',
      target: agent,
    });
  });

  test('a pattern must match the whole value, and a missing label is empty', () => {
    expect(match('MyContainer', { engine: 'local', name: 'agent' })).toEqual({
      ignored: 'no route matches its labels',
    });
    expect(match('ContainerX', { engine: 'local', name: 'agent', team: 'b' })).toHaveProperty('ignored');
  });

  test('a rule may name its target and runbook itself', () => {
    expect(match('Any', { nightshift_target: 'docker/local/agent', nightshift_runbook: 'MEM-001' })).toEqual({
      runbook: 'MEM-001',
      target: agent,
    });
    expect(match('HostMemoryHigh', {}, { nightshift_target: 'docker/local/agent' })).toEqual({
      runbook: 'MEM-001',
      target: agent,
    });
  });

  test.each([
    ['nothing matches', 'Other', {}, /no route/],
    ['the runbook is unknown', 'DiskFull', {}, /unknown runbook DISK-9; known: MEM-001/],
    [
      'the target is not configured',
      'ContainerX',
      { engine: 'local', name: 'ghost' },
      /no target docker\/local\/ghost/,
    ],
    ['a label is missing that names the target', 'ContainerX', { engine: 'local' }, /no label name/],
    [
      'a rule names a target that is not configured',
      'HostMemoryHigh',
      { nightshift_target: 'docker/x' },
      /no target docker\/x/,
    ],
    [
      'a rule names a target and no runbook',
      'Any',
      { nightshift_target: 'docker/local' },
      /nightshift_runbook/,
    ],
  ])('is told where %s', (_, name, labels: Record<string, string>, reason) => {
    expect(match(name, labels)).toEqual({ ignored: expect.stringMatching(reason) });
  });

  test("Nightshift's own alerts never come back as work", () => {
    expect(
      match('NightshiftEscalated', { nightshift_target: agent.key, nightshift_runbook: 'MEM-001' }),
    ).toEqual({ ignored: "Nightshift's own alert" });
  });
});
