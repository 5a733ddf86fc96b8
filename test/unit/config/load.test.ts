import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, parseConfig, policyFor, shippedRunbooks } from '../../../config/index.js';
import { dockerKinds } from '../../../model/changes/index.js';
import { ladder } from '../../../workflows/runbooks/mem-001/ladder/index.js';

const folder = mkdtempSync(join(tmpdir(), 'nightshift-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const engines = 'engines:\n  local: unix:///var/run/docker.sock\n';
const parse = (text: string) => parseConfig(engines + text, '/etc/nightshift/nightshift.yaml');

function problemOf(path: string): string {
  try {
    loadConfig(path);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no problem';
}

describe('reading the file', () => {
  it('a file that is not there, a folder, and what is not text are each told apart, with the mend', () => {
    expect(problemOf(join(folder, 'none.yaml'))).toMatch(
      /none\.yaml:1:1 there is no such file\. .*config example/,
    );
    mkdirSync(join(folder, 'dir'));
    expect(problemOf(join(folder, 'dir'))).toMatch(/it is a folder\. Name the file in it/);
    writeFileSync(join(folder, 'latin1.yaml'), Buffer.from([0x23, 0xe4, 0xff, 0x0a]));
    expect(problemOf(join(folder, 'latin1.yaml'))).toMatch(/not UTF-8/);
  });

  it('what can not be read for another reason is said with its code', () => {
    writeFileSync(join(folder, 'file'), 'x');
    expect(problemOf(join(folder, 'file', 'nightshift.yaml'))).toMatch(
      /can't be read \(ENOTDIR\)\. Check the path/,
    );
  });

  it.skipIf(process.getuid?.() === 0)('a file that this user may not read is said so', () => {
    const path = join(folder, 'closed.yaml');
    writeFileSync(path, engines);
    chmodSync(path, 0);
    expect(problemOf(path)).toMatch(/may not read/);
  });

  it('the problem names the file as it was given, so that an editor can jump there', () => {
    const path = join(folder, 'wrong.yaml');
    writeFileSync(path, 'engins: {}\n');
    expect(problemOf(path)).toBe(
      `${path}:1:1 engins: there is no such key. Write 'engines' (is that what was meant?).`,
    );
  });

  it('knows the remedies and kinds of change of the runbooks that are shipped', () => {
    const [mem001] = shippedRunbooks;
    expect(mem001?.ladder).toEqual(ladder.map(({ name }) => ({ name })));
    expect(mem001?.changeKinds).toEqual(Object.values(dockerKinds).map(({ kind }) => ({ kind })));
  });
});

describe('what is said of a target', () => {
  it('the three forms of a name give the stable keys', () => {
    const { targets } = parse(`targets:
  - { engine: local, container: agent, autonomy: plan }
  - { engine: local, host: true, autonomy: plan, hostProcesses: [{ name: ix, process: { runtime: other, executable: ix }, restart: [ix, -r] }] }
  - { engine: local, process: ix, autonomy: plan }
  - { key: docker/local/other, autonomy: plan }
`);
    expect(targets.map(({ key, kind, scope }) => [key, kind, scope])).toEqual([
      ['docker/local/agent', 'container', 'docker/local'],
      ['docker/local', 'host', 'docker/local'],
      ['docker/local/process:ix', 'hostProcess', 'docker/local'],
      ['docker/local/other', 'container', 'docker/local'],
    ]);
    expect(targets[2]?.settings).toMatchObject({
      hostProcesses: [{ name: 'ix', restartArgv: ['ix', '-r'], timeoutSeconds: 60 }],
    });
  });

  it('a target without autonomy is only observed, and that is said', () => {
    const config = parse('targets: [{ engine: local, container: agent }]\n');
    expect(policyFor(config, 'docker/local/agent').policy.autonomy).toEqual({
      target: 'observe',
      byDisruption: {},
      byKind: {},
    });
    expect(config.warnings.map(({ message }) => message)).toEqual([
      'docker/local/agent is only observed: it has no autonomy',
    ]);
  });

  it('what is not configured may only be observed, under the defaults', () => {
    const config = parse('defaults: { settle: 20s }\nprotected: ["*/db"]\n');
    const { policy, settings } = policyFor(config, 'docker/local/stranger');
    expect(policy).toMatchObject({ autonomy: { target: 'observe' }, settleSeconds: 20, protected: ['*/db'] });
    expect(settings).toEqual({
      container: 'stranger',
      caches: [],
      restartPolicy: 'recommend',
      hostProcesses: [],
      dataServices: [],
    });
    expect(policyFor(config, 'disk/local/data').settings).toEqual({});
  });

  it('its own policy goes over the defaults, leaf by leaf, and units become plain numbers', () => {
    const config = parse(`groups: { oncall: [ana, bo] }
defaults:
  thresholds: { warning: 70% }
  soak: { time: 1h30m }
  decisions: { group: oncall, approvals: 2 }
targets:
  - engine: local
    container: agent
    autonomy: auto
    maxMemory: 2GB
    policy: { thresholds: { critical: 95% }, decisions: { timeLimit: 20m }, holdOff: { max: 1d } }
`);
    const { policy, settings } = policyFor(config, 'docker/local/agent');
    expect(policy.thresholds).toEqual({ warningPercent: 70, criticalPercent: 95 });
    expect(policy.soak).toEqual({ seconds: 5400, everySeconds: 5 });
    expect(policy.decisions).toMatchObject({
      group: ['ana', 'bo'],
      approvals: 2,
      timeLimitSeconds: 1200,
      reminderSeconds: 600,
    });
    expect(policy.holdOff).toEqual({ firstSeconds: 3600, maxSeconds: 86_400 });
    expect(policy.deadlines).toEqual({ warningSeconds: 900, criticalSeconds: 300 });
    expect(settings).toMatchObject({ maxMemoryBytes: 2_000_000_000 });
  });

  it('freeze windows are in force for every target, with what they bind', () => {
    const config = parse(`targets: [{ engine: local, host: true, autonomy: plan }]
freezes:
  - { name: all, from: '22:00', to: '06:00', timeZone: UTC }
  - { name: money, days: [fri], from: '00:00', to: '00:00', timeZone: UTC, targets: [docker/local/billing] }
`);
    const { freezes } = policyFor(config, 'docker/local').policy;
    expect(freezes).toEqual([
      { name: 'all', days: [], from: '22:00', to: '06:00', timeZone: 'UTC' },
      {
        name: 'money',
        days: ['fri'],
        from: '00:00',
        to: '00:00',
        timeZone: 'UTC',
        targets: ['docker/local/billing'],
      },
    ]);
  });

  it('a host may not do to a container what the container itself does not allow', () => {
    const config = parse(`targets:
  - { engine: local, host: true, autonomy: auto }
  - { engine: local, container: asked, autonomy: approve }
  - { engine: local, container: gentle, autonomy: { target: auto, byDisruption: { none: approve } } }
  - { engine: local, container: watched, autonomy: observe }
`);
    expect(policyFor(config, 'docker/local').policy.protected).toEqual([
      'docker/local/asked',
      'docker/local/watched',
    ]);
    expect(policyFor(config, 'docker/local/asked').policy.protected).toEqual([]);
  });

  it('a target of an added kind keeps its settings as they are', () => {
    const runbooks = [{ name: 'DISK-001', targetKinds: ['disk'] }];
    const text = `${engines}targets:
  - key: disk/local/data
    kind: disk
    scope: docker/local
    autonomy: auto
    settings: { folder: /data, keep: [a, b], most: 3 }
routes:
  - { match: { alertname: DiskFull }, runbook: DISK-001, target: 'disk/local/{{labels.disk}}' }
`;
    const config = parseConfig(text, 'x.yaml', { runbooks });
    expect(config.targets[0]).toMatchObject({ key: 'disk/local/data', kind: 'disk', scope: 'docker/local' });
    expect(policyFor(config, 'disk/local/data').settings).toEqual({
      folder: '/data',
      keep: ['a', 'b'],
      most: 3,
    });
  });

  it('endpoints get the method that fits their use, and a secret by name only', () => {
    const { settings } = policyFor(
      parse(`secrets: { admin: { env: ADMIN } }
targets:
  - engine: local
    container: agent
    autonomy: auto
    health: http://127.0.0.1:1/health
    drain: http://127.0.0.1:1/drain
    caches: [{ name: c, disruption: none, harm: slow, endpoint: { url: 'http://127.0.0.1:1/c', bearer: admin, expect: { status: 204 } } }]
`),
      'docker/local/agent',
    );
    expect(settings).toMatchObject({
      health: { method: 'GET', url: 'http://127.0.0.1:1/health', timeoutSeconds: 5 },
      drain: { method: 'POST', timeoutSeconds: 30 },
      caches: [{ endpoint: { method: 'POST', bearerSecret: 'admin', expect: { status: 204 } } }],
    });
  });

  it('the digest changes with the policy and the settings, and with nothing else', () => {
    const digestOf = (more: string, target: string) =>
      policyFor(
        parse(`${more}targets: [{ engine: local, container: agent, autonomy: auto${target} }]\n`),
        'docker/local/agent',
      ).digest;
    const plain = digestOf('', '');
    expect(digestOf('api: { listen: "127.0.0.1:1" }\n', '')).toBe(plain);
    expect(digestOf('# a comment\n', ', policy: { settle: 10s }')).toBe(plain);
    expect(digestOf('', ', policy: { settle: 11s }')).not.toBe(plain);
    expect(digestOf('', ', health: "http://127.0.0.1:1/"')).not.toBe(plain);
    expect(digestOf('protected: ["*/db"]\n', '')).not.toBe(plain);
  });

  it('policy and settings are the same after a trip through JSON', () => {
    const config = parse(
      'targets: [{ engine: local, host: true, autonomy: auto, app: agent, gc: { via: jcmd, process: { runtime: jvm, executable: java } } }]\n',
    );
    const inForce = policyFor(config, 'docker/local');
    expect(JSON.parse(JSON.stringify(inForce))).toStrictEqual(inForce);
  });

  it('an anchor may be used for what is the same in two places', () => {
    const config = parse(`targets:
  - &agent { engine: local, container: agent, autonomy: auto, restartPolicy: set }
  - { <<: *agent, container: agent-2 }
`);
    expect(
      config.targets.map(({ key, settings }) => [key, 'restartPolicy' in settings && settings.restartPolicy]),
    ).toEqual([
      ['docker/local/agent', 'set'],
      ['docker/local/agent-2', 'set'],
    ]);
  });
});

describe('what is allowed and probably not meant is a warning, with its line', () => {
  it.each([
    ['secrets: { a: { env: A } }', '3:12 secrets.a: nothing uses this secret'],
    [
      'targets: [{ engine: local, container: a }]',
      '3:11 targets[0]: docker/local/a is only observed: it has no autonomy',
    ],
    [
      'targets: [{ engine: local, container: a, autonomy: auto }]\nprotected: ["*/a"]',
      "3:42 targets[0].autonomy: docker/local/a is protected by '*/a': it is never changed",
    ],
  ])('%s', (text, expected) => {
    const said = parse(`${text}\n`).warnings.map(
      ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
    );
    expect(said).toEqual([expected]);
  });
});

describe('how the rest is reached', () => {
  it('paths are relative to the file', () => {
    const config = parseConfig(
      `engines:
  far: { url: 'tcp://10.0.0.5:2376', tls: { ca: ca.pem, cert: c.pem, key: /abs/k.pem } }
secrets: { a: { file: secrets/a } }
temporal: { address: 'temporal:7233', namespace: ops, tls: { caFile: ../ca.pem }, apiKey: a }
api: { listen: '[::1]:8000', tokensFile: tokens }
`,
      '/etc/nightshift/nightshift.yaml',
    );
    expect(config.engines).toEqual([
      {
        name: 'far',
        url: 'tcp://10.0.0.5:2376',
        tls: { ca: '/etc/nightshift/ca.pem', cert: '/etc/nightshift/c.pem', key: '/abs/k.pem' },
      },
    ]);
    expect(config.secrets).toEqual({ a: { file: '/etc/nightshift/secrets/a' } });
    expect(config.temporal).toEqual({
      address: 'temporal:7233',
      namespace: 'ops',
      tls: { caFile: '/etc/ca.pem' },
      apiKeySecret: 'a',
    });
    expect(config.api).toEqual({ host: '::1', port: 8000, tokensFile: '/etc/nightshift/tokens' });
  });

  it('an almost empty file is a local Temporal and a local API', () => {
    const config = parseConfig('engines: {}\n', '/etc/nightshift/nightshift.yaml');
    expect(config.temporal).toEqual({ address: 'localhost:7233', namespace: 'default' });
    expect(config.api).toEqual({
      host: '127.0.0.1',
      port: 7420,
      tokensFile: '/etc/nightshift/nightshift.tokens',
    });
  });

  it('a watch takes the runbook that suits its target, 85 % and a minute', () => {
    const config = parse(
      'targets: [{ engine: local, container: agent, autonomy: auto }]\nwatches: [{ target: docker/local/agent }]\n',
    );
    expect(config.watches).toEqual([
      { target: 'docker/local/agent', runbook: 'MEM-001', thresholdPercent: 85, everySeconds: 60 },
    ]);
  });
});

describe('the archive', () => {
  it('has its folder beside the file, and is looked after hourly, for ever, where nothing else is said', () => {
    expect(parse('archive: { folder: closed }\n').archive).toEqual({
      folder: '/etc/nightshift/closed',
      everySeconds: 3600,
    });
  });

  it('is bounded by what is said', () => {
    const { archive } = parse('archive: { folder: /a, every: 5m, keep: 365d, maxSize: 10GiB }\n');
    expect(archive).toEqual({
      folder: '/a',
      everySeconds: 300,
      keepSeconds: 365 * 86_400,
      maxBytes: 10 * 2 ** 30,
    });
  });

  it('is none where none is said', () => {
    expect('archive' in parse('targets: []\n')).toBe(false);
  });
});
