import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, which } from '../../lib/run-command.mjs';

/** A cluster lives for hours. */
const DAYS = '30';
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-batch'];

/**
 * Who signs in where: file name, user, group; `names` makes it a server's certificate.
 * @param {import('./places.mjs').Record} cluster
 */
function holders({ nodeName, nodeIp }) {
  const node = `system:node:${nodeName}`;
  return [
    {
      file: 'apiserver',
      user: 'kube-apiserver',
      names: `IP:${nodeIp},IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc`,
    },
    { file: 'kubelet-server', user: node, group: 'system:nodes', names: `IP:${nodeIp},DNS:${nodeName}` },
    { file: 'kubelet', user: node, group: 'system:nodes' },
    { file: 'admin', user: 'nightshift-admin', group: 'system:masters' },
    { file: 'apiserver-kubelet', user: 'kube-apiserver-kubelet-client', group: 'system:masters' },
    { file: 'front-proxy', user: 'front-proxy-client' },
    { file: 'kube-controller-manager', user: 'system:kube-controller-manager' },
    { file: 'kube-scheduler', user: 'system:kube-scheduler' },
    { file: 'kube-proxy', user: 'system:kube-proxy' },
    { file: 'metrics-server', user: 'system:metrics-server', group: 'system:masters' },
  ];
}

/**
 * Writes the cluster's authority, a certificate for each of its parts, and the key that signs service account
 * tokens, into its folder `pki`.
 * @param {import('./places.mjs').Record} cluster
 */
export async function makeCertificates(cluster, signal) {
  const dir = join(cluster.dir, 'pki');
  mkdirSync(dir, { recursive: true });
  const openssl = async (args) => {
    const result = await runCommand(process.env.NIGHTSHIFT_OPENSSL ?? which('openssl'), args, {
      cwd: dir,
      signal,
    });
    if (result.code !== 0) throw new Error(`openssl can't make a certificate: ${result.tail}`);
  };
  const files = (name) => ['-keyout', `${name}.key`, '-out', `${name}.crt`];
  const authority = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  await openssl([
    'req',
    '-x509',
    ...EC,
    '-days',
    DAYS,
    ...files('ca'),
    '-subj',
    '/CN=nightshift-cluster',
    ...authority,
  ]);
  const sign = ({ file, user, group, names }) => {
    const subject = `${group ? `/O=${group}` : ''}/CN=${user}`;
    const usage = `extendedKeyUsage=${names ? 'serverAuth' : 'clientAuth'}`;
    const extensions = [
      'basicConstraints=critical,CA:FALSE',
      usage,
      ...(names ? [`subjectAltName=${names}`] : []),
    ];
    const issued = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-days', DAYS, '-subj', subject];
    return openssl([
      'req',
      '-x509',
      ...EC,
      ...issued,
      ...files(file),
      ...extensions.flatMap((each) => ['-addext', each]),
    ]);
  };
  await Promise.all(holders(cluster).map(sign));
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(join(dir, 'accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  writeFileSync(join(dir, 'accounts.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
}
