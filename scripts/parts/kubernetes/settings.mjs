import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditPolicy } from './audit-policy.mjs';

/** Of the sandbox that holds a pod's namespaces; made from busybox. */
export const PAUSE_IMAGE = 'nightshift.local/pause:1';
/** Only inside the cluster's own network, so every cluster can have the same. */
export const SERVICE_RANGE = '10.96.0.0/16';
export const METRICS_PORT = 4443;
const FOLDERS = [
  'bin',
  'cni',
  'containerd',
  'etcd',
  'kubelet',
  'log',
  'pod-logs',
  'sysctl',
  'volume-plugins',
];

/**
 * The settings of the machine that a kubelet makes as it likes them, which would outlive the cluster. It is
 * shown files that say so already (namespace-init.mjs).
 */
export const SYSCTLS = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

/**
 * Writes the settings of all the cluster's programs into its folder.
 * @param {import('./places.mjs').Record} cluster
 */
export function writeSettings(cluster) {
  const at = (...names) => join(cluster.dir, ...names);
  for (const name of FOLDERS) mkdirSync(at(name), { recursive: true });
  const write = (name, content) =>
    writeFileSync(at(name), typeof content === 'string' ? content : JSON.stringify(content, null, 2), {
      mode: 0o600,
    });
  write('containerd.toml', containerdSettings(cluster));
  write('cni/10-nightshift.conflist', network(cluster));
  write('kubelet.yaml', kubeletSettings(cluster));
  write('kube-proxy.yaml', proxySettings(cluster));
  write('audit-policy.yaml', auditPolicy());
  write('resolv.conf', resolvConf());
  for (const user of [
    'admin',
    'kubelet',
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy',
    'metrics-server',
  ])
    write(`${user}.kubeconfig`, kubeconfig(cluster, user));
  for (const [name, value] of Object.entries(SYSCTLS))
    write(`sysctl/${name.replaceAll('/', '.')}`, `${value}\n`);
}

/** With the certificates in it, so that the file can be used anywhere on this machine. */
function kubeconfig({ dir, nodeIp, id }, user) {
  const base64 = (name) => readFileSync(join(dir, 'pki', name)).toString('base64');
  const name = `nightshift-${id}`;
  const signIn = {
    'client-certificate-data': base64(`${user}.crt`),
    'client-key-data': base64(`${user}.key`),
  };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name, cluster: { server: `https://${nodeIp}:6443`, 'certificate-authority-data': base64('ca.crt') } },
    ],
    users: [{ name: user, user: signIn }],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  };
}

function containerdSettings({ dir }) {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const unused = ['aufs', 'btrfs', 'devmapper', 'zfs', 'native'].map(
    (name) => `io.containerd.snapshotter.v1.${name}`,
  );
  const disabled = ['io.containerd.internal.v1.opt', ...unused];
  // restrict_oom_score_adj: without CAP_SYS_RESOURCE (a container, some virtual machines) no sandbox would start.
  // disable_apparmor: a profile would be loaded into the kernel, and stay there.
  return `version = 2
root = "${join(dir, 'containerd/root')}"
state = "${join(dir, 'containerd/state')}"
disabled_plugins = ${JSON.stringify(disabled)}
[grpc]
address = "${join(dir, 'containerd.sock')}"
[${cri}]
sandbox_image = "${PAUSE_IMAGE}"
restrict_oom_score_adj = true
disable_apparmor = true
netns_mounts_under_state_dir = true
[${cri}.cni]
bin_dir = "${join(dir, 'bin')}"
conf_dir = "${join(dir, 'cni')}"
[${cri}.containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"
[${cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
BinaryName = "${join(dir, 'bin/runc')}"
Root = "${join(dir, 'containerd/runc')}"
SystemdCgroup = false
`;
}

/** Pods on a bridge, reached from the machine by a route; their addresses are never rewritten. */
function network({ dir, podRange }) {
  const ipam = {
    type: 'host-local',
    dataDir: join(dir, 'pod-addresses'),
    ranges: [[{ subnet: podRange }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return {
    cniVersion: '0.4.0',
    name: 'nightshift',
    plugins: [
      { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: false, hairpinMode: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function kubeletSettings({ dir, cgroup, nodeIp }) {
  const at = (...names) => join(dir, ...names);
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: nodeIp,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: at('pki/ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: at('pki/kubelet-server.crt'),
    tlsPrivateKeyFile: at('pki/kubelet-server.key'),
    containerRuntimeEndpoint: `unix://${at('containerd.sock')}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    podLogsDir: at('pod-logs'),
    volumePluginDir: at('volume-plugins'),
    resolvConf: at('resolv.conf'),
    clusterDNS: [],
    // A machine whose disk is nearly full is still fit for a test.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    syncFrequency: '10s',
    healthzPort: 0,
  };
}

function proxySettings({ dir, podRange, nodeName }) {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: join(dir, 'kube-proxy.kubeconfig') },
    hostnameOverride: nodeName,
    clusterCIDR: podRange,
    mode: 'iptables',
    // These are the whole machine's, and stay as they are.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

/** A copy: the original may lie in /run, which the cluster doesn't see. */
function resolvConf() {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    return '';
  }
}
