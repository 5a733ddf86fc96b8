import { describe, expect, it } from 'vitest';
import type { DockerLook } from '../../../model/container.js';
import type { Sample } from '../../../model/evidence.js';
import { errorLines, newLines } from '../../../workflows/runbooks/mem-001/log-lines.js';
import { verify } from '../../../workflows/runbooks/mem-001/verification.js';
import {
  atSecond,
  container,
  containerLook,
  endpoint,
  GiB,
  host,
  hostLook,
  MiB,
  rising,
  samplesOf,
} from './looks.js';

const names = {
  memory: 'below the warning threshold',
  growth: 'not growing back',
  kills: 'no new OOM kill',
  running: 'running and healthy',
  others: 'containers are up again',
  logs: 'clean logs',
  probe: 'answers its probe',
};

/** 24 quiet samples, 5 s apart. */
const quiet = (more: Partial<Sample> = {}, used = 100 * MiB) =>
  samplesOf(
    Array.from({ length: 24 }, () => used),
    more,
  );
const before = containerLook({
  container: { workingSetBytes: 240 * MiB, startedAt: 'before the restart' },
  look: { kills: 3 },
});
const ended = (parts: Parameters<typeof containerLook>[0] = {}) =>
  containerLook({ container: { workingSetBytes: 100 * MiB, ...parts.container }, ...parts });

