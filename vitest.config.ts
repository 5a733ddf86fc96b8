import { defineConfig } from 'vitest/config';

const REAL = 'test/real/**/*.test.ts';

/**
 * `unit`: everything that shares nothing with its neighbours, in parallel. `real`: tests against real
 * engines and servers, one file after the other, since they measure memory and take their time.
 * The reporter that counts is chosen by scripts/tasks/test.mjs.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [REAL],
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: [REAL],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 180_000,
          teardownTimeout: 60_000,
        },
      },
    ],
  },
});
