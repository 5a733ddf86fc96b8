import { prometheusProject } from '../lib/prometheus-project.mjs';

/** Alertmanager and amtool: for the tests that fire a real alert. */
export const { find, ensure } = prometheusProject({
  part: 'alertmanager',
  title: 'Alertmanager and amtool',
  version: '0.25.0',
  repo: 'alertmanager',
  archive: 'alertmanager',
  debian: 'prometheus-alertmanager',
  programs: [
    {
      name: 'alertmanager',
      variable: 'NIGHTSHIFT_ALERTMANAGER',
      onPath: ['alertmanager', 'prometheus-alertmanager'],
    },
    { name: 'amtool', variable: 'NIGHTSHIFT_AMTOOL', onPath: ['amtool'] },
  ],
});