const check = (
  name: string,
  look: DockerLook,
  samples: readonly Sample[] = quiet(),
  was: DockerLook = before,
) => {
  const found = verify(look, was, samples).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no check ${name}`);
  return found;
};
const passes = (...given: Parameters<typeof check>): boolean => check(...given).passed;

describe('verification', () => {
  it('passes for a target that was restarted and is quiet', () => {
    const checks = verify(ended(), before, quiet());
    expect(checks.map(({ name }) => name)).toEqual([
      names.memory,
      names.growth,
      names.kills,
      names.running,
      names.logs,
    ]);
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    for (const { note } of checks) expect(note).not.toBe('');
  });

  it('passes nothing where memory can not be read any more', () => {
    const blind = ended({ look: { measure: undefined, blind: 'the engine is gone' } });
    expect(check(names.memory, blind)).toMatchObject({
      passed: false,
      note: expect.stringContaining('the engine is gone'),
    });
    expect(passes(names.growth, blind)).toBe(false);
  });

  it('does not pass without samples', () => {
    expect(passes(names.memory, ended(), [])).toBe(false);
    expect(passes(names.growth, ended(), [])).toBe(false);
  });
});

describe('below the threshold', () => {
  const peakAt = (index: number) =>
    quiet().map((one, i) => (i === index ? { ...one, used: 210 * MiB } : one));
  it('takes the worst sample of the last part, not the mean', () => {
    expect(check(names.memory, ended(), peakAt(20))).toMatchObject({
      passed: false,
      note: expect.stringContaining('82 %'),
    });
  });
  it('forgives the first part, in which the change was still at work', () => {
    expect(passes(names.memory, ended(), peakAt(3))).toBe(true);
  });
  it('counts the look at the end', () => {
    expect(passes(names.memory, ended({ container: { workingSetBytes: 206 * MiB } }))).toBe(false);
  });
  it('does not pass where most samples were gaps', () => {
    const gaps = quiet().map((one, i) => (i < 20 ? { at: one.at, gap: 'timed out' } : one));
    expect(check(names.memory, ended(), gaps)).toMatchObject({
      passed: false,
      note: 'only 4 of the last 12 samples could be read',
    });
  });
});

describe('growing back', () => {
  const grow = (step: number, from = 100 * MiB, count = 24, every = 5) => ({
    samples: samplesOf(rising(from, step, count), {}, every),
    look: ended({ container: { workingSetBytes: from + step * count } }),
  });
  it('does not pass for a leak that a restart did not mend', () => {
    const { samples, look } = grow(2 * MiB);
    expect(check(names.growth, look, samples)).toMatchObject({
      passed: false,
      note: expect.stringMatching(/threshold is back in 2 min/),
    });
  });
  it('passes for growth that is far from the threshold', () => {
    // 115 s of soak, 12 times that: 23 min. At 40 KiB/s 100 MiB take 43 min.
    const { samples, look } = grow(200 * 1024);
    expect(check(names.growth, look, samples)).toMatchObject({ passed: true });
  });
  it('forgives the start of a program, and noise in a short soak', () => {
    const warm = [
      ...rising(60 * MiB, 5 * MiB, 10),
      ...Array.from({ length: 14 }, (_, i) => (110 + (i % 2)) * MiB),
    ];
    expect(passes(names.growth, ended({ container: { workingSetBytes: 110 * MiB } }), samplesOf(warm))).toBe(
      true,
    );
    const noisy = samplesOf(
      [100, 101, 100, 102, 101, 102].map((n) => n * MiB),
      {},
      1,
    );
    expect(passes(names.growth, ended(), noisy)).toBe(true);
  });
  it('forgives a drift of less than a hundredth of the limit just below the threshold', () => {
    const { samples, look } = grow(20 * 1024, 196 * MiB);
    expect(check(names.growth, look, samples)).toMatchObject({
      passed: true,
      note: expect.stringContaining('no growth beyond noise'),
    });
    const more = grow(250 * 1024, 196 * MiB);
    expect(passes(names.growth, more.look, more.samples)).toBe(false);
  });
  it('sees a leak in a short soak as well', () => {
    const { samples, look } = grow(2 * MiB, 100 * MiB, 10, 1);
    expect(passes(names.growth, look, samples)).toBe(false);
  });
  it('does not pass with too few readings', () => {
    expect(check(names.growth, ended(), quiet().slice(0, 2))).toMatchObject({
      passed: false,
      note: expect.stringContaining('too few'),
    });
  });
});

describe('OOM kills', () => {
  const with3 = ended({ look: { kills: 3 } });
  it('since before the change do not pass, those before it do', () => {
    expect(passes(names.kills, with3, quiet({ kills: 3 }))).toBe(true);
    expect(check(names.kills, ended({ look: { kills: 4 } }), quiet({ kills: 4 }))).toMatchObject({
      passed: false,
      note: '1 since the last change',
    });
  });
  it('are not seen in two workers that remember different counts', () => {
    expect(passes(names.kills, with3, quiet({ kills: 0 }))).toBe(true);
  });
  it('are counted within the soak where the counter has begun anew', () => {
    expect(passes(names.kills, ended({ look: { kills: 0 } }), quiet({ kills: 0 }))).toBe(true);
    expect(passes(names.kills, ended({ look: { kills: 1 } }), quiet({ kills: 0 }))).toBe(false);
  });
  it('in the middle of the soak count, though the counter began anew afterwards', () => {
    const hidden = quiet({ kills: 0 }).map((one, i) => (i > 5 && i < 9 ? { ...one, kills: 1 } : one));
    expect(passes(names.kills, ended({ look: { kills: 0 } }), hidden)).toBe(false);
  });
  it('of another container of that name are not taken for those before the change', () => {
    const other = containerLook({ container: { id: 'another' }, look: { kills: 0 } });
    expect(passes(names.kills, with3, quiet({ kills: 3 }), other)).toBe(true);
  });
  it('that can not be counted are not none', () => {
    expect(passes(names.kills, ended({ look: { kills: undefined } }), quiet())).toBe(false);
    const unknown = containerLook({ look: { kills: undefined } });
    expect(passes(names.kills, ended(), quiet({ kills: undefined }), unknown)).toBe(false);
  });
});

describe('running and healthy', () => {
  it('does not pass for what is unhealthy at the end, or was in the last part', () => {
    const sick = ended({ look: { healthy: false, healthNote: 'its health check fails' } });
    expect(check(names.running, sick)).toMatchObject({ passed: false, note: 'its health check fails' });
    const late = quiet().map((one, i) =>
      i === 22 ? { ...one, healthy: false, healthNote: 'no answer' } : one,
    );
    expect(check(names.running, ended(), late)).toMatchObject({
      passed: false,
      note: expect.stringContaining('no answer'),
    });
    const early = quiet().map((one, i) => (i === 2 ? { ...one, healthy: false } : one));
    expect(passes(names.running, ended(), early)).toBe(true);
  });
  it('does not pass for what was started anew during the soak', () => {
    const restarted = quiet().map((one, i) => (i > 15 ? { ...one, startedAt: 'again' } : one));
    expect(passes(names.running, ended({ container: { startedAt: 'again' } }), restarted)).toBe(false);
    expect(passes(names.running, ended({ container: { startedAt: 'again' } }), quiet())).toBe(false);
  });
});

describe('on a host', () => {
  const reading = host({ memTotalBytes: 8 * GiB, memAvailableBytes: 6 * GiB });
  const was = hostLook([container('fat'), container('web')], reading);
  const soak = samplesOf(
    Array.from({ length: 12 }, () => 2 * GiB),
    { startedAt: undefined },
    5,
    8 * GiB,
  );
  const others = (now: readonly ReturnType<typeof container>[]) =>
    check(names.others, hostLook(now, reading), soak, was);
  it('every container that ran must run again, as healthy as it was', () => {
    expect(others([container('fat'), container('web')]).passed).toBe(true);
    expect(others([container('web')])).toMatchObject({ passed: false, note: 'fat does not run' });
    expect(others([container('fat', { restarting: true }), container('web')]).note).toBe('fat does not run');
    expect(others([container('fat', { health: 'unhealthy' }), container('web')]).note).toBe(
      'fat is unhealthy',
    );
    expect(others([container('fat', { health: 'starting' }), container('web')]).note).toBe(
      'fat is still starting',
    );
  });
});

describe('the probe', () => {
  const settings = { probe: endpoint('/chat') };
  it('is a check only where it is configured, and must have been made', () => {
    expect(verify(ended(), before, quiet()).some(({ name }) => name === names.probe)).toBe(false);
    expect(check(names.probe, ended({ settings }))).toMatchObject({
      passed: false,
      note: 'the probe was not made',
    });
    const probe = { ok: true, status: 200, latencyMs: 12.4, note: '200 OK' };
    expect(check(names.probe, ended({ settings, details: { probe } }))).toMatchObject({
      passed: true,
      note: '200 OK',
    });
    expect(passes(names.probe, ended({ settings, details: { probe: { ...probe, ok: false } } }))).toBe(false);
  });
});

describe('the logs', () => {
  const oom = `${atSecond(-10)} FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory`;
  it('do not pass with a new line about a lack of memory', () => {
    expect(passes(names.logs, ended({ details: { logLines: [oom] } }))).toBe(false);
  });
  it('pass with lines from before the soak, or that stood there before', () => {
    const old = `${atSecond(-600)} java.lang.OutOfMemoryError: Java heap space`;
    expect(passes(names.logs, ended({ details: { logLines: [old] } }))).toBe(true);
    const plain = 'MemoryError';
    const was = containerLook({ details: { logLines: [plain] } });
    expect(passes(names.logs, ended({ details: { logLines: [plain] } }), quiet(), was)).toBe(true);
    expect(passes(names.logs, ended({ details: { logLines: [plain, plain] } }), quiet(), was)).toBe(false);
  });
  it('pass with lines that only mention memory', () => {
    const harmless = [
      'memory usage 40 %',
      '812 items dropped from the cache',
      'room of zoom: 3',
      'GC overhead 2 ms',
    ];
    expect(errorLines(harmless)).toEqual([]);
  });
  it.each([
    'Out of memory: Killed process 4711 (node)',
    'fork: Cannot allocate memory',
    'Error: spawn ENOMEM',
    'MemoryError',
    "terminate called after throwing an instance of 'std::bad_alloc'",
    'java.lang.OutOfMemoryError: GC overhead limit exceeded',
    'memory cgroup out of memory: oom-kill:constraint=CONSTRAINT_MEMCG',
  ])('know the line: %s', (line) => {
    expect(errorLines([line])).toEqual([line]);
  });
  it('do not pass where they could not be read', () => {
    const gap = {
      source: 'docker logs',
      name: 'container.logs',
      at: atSecond(0),
      gap: 'the logging driver has none',
    };
    expect(check(names.logs, ended({ look: { evidence: [gap] } }))).toMatchObject({
      passed: false,
      note: expect.stringContaining('the logging driver has none'),
    });
  });
  it('take a line without a time for new, where it was not there before', () => {
    expect(newLines(['a', 'b'], ['a'], atSecond(0))).toEqual(['b']);
  });
});
