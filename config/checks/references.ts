import { didYouMean } from '../closest.js';
import type { PolicyInput } from '../schema/policy.js';
import type { Path } from '../yaml.js';
import type { Checked } from './report.js';

/** Names of secrets that are used and not there, and of those there and not used. */
export function checkSecrets({ said, report }: Checked): void {
  const { secrets, groups: _groups, defaults: _defaults, freezes: _freezes, ...users } = said;
  const known = Object.keys(secrets);
  const used = new Set<string>();
  for (const { path, name } of secretUses(users, [])) {
    used.add(name);
    // The name is not shown: it may be the secret itself, written in the wrong place.
    if (!known.includes(name))
      report.error(
        path,
        'there is no such secret under secrets:',
        didYouMean(name, known, 'Add it under secrets: as { file: path } or { env: NAME }'),
      );
  }
  for (const name of known)
    if (!used.has(name))
      report.warn(
        ['secrets', name],
        'nothing uses this secret',
        'Take it out, or name it where it is needed',
        'key',
      );
}

const secretKeys = ['bearer', 'signingSecret', 'apiKey', 'password'];

function secretUses(value: unknown, path: Path): readonly { readonly path: Path; readonly name: string }[] {
  if (value === null || typeof value !== 'object') return [];
  const entries: [PropertyKey, unknown][] = Array.isArray(value)
    ? value.map((item, i) => [i, item])
    : Object.entries(value).filter(([key]) => key !== 'settings' && key !== 'match');
  return entries.flatMap(([key, inner]) =>
    typeof inner === 'string' && secretKeys.includes(String(key))
      ? [{ path: [...path, key], name: inner }]
      : secretUses(inner, [...path, key]),
  );
}

/** Groups of people that are named and not there, and decisions that nobody could take. */
export function checkGroups({ said, report }: Checked): void {
  const known = Object.keys(said.groups);
  const policies: [Path, PolicyInput | undefined][] = [
    [['defaults'], said.defaults],
    ...said.targets.map(({ policy }, i): [Path, PolicyInput | undefined] => [
      ['targets', i, 'policy'],
      policy,
    ]),
  ];
  for (const [path, policy] of policies) {
    for (const part of ['group', 'secondGroup'] as const) {
      const group = policy?.decisions?.[part];
      if (typeof group === 'string' && !known.includes(group))
        report.error(
          [...path, 'decisions', part],
          `there is no group '${group}'`,
          didYouMean(group, known, 'Add it under groups:, or write a list of people: [ana, bo]'),
        );
    }
  }
}

/** Engines: TLS where it is needed, and nothing that does nothing. */
export function checkEngines({ said, report }: Checked): void {
  for (const [name, engine] of Object.entries(said.engines)) {
    const path = ['engines', name];
    const { url, tls, ssh } =
      typeof engine === 'string' ? { url: engine, tls: undefined, ssh: undefined } : engine;
    if (
      url.startsWith('tcp:') &&
      !tls &&
      !/^tcp:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(url)
    )
      report.error(
        path,
        'tcp without TLS gives the machine to whoever reaches that port',
        'Add tls: { ca, cert, key }, or use ssh://',
      );
    if (tls && !url.startsWith('tcp:'))
      report.error([...path, 'tls'], 'TLS is for tcp:// only', 'Take tls out', 'key');
    if (ssh && !url.startsWith('ssh:'))
      report.error([...path, 'ssh'], 'ssh is for ssh:// only', 'Take ssh out', 'key');
  }
}

/** The API's port, and one way to log in to the Alertmanager. */
export function checkConnections({ said, report }: Checked): void {
  const port = Number(said.api.listen?.split(':').at(-1) ?? 1);
  if (port > 65_535)
    report.error(['api', 'listen'], `${port} is no port`, 'Use one from 1 to 65535 (0: any free one)');
  if (said.alertmanager?.bearer && said.alertmanager.basic)
    report.error(['alertmanager', 'basic'], 'it has two ways to log in', 'Keep bearer or basic', 'key');
  const tls = typeof said.temporal.tls === 'object' ? said.temporal.tls : {};
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined))
    report.error(
      ['temporal', 'tls'],
      'it has a certificate or a key, but not both',
      'Give certFile and keyFile, or neither',
    );
  if (said.temporal.apiKey !== undefined && said.temporal.tls === false)
    report.error(['temporal', 'tls'], 'an API key is sent over TLS only', 'Take tls: false out');
}
