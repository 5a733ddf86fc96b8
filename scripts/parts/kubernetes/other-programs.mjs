import { chmodSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptUnpack } from '../../lib/apt.mjs';
import { download, platform } from '../../lib/download.mjs';
import { goInstall } from '../../lib/go.mjs';
import { peek } from '../../lib/run-command.mjs';
import { unpack } from '../../lib/unpack.mjs';
import { programSet } from './program-set.mjs';

const GITHUB = 'https://github.com';
const CNI_NAMES = ['bridge', 'host-local', 'loopback', 'portmap'];

export const etcd = programSet({
  part: 'etcd',
  title: 'etcd (the database of the Kubernetes cluster)',
  version: '3.5.21',
  names: ['etcd'],
  fits: (paths) => /etcd Version: 3\.[456]/.test(peek(paths.etcd, ['--version']) ?? ''),
  todo: 'install etcd (`apt install etcd-server`)',
  ways: (options) => [
    released(options, 'etcd', ({ arch }) => {
      const release = `${GITHUB}/etcd-io/etcd/releases/download/v3.5.21`;
      return {
        url: `${release}/etcd-v3.5.21-linux-${arch}.tar.gz`,
        checksums: `${release}/SHA256SUMS`,
        strip: 1,
      };
    }),
    debian(options, 'etcd', 'etcd-server', 'usr/bin', ['etcd']),
  ],
});

export const containerd = programSet({
  part: 'containerd',
  title: 'containerd (runs the containers of the Kubernetes cluster)',
  version: '1.7.27',
  names: ['containerd', 'containerd-shim-runc-v2', 'ctr'],
  fits: (paths) => / v?(1\.[67]|2)\./.test(peek(paths.containerd, ['--version']) ?? ''),
  todo: 'install containerd (`apt install containerd`)',
  ways: (options) => [
    released(options, 'containerd', ({ arch }) => {
      const url = `${GITHUB}/containerd/containerd/releases/download/v1.7.27/containerd-static-1.7.27-linux-${arch}.tar.gz`;
      return { url, checksums: `${url}.sha256sum`, strip: 1 };
    }),
    debian(options, 'containerd', 'containerd', 'usr/bin', ['containerd', 'containerd-shim-runc-v2', 'ctr']),
  ],
});

export const runc = programSet({
  part: 'runc',
  title: 'runc (starts the containers of the Kubernetes cluster)',
  version: '1.2.6',
  names: ['runc'],
  fits: (paths) => /runc version 1\./.test(peek(paths.runc, ['--version']) ?? ''),
  todo: 'install runc (`apt install runc`)',
  ways: (options) => [
    released(options, 'runc', ({ arch }) => {
      const release = `${GITHUB}/opencontainers/runc/releases/download/v1.2.6`;
      return { url: `${release}/runc.${arch}`, checksums: `${release}/runc.sha256sum`, name: 'runc' };
    }),
    debian(options, 'runc', 'runc', 'usr/sbin', ['runc']),
  ],
});

export const cniPlugins = programSet({
  part: 'cni-plugins',
  title: 'CNI plugins (the network of the Kubernetes cluster)',
  version: '1.6.2',
  names: CNI_NAMES,
  folders: ['/usr/lib/cni', '/opt/cni/bin'],
  todo: 'install them (`apt install containernetworking-plugins`)',
  ways: (options) => [
    released(options, 'cni-plugins', ({ arch }) => {
      const url = `${GITHUB}/containernetworking/plugins/releases/download/v1.6.2/cni-plugins-linux-${arch}-v1.6.2.tgz`;
      return { url, checksums: `${url}.sha256`, strip: 0 };
    }),
    debian(options, 'cni-plugins', 'containernetworking-plugins', 'usr/lib/cni', CNI_NAMES),
  ],
});

/** Its vendor publishes an image only. */
export const metricsServer = programSet({
  part: 'metrics-server',
  title: 'metrics-server 0.9.0 (the figures of `kubectl top`)',
  version: '0.9.0',
  names: ['metrics-server'],
  todo: 'install Go (https://go.dev/dl), so that it can be built',
  ways: ({ log, signal }) => [
    {
      how: 'built',
      fill: (dir) =>
        goInstall({
          module: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
          version: 'v0.9.0',
          into: dir,
          packages: 1100,
          takes: 'some 2 min; a program of 60 MB',
          log,
          label: 'metrics-server',
          signal,
        }),
    },
  ],
});

/** The vendor's release on GitHub: an archive with the programs in it, or (with `name`) the program itself. */
function released({ log, signal }, label, addressFor) {
  const fill = async (dir) => {
    const machine = platform();
    if (machine?.os !== 'linux') return `no release for ${process.platform} ${process.arch}`;
    const { url, checksums, strip, name } = addressFor(machine);
    const to = join(dir, name ?? 'release.tar.gz');
    await download({ url, to, checksums, log, label, signal });
    if (name) chmodSync(to, 0o755);
    else await unpack({ archive: to, into: dir, strip, signal });
    if (!name) rmSync(to);
    return null;
  };
  return { how: 'download', fill };
}

/** Debian's package, unpacked: nothing is installed, no service is started. */
function debian({ log, signal }, label, name, folder, names) {
  const fill = async (dir) => {
    const reason = await aptUnpack({ packages: [name], into: dir, log, label, signal });
    if (reason) return reason;
    const missing = names.find((each) => !existsSync(join(dir, folder, each)));
    if (missing) return `the Debian package ${name} has no ${folder}/${missing}`;
    for (const each of names) renameSync(join(dir, folder, each), join(dir, each));
    for (const each of readdirSync(dir))
      if (!names.includes(each)) rmSync(join(dir, each), { recursive: true });
    return null;
  };
  return { how: 'installed', fill };
}
