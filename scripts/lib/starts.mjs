import { spawn } from 'node:child_process';

const LONGEST_MS = 30_000;
const BETWEEN_MS = 100;

/**
 * Starts a server and waits until it is ready: what only tells its version may still lack a file that it needs.
 *
 * @param {{ program: string, args: string[], cwd: string, ready: () => Promise<boolean> }} options
 * @returns {Promise<void>} rejects with what the server said last, where it ends or never becomes ready
 */
export async function seeItStart({ program, args, cwd, ready }) {
  let said = '';
  let ended = false;
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said = (said + chunk).slice(-2000);
    });
  for (const event of ['error', 'exit'])
    child.on(event, () => {
      ended = true;
    });
  try {
    for (const end = Date.now() + LONGEST_MS; !(await ready()); ) {
      if (ended || Date.now() > end)
        throw new Error(`it does not start: ${said.trim().split('\n').pop() || 'it says nothing'}`);
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
  } finally {
    child.kill('SIGKILL');
  }
}
