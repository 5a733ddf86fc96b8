import { join } from 'node:path';
import { METRICS_PORT, SERVICE_RANGE } from './settings.mjs';

/**
 * One of the cluster's programs: its arguments, and the port that must answer before it is started.
 * @typedef {{ name: string, args: string[], after?: number }} Component
 */

const API_PORT = 6443;

/**
 * All programs of a cluster, in the order of their start.
 * @param {import('./places.mjs').Record} cluster
 * @returns {Component[]}
 */
export function components(cluster) {
  const at = (name) => join(cluster.dir, name);
  const signIn = (name) => `--kubeconfig=${at(`${name}.kubeconfig`)}`;
  return [
    { name: 'etcd', args: etcdArguments(at) },
    { name: 'containerd', args: ['--config', at('containerd.toml')] },
    { name: 'kube-apiserver', args: apiServerArguments(cluster, at) },
    { name: 'kube-controller-manager', args: controllerArguments(at, signIn), after: API_PORT },
    { name: 'kube-scheduler', args: [signIn('kube-scheduler'), '--leader-elect=false'], after: API_PORT },
    { name: 'kubelet', args: kubeletArguments(cluster, at, signIn), after: API_PORT },
    { name: 'kube-proxy', args: [`--config=${at('kube-proxy.yaml')}`], after: API_PORT },
    { name: 'metrics-server', args: metricsArguments(at, signIn), after: API_PORT },
  ];
}

/** On loopback inside the cluster's own network; its folder is in memory, so nothing waits for a disk. */
function etcdArguments(at) {
  const client = 'http://127.0.0.1:2379';
  return [
    `--data-dir=${at('etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    '--listen-peer-urls=http://127.0.0.1:2380',
    '--snapshot-count=10000',
    '--log-level=warn',
  ];
}

function apiServerArguments({ nodeIp }, at) {
  return [
    '--etcd-servers=http://127.0.0.1:2379',
    `--secure-port=${API_PORT}`,
    `--advertise-address=${nodeIp}`,
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    '--enable-aggregator-routing=true',
    '--kubelet-preferred-address-types=InternalIP',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${at('pki/accounts.pub')}`,
    `--service-account-signing-key-file=${at('pki/accounts.key')}`,
    `--tls-cert-file=${at('pki/apiserver.crt')}`,
    `--tls-private-key-file=${at('pki/apiserver.key')}`,
    `--client-ca-file=${at('pki/ca.crt')}`,
    `--kubelet-client-certificate=${at('pki/apiserver-kubelet.crt')}`,
    `--kubelet-client-key=${at('pki/apiserver-kubelet.key')}`,
    `--proxy-client-cert-file=${at('pki/front-proxy.crt')}`,
    `--proxy-client-key-file=${at('pki/front-proxy.key')}`,
    `--requestheader-client-ca-file=${at('pki/ca.crt')}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--audit-policy-file=${at('audit-policy.yaml')}`,
    `--audit-log-path=${at('audit.log')}`,
    // A request's line is in the log before its answer is sent, so a test that has the answer can count.
    '--audit-log-mode=blocking',
  ];
}

function controllerArguments(at, signIn) {
  return [
    signIn('kube-controller-manager'),
    '--leader-elect=false',
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${at('pki/accounts.key')}`,
    `--root-ca-file=${at('pki/ca.crt')}`,
    `--flex-volume-plugin-dir=${at('volume-plugins')}`,
  ];
}

function kubeletArguments({ nodeIp, nodeName }, at, signIn) {
  return [
    signIn('kubelet'),
    `--config=${at('kubelet.yaml')}`,
    `--root-dir=${at('kubelet')}`,
    `--cert-dir=${at('pki')}`,
    `--node-ip=${nodeIp}`,
    `--hostname-override=${nodeName}`,
    // Without it its /metrics/cadvisor knows pods only, and none of their containers.
    `--containerd=${at('containerd.sock')}`,
    // The usual 10 s add up with metrics-server's 10 s to figures that are half a minute old.
    '--housekeeping-interval=3s',
  ];
}

function metricsArguments(at, signIn) {
  const kubeconfig = at('metrics-server.kubeconfig');
  return [
    signIn('metrics-server'),
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--secure-port=${METRICS_PORT}`,
    `--cert-dir=${at('metrics-server')}`,
    '--kubelet-insecure-tls',
    '--metric-resolution=10s',
    '--kubelet-request-timeout=5s',
    '--kubelet-preferred-address-types=InternalIP',
  ];
}
