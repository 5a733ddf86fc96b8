// The tasks of package.json. Only Node's own modules here and below: it runs before `npm ci`.
//   node scripts/run.mjs demo|test|check|bench|build|nightshift [arguments]
// Exit codes: 0 done, 1 failed, 2 set-up (what is missing, and what to do, is said), 130 and 143 stopped.
import { createLog } from './lib/log.mjs';
import { Session } from './lib/session.mjs';
import { check } from './tasks/check.mjs';
import { bench, demo, nightshift } from './tasks/command.mjs';
import { checkNode, prepare } from './tasks/project.mjs';
import { test } from './tasks/test.mjs';

const TASKS = {
  demo: { run: demo, build: true },
  test: { run: test, build: true },
  check: { run: check, build: false },
  bench: { run: bench, build: true },
  build: { run: async () => 0, build: true },
  nightshift: { run: nightshift, build: true },
};

async function main([name = '', ...args]) {
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : null;
  if (!task) {
    console.error(`node scripts/run.mjs ${Object.keys(TASKS).join('|')} [arguments]`);
    return 2;
  }
  const session = new Session(createLog());
  if (name === 'test') session.lastLine = '0 passed, 0 failed, 0 skipped';
  try {
    checkNode();
    await prepare(session, task);
    return await task.run(session, args);
  } catch (error) {
    if (error.name === 'Interrupted') return session.signalCode ?? 130;
    session.log(error.exitCode ? error.message : error.stack);
    return error.exitCode ?? 1;
  } finally {
    await session.end();
  }
}

process.exitCode = await main(process.argv.slice(2));
