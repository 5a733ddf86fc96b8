// Records test/histories anew: node scripts/record-histories.mjs [name of a shape …]; see docs/histories.md.
// Needs the variables that `npm test` sets: NIGHTSHIFT_TEMPORAL_CLI, for MEM-001's own DOCKER_HOST and
// NIGHTSHIFT_AGENT_IMAGE, for AgentBrunoHighMemoryUsage's own those of the Kubernetes cluster.
import { spawnSync } from 'node:child_process';

const run = (...args) => {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};
run('scripts/run.mjs', 'build');
run('dist/test/support/record-histories.js', ...process.argv.slice(2));
