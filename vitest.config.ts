import { defineConfig } from 'vitest/config';

const REAL = ['test/real/**/*.test.ts', 'test/workflows/**/*.test.ts'];
/** They measure the whole machine's memory, or need all of it to themselves (a cluster), so nothing else may run beside them. */
const ALONE = [
  'test/real/host.test.ts',
  'test/real/faults/at-once.test.ts',
  'test/real/kubernetes-cluster.test.ts',
];

const real = {
  // As above; what a file starts it ends itself.
  isolate: false,
  testTimeout: 300_000,
  hookTimeout: 180_000,
  teardownTimeout: 60_000,
};

/**
 * One project after the other. `unit`: no engine and no server needed by most. `real`: against real engines, clusters
 * and servers; they wait more than they work, so three files run side by side on two cores. `alone`: one file after the
 * other. The reporter that counts is chosen by scripts/tasks/test.mjs.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    // Temporal's client tries a call again by a timer, also when its connection was closed meanwhile: a file that has
    // ended well may leave one behind in the process that the next file runs in.
    onUnhandledError: ({ message, stack = '' }) =>
      !(message === 'Channel has been shut down' && stack.includes('grpc-retry')),
    // Tests that say so run side by side in a file: they wait for a cluster more than they work.
    maxConcurrency: 12,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: REAL,
          maxWorkers: 2,
          // One process for many files: loading the product anew for each took half of the time.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: REAL,
          exclude: ALONE,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          ...real,
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          ...real,
        },
      },
    ],
  },
});
