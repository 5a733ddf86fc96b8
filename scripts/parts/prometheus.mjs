import { prometheusProject } from '../lib/prometheus-project.mjs';

/** Prometheus and promtool: for the tests that fire a real alert, and for the check of the shipped rules. */
export const { find, ensure } = prometheusProject({
  part: 'prometheus',
  title: 'Prometheus and promtool',
  version: '2.42.0',
  repo: 'prometheus',
  archive: 'prometheus',
  debian: 'prometheus',
  programs: [
    { name: 'prometheus', variable: 'NIGHTSHIFT_PROMETHEUS', onPath: ['prometheus'] },
    { name: 'promtool', variable: 'NIGHTSHIFT_PROMTOOL', onPath: ['promtool'] },
  ],
});
