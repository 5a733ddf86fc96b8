import { describe, expect, test } from 'vitest';
import { type Inspect, toReading } from '../../../activities/docker/container.js';
import { parseInfo } from '../../../activities/docker/engine-info.js';
import { parseEvents } from '../../../activities/docker/events.js';
import { heapFlags } from '../../../activities/docker/heap-flags.js';
import { demultiplex, memoryLines } from '../../../activities/docker/logs.js';
import { measureContainer } from '../../../activities/docker/measure.js';
import { parseTop, theOne } from '../../../activities/docker/process-sources.js';
import {
  dependsOn,
  imageName,
  isDataService,
  orchestratorOf,
  protectedBecause,
} from '../../../activities/docker/roles.js';
import { memoryFromStats } from '../../../activities/docker/stats.js';
import { inFlight, parseAppMetrics } from '../../../activities/service/app-metrics.js';
import { containerId, recorded } from '../host/recorded.js';

const MiB = 1024 * 1024;
const inspect = JSON.parse(recorded('docker/inspect.json')) as Inspect;
const context = { scope: 'docker/local', protectedBecause: () => undefined };

describe('what the engine says of a container', () => {
  test('a recorded one is read whole', () => {
    expect(toReading({ inspect, execs: 0 }, context)).toMatchObject({
      id: containerId,
      name: 'nsC-rec',
      key: 'docker/local/nsC-rec',
      image: 'nightshift-dev/node:1',
      status: 'running',
      limitBytes: 60 * MiB,
      reservationBytes: 40 * MiB,
      memorySwapBytes: 80 * MiB,
      restartPolicy: 'no',
      autoRemove: false,
      health: 'none',
      stopSignal: 'SIGTERM',
      stopTimeoutSeconds: 10,
      heapFlags: ['--max-old-space-size=40'],
      tmpfsMounts: ['/t'],
    });
  });

  test('secrets of its command, labels and environment stay where they are', () => {
    const Config = {
      ...inspect.Config,
      Env: ['DB_PASSWORD=hunter2'],
      Labels: { 'nightshift.note': 'token=hunter2', other: 'hunter2' },
    };
    const raw = {
      inspect: { ...inspect, Config, Path: 'app', Args: ['--api-key', 'hunter2', '--x=1'] },
      execs: 0,
    };
    const reading = toReading(raw, context);
    expect(JSON.stringify(reading)).not.toContain('hunter2');
    expect(reading.command).toEqual(['app', '--api-key', '[redacted]', '--x=1']);
  });

  test('the working set leaves out inactive file pages, under both versions', () => {
    expect(memoryFromStats(JSON.parse(recorded('docker/stats-v1.json')))).toMatchObject({
      usageBytes: 62_808_064,
      workingSetBytes: 62_808_064 - 4_808_704,
    });
    const v2 = { memory_stats: { usage: 400, stats: { inactive_file: 40, anon: 300, file: 80 } } };
    expect(memoryFromStats(v2)).toEqual({
      usageBytes: 400,
      workingSetBytes: 360,
      cacheBytes: 80,
      anonBytes: 300,
    });
    expect(memoryFromStats({ memory_stats: {} })).toBeUndefined();
  });

  test('no limit is measured against the host, a dead container uses nothing, an unread one is blind', () => {
    const reading = toReading({ inspect, execs: 0 }, context);
    expect(measureContainer({ ...reading, workingSetBytes: 30 * MiB }, 0)).toMatchObject({
      measure: { percent: 50 },
    });
    const free = { ...reading, limitBytes: undefined, workingSetBytes: 30 * MiB };
    expect(measureContainer(free, 300 * MiB)).toMatchObject({
      measure: { percent: 10, against: 'the host (no limit of its own)' },
    });
    expect(measureContainer(free, 0)).toHaveProperty('blind');
    expect(measureContainer({ ...reading, status: 'exited' }, 0)).toMatchObject({ measure: { used: 0 } });
    expect(measureContainer({ ...reading, gap: 'it timed out' }, 0)).toEqual({ blind: 'it timed out' });
  });

  test('recorded events are read, and broken lines left out', () => {
    const events = parseEvents(`${recorded('docker/events.ndjson')}\n{"Type":\n`);
    expect(events.filter(({ action }) => action === 'oom').length).toBeGreaterThan(0);
    const death = events.find(({ action, exitCode }) => action === 'die' && exitCode === 137);
    expect(death?.id).toMatch(/^[0-9a-f]{64}$/);
    expect(parseEvents('')).toEqual([]);
  });

  test('the engine’s info is read, an old engine’s silence means cgroup version 1', () => {
    const info = parseInfo(JSON.parse(recorded('docker/info.json')), 0);
    expect(info).toMatchObject({
      name: 'vm',
      version: '20.10.24+dfsg1',
      cgroupVersion: '1',
      kernel: '6.18.44-fc-v657',
    });
    expect(parseInfo({ SystemTime: '1970-01-01T00:00:05Z' }, 2_000)).toMatchObject({
      cgroupVersion: '1',
      clockAheadMs: 3_000,
    });
  });

  test('docker top’s rows are processes, the largest first', () => {
    const rows = {
      Processes: [
        ['7', '10', 'root', 'sh -c x'],
        ['8', '900', '1000', '/usr/bin/node app.js --token=abc'],
      ],
    };
    expect(parseTop(rows, 'c')).toMatchObject([
      {
        pid: 8,
        rssBytes: 900 * 1024,
        executable: '/usr/bin/node',
        args: '/usr/bin/node app.js --token=[redacted]',
      },
      { pid: 7 },
    ]);
    expect(parseTop(null, 'c')).toEqual([]);
  });
});

