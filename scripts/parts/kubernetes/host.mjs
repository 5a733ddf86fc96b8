import { existsSync, readFileSync } from 'node:fs';
import { aptInstall, mayInstall } from '../../lib/apt.mjs';
import { PartError } from '../../lib/errors.mjs';
import { runCommand, which } from '../../lib/run-command.mjs';
import { hierarchies } from './cgroups.mjs';

const OWN =
  'let NIGHTSHIFT_KUBECONFIG name the kubeconfig of a cluster that you may use for tests (kind, minikube, k3d)';
/** Programs of the system that the cluster is made with, and Debian's packages of them. */
const TOOLS = {
  ip: 'iproute2',
  iptables: 'iptables',
  unshare: 'util-linux',
  mount: 'mount',
  openssl: 'openssl',
};

/**
 * Refuses a machine on which no cluster can be started, before anything is fetched.
 * @throws {PartError} why not, and what to do
 */
export function checkHost() {
  const reason = whyNot();
  if (reason) throw new PartError(`no Kubernetes cluster can be started here: ${reason}`, OWN);
}

function whyNot() {
  if (process.platform !== 'linux') return `it needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'it needs root, since it makes namespaces, mounts and control groups';
  if (!hierarchies().some((each) => each.controllers.includes('memory')))
    return 'this kernel has no memory controller for control groups, so no container could have a memory limit';
  if (!/\boverlay\b/.test(readFileSync('/proc/filesystems', 'utf8')) && !existsSync('/sys/module/overlay'))
    return 'this kernel has no overlay file system (modprobe overlay)';
  return null;
}

/**
 * Makes sure of the system's own programs, and that namespaces may be made, which a container mostly forbids.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @throws {PartError}
 */
export async function ensureTools({ log, signal }) {
  const missing = Object.keys(TOOLS).filter((name) => !which(name));
  if (missing.length > 0) {
    const packages = missing.map((name) => TOOLS[name]);
    const todo = `install ${packages.join(' ')}, or ${OWN}`;
    if (!mayInstall()) throw new PartError(`a Kubernetes cluster needs ${missing.join(', ')}`, todo);
    const reason = await aptInstall({ packages, log, label: 'kubernetes', signal });
    if (reason) throw new PartError(`a Kubernetes cluster needs ${missing.join(', ')}: ${reason}`, todo);
  }
  const args = ['--mount', '--pid', '--net', '--fork', '--mount-proc', '--propagation', 'slave', 'true'];
  const tried = await runCommand(which('unshare'), args, { signal });
  if (tried.code !== 0)
    throw new PartError(
      `no Kubernetes cluster can be started here: namespaces can't be made (${tried.tail})`,
      OWN,
    );
}
