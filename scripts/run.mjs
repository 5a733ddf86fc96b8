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
  demo,
  bench,
  nightshift,
  check,
  build: async () => 0,
  test: async (session, args) => {
    const { code, lastLine } = await test(session, args);
    // Printed when everything has been put away, so that it is the last line.
    process.on('exit', () => process.stdout.write(`${lastLine}\n`));
    return code;
  },
};

async function main([name, ...args]) {
  const task = Object.hasOwn(TASKS, name ?? '') && TASKS[name];
  if (!task) {
    console.error(`node scripts/run.mjs ${Object.keys(TASKS).join('|')} [arguments]`);
    return 2;
  }
  const session = new Session(createLog());
  try {
    checkNode();
    await prepare(session);
    const code = await task(session, args);
    return session.signalCode !== null && code === 0 ? code : code;
  } catch (error) {
    if (error.name === 'Interrupted') return session.signalCode ?? 130;
    session.log(error.exitCode ? error.message : error.stack);
    return error.exitCode ?? 1;
  } finally {
    await session.end();
  }
}

process.exitCode = await main(process.argv.slice(2));
