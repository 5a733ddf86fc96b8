import { prometheusProject } from '../lib/prometheus-project.mjs';

/** node-exporter: the host's memory for a real Prometheus, in the tests. */
export const { find, ensure } = prometheusProject({
  part: 'node-exporter',
  title: 'node-exporter',
  version: '1.5.0',
  repo: 'node_exporter',
  archive: 'node_exporter',
  debian: 'prometheus-node-exporter',
  programs: [
    {
      name: 'node-exporter',
      variable: 'NIGHTSHIFT_NODE_EXPORTER',
      onPath: ['node_exporter', 'prometheus-node-exporter'],
    },
  ],
});
