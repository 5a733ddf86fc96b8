import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../config/index.js';
import { type Compose, parser, readCompose, readComposeText, root, type Service } from './read.js';
import { rules } from './rules.js';

const file = join(root, 'docker-compose.yml');
type RuleName = keyof typeof rules;

/** One change for the worse, and the rule that must notice it. */
type Mutant = [what: string, rule: RuleName, spoil: (services: Services, compose: Compose) => void];
type Services = Record<'temporal-postgres' | 'temporal-schema' | 'temporal' | 'worker' | 'api', Service>;

const health = 'what runs on has a health check, and what is waited for to end tries again';
const pinned = 'every image is pinned to one version';
const limits = 'every service has a limit that holds its swap too, and a reservation below it';
const waits = 'services wait for what they need until it is of use';
const socket = 'the Docker socket is in the worker alone, and the rest of the host can only be read';
const host = 'the worker sees the host by the mounts that it is told of';
const networks = 'nobody reaches more than its neighbours';
const rights = 'nobody has more rights than the task needs';
const secrets = 'secrets are files, named and never written down';

const mutants: readonly Mutant[] = [
  ['a service without a health check', health, ({ api }) => delete api.healthcheck],
  [
    'a health check that is switched off',
    health,
    ({ api }) => {
      api.healthcheck = { test: ['NONE'] };
    },
  ],
  ['a service that does not come back', health, ({ worker }) => delete worker.restart],
  ['a job that is not tried again', health, (services) => delete services['temporal-schema'].restart],
  [
    'an image of no version',
    pinned,
    ({ temporal }) => {
      temporal.image = 'temporalio/server:latest';
    },
  ],
  [
    'an image without a tag',
    pinned,
    ({ temporal }) => {
      temporal.image = 'registry.example:5000/temporalio/server';
    },
  ],
  [
    "another version than the product's",
    pinned,
    ({ worker }) => {
      worker.image = 'nightshift:0.0.9';
    },
  ],
  ['no limit', limits, ({ api }) => delete api.deploy?.resources?.limits],
  ['no reservation', limits, ({ api }) => delete api.deploy?.resources?.reservations],
  ['swap beyond the limit', limits, ({ api }) => delete api.memswap_limit],
  [
    'swap of another size',
    limits,
    ({ api }) => {
      api.memswap_limit = '2g';
    },
  ],
  ['a worker that does not wait for the namespace', waits, ({ worker }) => delete worker.depends_on],
  [
    'a server that waits only for the start of its database',
    waits,
    ({ temporal }) => {
      temporal.depends_on = { ...temporal.depends_on, 'temporal-postgres': { condition: 'service_started' } };
    },
  ],
  [
    'a port on all addresses',
    'ports are published on loopback only',
    ({ api }) => delete api.ports?.[0]?.host_ip,
  ],
  [
    'a port on one address that others reach',
    'ports are published on loopback only',
    ({ temporal }) => {
      temporal.ports = [{ host_ip: '10.0.0.1', published: '7233', target: 7233 }];
    },
  ],
  [
    'the socket in the API',
    socket,
    ({ api }) =>
      api.volumes?.push({ type: 'bind', source: '/var/run/docker.sock', target: '/var/run/docker.sock' }),
  ],
  [
    'a host that can be written to',
    socket,
    ({ worker }) => {
      for (const mount of worker.volumes ?? []) delete mount.read_only;
    },
  ],
  [
    'another folder of the host',
    socket,
    ({ api }) => api.volumes?.push({ type: 'bind', source: '/etc', target: '/host/etc', read_only: true }),
  ],
  [
    'a worker without the socket',
    socket,
    ({ worker }) => {
      worker.volumes = worker.volumes?.filter(({ target }) => !target.endsWith('docker.sock'));
    },
  ],
  [
    'a privileged service',
    socket,
    ({ worker }) => {
      worker.privileged = true;
    },
  ],
  [
    'a worker that is not told where the host is',
    host,
    ({ worker }) => delete worker.environment?.NIGHTSHIFT_HOST_PROC,
  ],
  [
    'a cgroup mount at another place',
    host,
    ({ worker }) => {
      for (const mount of worker.volumes ?? []) if (mount.source === '/sys/fs/cgroup') mount.target = '/x';
    },
  ],
  ['a worker on a network of its own', host, ({ worker }) => delete worker.network_mode],
  [
    'an API that reaches the database',
    networks,
    ({ api }) => {
      api.networks = { ...api.networks, database: null };
    },
  ],
  [
    'a Temporal that alert senders reach',
    networks,
    ({ temporal }) => {
      temporal.networks = { ...temporal.networks, alerts: null };
    },
  ],
  ['an API that does not reach Temporal', networks, ({ api }) => delete api.networks?.temporal],
  ['all capabilities', rights, ({ api }) => delete api.cap_drop],
  ['one capability more', rights, ({ worker }) => worker.cap_add?.push('SYS_ADMIN')],
  [
    'an API that runs as root',
    rights,
    ({ api }) => {
      api.user = 'root';
    },
  ],
  [
    'a password in the environment',
    secrets,
    (services) => {
      services['temporal-postgres'].environment = { POSTGRES_PASSWORD: 'temporal' };
    },
  ],
  ['a secret that a service is not given', secrets, (services) => delete services['temporal-schema'].secrets],
  [
    'a secret from the environment',
    secrets,
    (_, compose) => {
      compose.secrets = { 'postgres-password': { environment: 'PASSWORD' } };
    },
  ],
  [
    'a mount of what is not there',
    'every file of ours that is mounted is there',
    ({ api }) => {
      for (const mount of api.volumes ?? []) mount.source = mount.source.replace('deploy', 'deployed');
    },
  ],
  [
    'a network of no such name',
    'every name that is referred to is there',
    ({ api }) => {
      api.networks = { elsewhere: null };
    },
  ],
  [
    'a volume of no such name',
    'every name that is referred to is there',
    (_, compose) => {
      compose.volumes = { postgres: {} };
    },
  ],
  [
    'a secret of no such name',
    'every name that is referred to is there',
    (_, compose) => {
      compose.secrets = {};
    },
  ],
  [
    'a service that Nightshift might restart',
    'Nightshift never touches what it lives on',
    (services) => delete services['temporal-postgres'].labels,
  ],
];