describe('heap flags', () => {
  test.each([
    [['java', '-Xmx512m', '-jar', 'a.jar'], [], ['-Xmx512m']],
    [['sh', '-c', 'exec java -XX:MaxRAMPercentage=75.0 -jar a.jar'], [], ['-XX:MaxRAMPercentage=75.0']],
    [['node', '--max-old-space-size', '400', 'a.js'], [], ['--max-old-space-size=400']],
    [['node', 'a.js'], ['NODE_OPTIONS="--max_old_space_size=300" --inspect'], ['--max_old_space_size=300']],
    [['a'], ['JAVA_TOOL_OPTIONS=-Xms1g -Xmx2g', 'GOMEMLIMIT=750MiB'], ['-Xmx2g', 'GOMEMLIMIT=750MiB']],
    [['a', '-Xmx'], ['SECRET=-Xmx1g', 'GOGC=50'], []],
  ])('%j with %j', (command, environment, flags) => {
    expect(heapFlags(command, environment)).toEqual(flags);
  });
});

describe('what a container is', () => {
  const named = (image: string, name = 'x', labels = {}) => ({
    image,
    name,
    key: `docker/local/${name}`,
    labels,
  });

  test('databases are told by image, name or service, wherever the image comes from', () => {
    expect(imageName('registry.example:5000/team/redis:7@sha256:abc')).toBe('redis');
    expect(isDataService(named('registry.example:5000/team/redis:7'), [])).toBe(true);
    expect(isDataService(named('corp/base:1', 'postgres'), [])).toBe(true);
    expect(isDataService(named('corp/base:1', 'p-1', { 'com.docker.compose.service': 'mongo' }), [])).toBe(
      true,
    );
    expect(isDataService(named('corp/ledger:1', 'ledger'), ['ledger'])).toBe(true);
    expect(isDataService(named('corp/redis-commander:1'), [])).toBe(false);
  });

  test('Nightshift, Temporal and monitoring are protected without being configured', () => {
    const why = (image: string, labels = {}) =>
      protectedBecause(named(image, 'x', labels), [], undefined, 'i');
    expect(why('nightshift:1')).toBe('it is Nightshift');
    expect(why('temporalio/server:1.29')).toBe('it is Temporal');
    expect(why('prom/prometheus:v3')).toBe('it is monitoring');
    expect(why('corp/app', { 'nightshift.protected': 'true' })).toContain('label');
    expect(why('nightshift-dev/node:1')).toBeUndefined();
    expect(protectedBecause(named('corp/app'), [], 'i', 'i')).toBe('Nightshift runs in it');
    expect(protectedBecause(named('corp/app', 'pay.api'), ['docker/*/pay.*'], undefined, 'i')).toContain(
      'pay',
    );
    expect(protectedBecause(named('corp/app', 'payXapi'), ['pay.*'], undefined, 'i')).toBeUndefined();
  });

  test('dependencies and orchestrators are read from labels', () => {
    const label = 'redis:service_started:false,db:service_healthy:true';
    expect(dependsOn({ 'com.docker.compose.depends_on': label })).toEqual(['redis', 'db']);
    expect(dependsOn({})).toEqual([]);
    expect(orchestratorOf({ 'io.kubernetes.pod.name': 'p' })).toBe('kubernetes');
    expect(orchestratorOf({ 'com.docker.swarm.task.id': 't' })).toBe('swarm');
    expect(orchestratorOf({ 'com.docker.compose.project': 'p' })).toBeUndefined();
  });
});

