import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { partDir } from '../../lib/cache.mjs';
import { download, platform } from '../../lib/download.mjs';
import { goBuild, goModFile } from '../../lib/go.mjs';
import { peek, runCommand } from '../../lib/run-command.mjs';
import { programSet } from './program-set.mjs';

/** The last minor version whose kubelet runs on cgroup v1, too. */
export const VERSION = '1.34.2';
const PART = 'kubernetes';
const NAMES = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
];
const MODULE = 'k8s.io/kubernetes';

/** The control plane, the node's programs and kubectl, all of one version. */
export const kubernetes = programSet({
  part: PART,
  title: `Kubernetes ${VERSION} (control plane, kubelet, kube-proxy, kubectl)`,
  version: VERSION,
  names: NAMES,
  fits: (paths) => peek(paths.kubelet, ['--version'])?.includes('v1.34.') === true,
  todo: 'install Go (https://go.dev/dl), so that they can be built, or let this machine reach dl.k8s.io',
  ways: (options) => [
    { how: 'download', fill: (dir) => fromVendor({ dir, ...options }) },
    { how: 'built', fill: (dir) => fromSource({ dir, ...options }) },
  ],
});

/** Each program is kept as soon as it is whole and its checksum right, so an interrupted run goes on where it was. */
async function fromVendor({ dir, log, signal }) {
  const machine = platform();
  if (machine?.os !== 'linux') return `no release for ${process.platform} ${process.arch}`;
  const kept = downloads();
  mkdirSync(kept, { recursive: true });
  for (const name of NAMES) {
    if (existsSync(join(kept, name))) continue;
    const url = `https://dl.k8s.io/v${VERSION}/bin/linux/${machine.arch}/${name}`;
    const to = join(kept, `${name}.part`);
    await download({ url, to, checksums: `${url}.sha256`, log, label: PART, signal });
    renameSync(to, join(kept, name));
  }
  for (const name of NAMES) {
    renameSync(join(kept, name), join(dir, name));
    await runCommand('chmod', ['755', join(dir, name)]);
  }
  rmSync(kept, { recursive: true, force: true });
  return null;
}

function downloads() {
  return `${partDir(PART, VERSION)}.downloads`;
}

/**
 * Kubernetes keeps its libraries beside it, under version v0.0.0, where only its own work tree finds them. They
 * are published as modules too, as v0.34.2 for 1.34.2; a module of our own says so.
 */
async function fromSource({ dir, log, signal }) {
  const work = join(dir, 'build');
  mkdirSync(work);
  log(`  ${PART}: fetching the sources of ${MODULE}@v${VERSION} and what they need (some 60 MB) with Go`);
  const own = await goModFile({ module: MODULE, version: `v${VERSION}`, cwd: work, signal });
  if ('reason' in own) return own.reason;
  const libraries = [...readFileSync(own.path, 'utf8').matchAll(/^\s+(k8s\.io\/\S+) v0\.0\.0$/gm)].map(
    (found) => found[1],
  );
  const replaced = `v0.${VERSION.split('.').slice(1).join('.')}`;
  const lines = libraries.map((name) => `replace ${name} => ${name} ${replaced}`);
  writeFileSync(
    join(work, 'go.mod'),
    `module nightshift/kubernetes\n\ngo 1.24.0\n\nrequire ${MODULE} v${VERSION}\n\n${lines.join('\n')}\n`,
  );
  const reason = await goBuild({
    commands: NAMES.map((name) => `${MODULE}/cmd/${name}`),
    into: dir,
    cwd: work,
    ldflags: `-s -w -X k8s.io/component-base/version.gitVersion=v${VERSION}`,
    packages: 1900,
    takes: 'some 5 min with two cores; six programs of 400 MB together',
    log,
    label: PART,
    signal,
  });
  rmSync(work, { recursive: true, force: true });
  // What an earlier run had downloaded isn't needed any more.
  if (reason === null) rmSync(downloads(), { recursive: true, force: true });
  return reason;
}
