import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { protectedBecause } from '../../../activities/docker/roles.js';
import { product } from '../../../model/product.js';
import { bytesOf, type Compose, root, type Service } from './read.js';

/** Finds what is wrong with a compose file, a line each. */
export type Rule = (compose: Compose) => string[];

const services = (compose: Compose): [string, Service][] => Object.entries(compose.services);

/** Those that somebody waits for to end. */
function jobsOf(compose: Compose): Set<string> {
  const waits = services(compose).flatMap(([, { depends_on }]) => Object.entries(depends_on ?? {}));
  return new Set(
    waits.filter(([, { condition }]) => condition === 'service_completed_successfully').map(([name]) => name),
  );
}

const each =
  (check: (name: string, service: Service, compose: Compose) => (string | false | undefined)[]): Rule =>
  (compose) =>
    services(compose).flatMap(([name, service]) =>
      check(name, service, compose)
        .filter((said) => typeof said === 'string')
        .map((said) => `${name}: ${said}`),
    );

/** Each rule by what a reader relies on. */
export const rules = {
  'what runs on has a health check, and what is waited for to end tries again': each(
    (name, service, compose) => {
      const job = jobsOf(compose).has(name);
      const { healthcheck, restart } = service;
      return [
        !job && (!healthcheck || healthcheck.disable || healthcheck.test[0] === 'NONE') && 'no health check',
        !job && restart !== 'unless-stopped' && 'does not come back after a restart of the machine',
        job && !/^on-failure/.test(restart ?? '') && 'is not tried again',
      ];
    },
  ),

  'every image is pinned to one version': each((_, { image, build }) => {
    const tag = /^[^@:]+(?::\d+\/[^@:]+)?:([^@]+)/.exec(image ?? '')?.[1] ?? '';
    return [
      !/^\d+\.\d+(\.\d+)?\b/.test(tag) && `image ${image} has no version`,
      build && image !== product.replace(' ', ':') && `the image is ${image}, the product ${product}`,
    ];
  }),

  'every service has a limit that holds its swap too, and a reservation below it': each(
    (_, { deploy, memswap_limit }) => {
      const limit = bytesOf(deploy?.resources?.limits?.memory);
      const reserved = bytesOf(deploy?.resources?.reservations?.memory);
      return [
        !(limit > 0) && 'no memory limit',
        !(reserved > 0 && reserved < limit) && 'no reservation below the limit',
        bytesOf(memswap_limit) !== limit && 'memswap_limit is not its memory limit',
      ];
    },
  ),

  'services wait for what they need until it is of use': each((name, { depends_on }, compose) => {
    const needs: Record<string, string[]> = {
      'temporal-schema': ['temporal-postgres'],
      temporal: ['temporal-postgres', 'temporal-schema'],
      'temporal-namespace': ['temporal'],
      'temporal-ui': ['temporal'],
      worker: ['temporal-namespace'],
      api: ['temporal-namespace'],
    };
    const given = depends_on ?? {};
    return [
      ...(needs[name] ?? []).map((need) => !given[need] && `does not wait for ${need}`),
      ...Object.entries(given).map(
        ([need, { condition }]) =>
          condition !==
            (compose.services[need]?.healthcheck ? 'service_healthy' : 'service_completed_successfully') &&
          `waits for ${need} only until it is ${condition}`,
      ),
    ];
  }),

  'ports are published on loopback only': each((_, { ports }) =>
    (ports ?? []).map(
      ({ host_ip, published }) =>
        host_ip !== '127.0.0.1' && `port ${published} is published on ${host_ip ?? 'all'}`,
    ),
  ),

  'the Docker socket is in the worker alone, and the rest of the host can only be read': each(
    (name, { volumes, privileged }) => [
      privileged && 'is privileged',
      ...(volumes ?? []).map(({ source, target, read_only }) => {
        if (target === '/var/run/docker.sock')
          return name === 'worker' ? read_only && 'the socket is read-only' : 'has the Docker socket';
        if (source === '/proc' || source.startsWith('/sys')) {
          return name !== 'worker' ? `sees ${source}` : !read_only && `can write to ${source}`;
        }
        return source.startsWith('/') && relative(root, source).startsWith('..') && `mounts ${source}`;
      }),
      name === 'worker' &&
        !volumes?.some(({ target }) => target === '/var/run/docker.sock') &&
        'has no socket',
    ],
  ),

  'the worker sees the host by the mounts that it is told of': (compose) => {
    const { environment = {}, volumes = [], ...worker } = compose.services.worker ?? {};
    const source = (target: string | undefined) => volumes.find((mount) => mount.target === target)?.source;
    return [
      source(environment.NIGHTSHIFT_HOST_PROC) !== '/proc' ? 'NIGHTSHIFT_HOST_PROC is no mount of /proc' : '',
      source(environment.NIGHTSHIFT_HOST_CGROUP) !== '/sys/fs/cgroup'
        ? 'NIGHTSHIFT_HOST_CGROUP is no mount'
        : '',
      worker.network_mode !== 'host' ? "it has not the host's name and loopback" : '',
    ].filter((said) => said !== '');
  },

  'nobody reaches more than its neighbours': (compose) => {
    const onIt = (network: string) =>
      services(compose)
        .filter(([, { networks }]) => Object.hasOwn(networks ?? {}, network))
        .map(([name]) => name)
        .sort()
        .join(' ');
    const wanted = {
      database: 'temporal temporal-postgres temporal-schema',
      temporal: 'api temporal temporal-namespace temporal-ui',
      alerts: 'api',
    };
    return Object.entries(wanted)
      .filter(([network, names]) => onIt(network) !== names)
      .map(([network, names]) => `on ${network} are ${onIt(network)}, wanted: ${names}`);
  },

  'nobody has more rights than the task needs': each((name, { user, cap_drop, cap_add, build }) => [
    build && !cap_drop?.includes('ALL') && 'keeps all capabilities',
    build && name !== 'worker' && (user !== undefined || cap_add !== undefined) && 'has rights of its own',
    name === 'worker' &&
      cap_add?.some((right) => !['SYS_PTRACE', 'SYSLOG'].includes(right)) &&
      `has capabilities ${cap_add.join(', ')}`,
  ]),

  'secrets are files, named and never written down': (compose) => [
    ...services(compose).flatMap(([name, { environment }]) =>
      Object.keys(environment ?? {})
        .filter((key) => /PASSWORD|PWD|SECRET|TOKEN|API_?KEY/.test(key) && !key.endsWith('_FILE'))
        .map((key) => `${name}: ${key} is in its environment`),
    ),
    ...Object.entries(compose.secrets ?? {})
      .filter(([, { file }]) => file === undefined)
      .map(([name]) => `secret ${name} is no file`),
    ...services(compose).flatMap(([name, { secrets, environment }]) =>
      Object.values(environment ?? {})
        .filter((value) => value.startsWith('/run/secrets/'))
        .filter((value) => !secrets?.some(({ source }) => `/run/secrets/${source}` === value))
        .map((value) => `${name}: ${value} is not given to it`),
    ),
  ],

  'every file of ours that is mounted is there': each((_, { volumes, build }) => [
    ...(volumes ?? []).map(
      ({ type, source }) =>
        type === 'bind' && source.startsWith(root) && !existsSync(source) && `${source} is not there`,
    ),
    build && !existsSync(`${build.context}/${build.dockerfile}`) && 'its Dockerfile is not there',
  ]),

  'every name that is referred to is there': each((_, service, compose) => {
    const unknown = (what: string, names: readonly string[], known: object = {}) =>
      names.filter((name) => !Object.hasOwn(known, name)).map((name) => `there is no ${what} ${name}`);
    const named = (service.volumes ?? []).filter(({ type }) => type === 'volume');
    return [
      ...unknown('network', Object.keys(service.networks ?? {}), compose.networks),
      ...unknown(
        'volume',
        named.map(({ source }) => source),
        compose.volumes,
      ),
      ...unknown(
        'secret',
        (service.secrets ?? []).map(({ source }) => source),
        compose.secrets,
      ),
      ...unknown('service', Object.keys(service.depends_on ?? {}), compose.services),
    ];
  }),

  'Nightshift never touches what it lives on': each((name, { image = '', labels = {} }) => [
    protectedBecause(
      { name: `x-${name}`, key: `docker/local/x-${name}`, image: 'x', labels },
      [],
      undefined,
      '',
    ) === undefined && `${image} is not labelled as protected`,
  ]),
} as const satisfies Record<string, Rule>;
