import { METRICS_PORT } from './settings.mjs';

/**
 * What makes the metrics-server, a process on the node, the API group `metrics.k8s.io`: each object with the path
 * that it is posted to.
 * @param {import('./places.mjs').Record} cluster
 */
export function metricsObjects({ nodeIp }) {
  const metadata = { name: 'metrics-server', namespace: 'kube-system' };
  const ports = [{ name: 'https', port: 443, targetPort: METRICS_PORT, protocol: 'TCP' }];
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'metrics-server' } },
    addressType: 'IPv4',
    ports: [{ name: 'https', port: METRICS_PORT, protocol: 'TCP' }],
    endpoints: [{ addresses: [nodeIp], conditions: { ready: true } }],
  };
  const service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports } };
  const group = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      service: { name: 'metrics-server', namespace: 'kube-system', port: 443 },
      insecureSkipTLSVerify: true,
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  };
  return [
    ['/api/v1/namespaces/kube-system/services', service],
    ['/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices', slice],
    ['/apis/apiregistration.k8s.io/v1/apiservices', group],
  ];
}
