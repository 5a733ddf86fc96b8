/** The cluster's own parts. What they read is noise; what they write is of interest, but not its content. */
const OWN_USERS = [
  'system:apiserver',
  'system:kube-controller-manager',
  'system:kube-scheduler',
  'system:kube-proxy',
  'system:metrics-server',
  'kube-apiserver-kubelet-client',
];
const OWN_GROUPS = ['system:nodes', 'system:serviceaccounts:kube-system'];
const READING = ['get', 'list', 'watch'];
const CHANGING = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/**
 * What the API server writes into its audit log: each request of anybody but the cluster's own parts; of those
 * that change something, the body and the answer too, so that effects can be counted. No secrets and no tokens.
 */
export function auditPolicy() {
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived', 'ResponseStarted'],
    rules: [
      {
        level: 'None',
        nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version', '/api*', '/openapi*'],
      },
      ...[{ users: OWN_USERS }, { userGroups: OWN_GROUPS }].flatMap((own) => [
        { level: 'None', ...own, verbs: READING },
        { level: 'None', ...own, resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
        { level: 'None', ...own, resources: [{ group: '', resources: ['nodes/status'] }] },
        { level: 'Metadata', ...own },
      ]),
      {
        level: 'Metadata',
        resources: [
          { group: '', resources: ['secrets', 'serviceaccounts/token'] },
          { group: 'authentication.k8s.io', resources: ['tokenreviews', 'tokenrequests'] },
        ],
      },
      { level: 'RequestResponse', verbs: CHANGING },
      { level: 'Metadata' },
    ],
  };
}
