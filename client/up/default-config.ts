import { stringify } from 'yaml';
import { CliError, exitCodes } from '../cli/exit-codes.js';
import { suggest } from '../cli/suggest.js';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What `nightshift up` runs on where nobody has written a configuration: this machine's Docker engine, and no
 * targets, so that everything may be looked at and nothing is changed.
 */
export function defaultConfigText(env: Env): string {
  const note = [
    '# Written by `nightshift up`, which found no nightshift.yaml. Everything may be looked at, nothing is changed.',
    '# What you may want next: nightshift config example',
    '',
  ];
  return `${note.join('\n')}${stringify({ engines: { local: engineOf(env) }, archive })}`;
}

/** Beside the configuration, in the state folder. Bounded, since nobody has looked at it. */
const archive = { folder: 'archive', keep: '365d', maxSize: '1GiB' };

/** The engine that the `docker` command would use. */
export function engineOf(env: Env): string | object {
  const url = env.DOCKER_HOST || 'unix:///var/run/docker.sock';
  if (!/^(unix|tcp|ssh):\/\//.test(url)) {
    const scheme = url.split(':')[0] ?? '';
    throw new CliError(
      exitCodes.usage,
      `DOCKER_HOST is ${url}, which is no address of an engine`,
      `${suggest(scheme, ['unix', 'tcp', 'ssh'], '')} Write unix://…, tcp://… or ssh://…`,
    );
  }
  if (!url.startsWith('tcp://') || !env.DOCKER_TLS_VERIFY || !env.DOCKER_CERT_PATH) return url;
  const at = (name: string) => `${env.DOCKER_CERT_PATH}/${name}.pem`;
  return { url, tls: { ca: at('ca'), cert: at('cert'), key: at('key') } };
}
