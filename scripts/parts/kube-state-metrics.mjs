import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goBuild } from '../lib/go.mjs';
import { goProgram } from '../lib/go-program.mjs';

/** Tells Prometheus of ends and restarts of containers, which the kubelet's counters forget. Its vendor has an image only. */
export const VERSION = '2.13.0';
const PART = 'kube-state-metrics';
const MODULE = 'k8s.io/kube-state-metrics/v2';

export const { find, ensure } = goProgram({
  part: PART,
  name: PART,
  use: 'tells of OOM kills',
  version: VERSION,
  variable: 'NIGHTSHIFT_KUBE_STATE_METRICS',
  onPath: true,
  mend: 'install Go (https://go.dev/dl) or kube-state-metrics 2.12 or later',
  asks: ['version'],
  tells: /^kube-state-metrics, version v?([\d.]+)?/,
  build: fromSource,
});

/** `go install` asks for the list of all versions, which not every proxy has; a module of our own asks for this one. */
async function fromSource({ dir, ...options }) {
  const work = join(dir, 'build');
  mkdirSync(work);
  writeFileSync(
    join(work, 'go.mod'),
    `module nightshift/kube-state-metrics\n\ngo 1.22.0\n\nrequire ${MODULE} v${VERSION}\n`,
  );
  const reason = await goBuild({
    ...options,
    commands: [MODULE],
    into: dir,
    cwd: work,
    ldflags: `-s -w -X github.com/prometheus/common/version.Version=v${VERSION}`,
    packages: 880,
    takes: 'some 2 minutes; a program of 45 MB',
  });
  rmSync(work, { recursive: true, force: true });
  return reason;
}