describe.skipIf(!parser)('docker-compose.yml, as compose reads it', () => {
  test('the parser refuses what is no compose file, so that its yes means something', () => {
    const text = readFileSync(file, 'utf8');
    expect(() => readComposeText(text.replace('memswap_limit:', 'memswap_limits:'))).toThrow(
      /memswap_limits/,
    );
    expect(() => readComposeText(text.replace('retries: 5', 'retries: five'))).toThrow(/retries/);
  });

  test.each(Object.entries(rules))('%s', (_, rule) => {
    expect(rule(readCompose(file))).toEqual([]);
  });

  test.each(mutants)('would be noticed: %s', (_, rule, spoil) => {
    const spoilt = readCompose(file);
    spoil(spoilt.services as Services, spoilt);
    expect(rules[rule](spoilt)).not.toEqual([]);
  });

  test('every rule has a case that it notices', () => {
    expect(new Set(mutants.map(([, rule]) => rule))).toEqual(new Set(Object.keys(rules)));
  });
});

describe.skipIf(!parser)(
  "the parts of docker-compose.yml fit together and to Nightshift's configuration",
  () => {
    const compose = parser ? readCompose(file) : ({ name: '', services: {} } as Compose);
    const { temporal, worker, api } = compose.services;
    const config = loadConfig(join(root, 'deploy/nightshift/nightshift.yaml'));

    test('worker and API go to the Temporal of this file, in the namespace that is made for them', () => {
      expect(config.warnings).toEqual([]);
      expect(config.temporal).toMatchObject({
        address: 'temporal:7233',
        namespace: compose.services['temporal-namespace']?.environment?.TEMPORAL_NAMESPACE,
      });
      const published = temporal?.ports?.map(({ host_ip, published }) => `${host_ip}:${published}`);
      expect(worker?.command).toEqual(['worker', '--temporal', published?.[0]]);
    });

    test('the engine that is configured is the mounted one; tokens are kept in a volume', () => {
      expect(config.engines.map(({ url }) => url)).toEqual(['unix:///var/run/docker.sock']);
      expect(api?.volumes).toContainEqual(
        expect.objectContaining({ source: 'tokens', target: '/var/lib/nightshift' }),
      );
      expect(config.api.tokensFile).toBe('/var/lib/nightshift/tokens');
    });

    test('the archive is a volume of the worker', () => {
      const folder = config.archive?.folder;
      expect(worker?.volumes).toContainEqual(expect.objectContaining({ source: 'archive', target: folder }));
    });

    test('health is asked for where it is served', () => {
      const port = worker?.environment?.NIGHTSHIFT_HEALTH_PORT;
      expect(worker?.healthcheck?.test.at(-1)).toBe(`http://127.0.0.1:${port}/readyz`);
      expect(api?.healthcheck?.test.at(-1)).toBe(`http://127.0.0.1:${config.api.port}/readyz`);
      expect(config.api.host).toBe('0.0.0.0');
      expect(api?.ports?.[0]).toMatchObject({ published: String(config.api.port), target: config.api.port });
    });

    test("nothing is changed until a target is configured, as the file's own text says", () => {
      expect([config.targets, config.watches]).toEqual([[], []]);
      expect(config.fallback.autonomy.target).toBe('observe');
    });

    test("Temporal's configuration is the mounted one, for this database", () => {
      const text = readFileSync(join(root, 'deploy/temporal/server.yaml'), 'utf8');
      expect(temporal?.entrypoint?.at(-1)).toContain('--root /etc --config nightshift --env server ');
      expect(temporal?.volumes?.[0]?.target).toBe('/etc/nightshift');
      expect(temporal?.environment?.SQL_ADDRESS).toBe('temporal-postgres:5432');
      expect(text.split('\n')[0]).toContain('enable-template');
      expect(text).toContain(`user: ${compose.services['temporal-postgres']?.environment?.POSTGRES_USER}\n`);
    });

    test('the secret is kept out of git', () => {
      const { file: secret = '' } = compose.secrets?.['postgres-password'] ?? {};
      expect(spawnSync('git', ['check-ignore', secret], { cwd: root }).status).toBe(0);
    });
  },
);

describe('the image', () => {
  const lines = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8').split('\n');

  test('is built on pinned images, of the Node that is supported, and does not run as root', () => {
    const bases = lines.filter((line) => line.startsWith('FROM '));
    expect(bases).toHaveLength(2);
    for (const base of bases) expect(base).toMatch(/^FROM node:20\.\d+\.\d+-bookworm-slim\b/);
    expect(lines.filter((line) => line.startsWith('USER ')).at(-1)).toBe('USER node');
  });

  test('leaves secrets and what is built on this machine outside', () => {
    const ignored = readFileSync(join(root, 'deploy/Dockerfile.dockerignore'), 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['deploy/secrets', 'node_modules', 'dist', '.git']));
  });
});
