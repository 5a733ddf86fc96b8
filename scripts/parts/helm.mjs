import { goProgram } from '../lib/go-program.mjs';

/** Installs the chart in deploy/helm, in the tests. A chart that nobody's Helm has installed is only text. */
export const VERSION = '3.20.2';

/** Built, since its binaries are in no package registry. Built so, it calls itself v3 without the rest. */
export const { find, ensure } = goProgram({
  part: 'helm',
  name: 'Helm',
  use: 'installs the chart',
  version: VERSION,
  variable: 'NIGHTSHIFT_HELM',
  onPath: true,
  mend: 'install Helm 3 (https://helm.sh) or Go',
  asks: ['version', '--template', '{{.Version}}'],
  tells: /^v(3[\d.]*)/,
  build: {
    module: 'helm.sh/helm/v3/cmd/helm',
    packages: 660,
    takes: 'some 2 minutes; a program of 60 MB',
  },
});