describe('what the app says', () => {
  test('frames of the log are taken apart, whatever is broken at the end', () => {
    const frame = (text: string): Buffer => {
      const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
      head.writeUInt32BE(Buffer.byteLength(text), 4);
      return Buffer.concat([head, Buffer.from(text)]);
    };
    const raw = Buffer.concat([frame('größer\n'), frame('two\n'), Buffer.from([1, 0, 0])]);
    expect(demultiplex(raw)).toBe('größer\ntwo\n');
  });

  test('of the log the last 40 lines about memory are kept', () => {
    const text = Array.from({ length: 100 }, (_, i) => `line ${i}: ${i % 2 ? 'out of memory' : 'fine'}`).join(
      '\n',
    );
    const lines = memoryLines(text);
    expect(lines).toHaveLength(40);
    expect(lines.at(-1)).toBe('line 99: out of memory');
    expect(memoryLines(`heap ${'x'.repeat(1000)}`)[0]).toHaveLength(300);
  });

  test('known metrics are added up over their labels, others and histograms left out', () => {
    const metrics = parseAppMetrics(`
# TYPE agent_leak_bytes gauge
agent_leak_bytes 1.5e6
jvm_memory_used_bytes{area="heap",id="Eden } Space"} 100
jvm_memory_used_bytes{area="nonheap"} 50 1700000000000
http_requests_total 7
# TYPE agent_chat_seconds histogram
agent_chat_seconds_bucket{le="1"} 3
agent_chat_seconds_sum 3
http_server_in_flight_requests{path="/a"} 2
nodejs_heap_size_used_bytes NaN
`);
    expect(metrics).toEqual({
      agent_leak_bytes: 1_500_000,
      jvm_memory_used_bytes: 150,
      http_server_in_flight_requests: 2,
    });
    expect(inFlight(metrics)).toEqual([{ name: 'http_server_in_flight_requests', value: 2 }]);
    expect(inFlight({ agent_in_flight_requests: 0, max_inflight: 9, in_flight_max: 4 })).toEqual([]);
  });

  test('a process is only chosen when exactly one matches', () => {
    const process = (pid: number, executable: string, args: string) => ({
      ...{ pid, executable, args, startTicks: 1, rssBytes: 1, swapBytes: 0, sharedBytes: 0 },
    });
    const all = [process(1, '/usr/bin/node', 'node a.js'), process(2, '/usr/bin/node', 'node b.js')];
    const match = { runtime: 'node' as const, executable: 'node' };
    expect(theOne(all, { ...match, argsContain: 'b.js' })).toMatchObject({ process: { pid: 2 } });
    expect(theOne(all, match)).toMatchObject({ gap: expect.stringContaining('argsContain'), count: 2 });
    expect(theOne(all, { ...match, executable: '/opt/node' })).toMatchObject({ count: 0 });
  });
});
