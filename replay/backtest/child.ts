/** Works the recordings that its parent names, one after the other: `node child.js <file of the bundle> <policy?>`. */
import type { Policy } from '../../model/policy.js';
import type { Target } from '../../model/target.js';
import { readRecording } from '../recording.js';
import { withoutTimeLimits } from '../unwatched.js';
import { Backtest } from './index.js';
import type { Said, Task, Told } from './messages.js';
import { besides } from './pair.js';
import type { Backtested, PolicyThen } from './types.js';

const [codePath = '', withPolicy] = process.argv.slice(2);
withoutTimeLimits();

// Ctrl-C reaches the children, too; the parent says when it is over.
process.on('SIGINT', () => undefined);
process.once('disconnect', () => process.exit(0));

const asked = new Map<string, Promise<PolicyThen>>();
const open = new Map<number, (told: Exclude<Told, { readonly task: Task }>) => void>();

function say(said: Said): void {
  process.send?.(said);
}

/** Asked of the parent once for each policy that the recordings bring. */
function policyFor(target: Target, policy: Policy, settings: unknown): Promise<PolicyThen> {
  const key = JSON.stringify([target, policy, settings]);
  const known = asked.get(key);
  if (known !== undefined) return known;
  const question = asked.size;
  const answer = new Promise<PolicyThen>((resolve, reject) => {
    open.set(question, (told) =>
      'policy' in told ? resolve(told.policy) : reject(new Error(told.noPolicy)),
    );
  });
  asked.set(key, answer);
  say({ question, target, policy, settings });
  return answer;
}

const backtest = new Backtest({
  bundle: { codePath },
  ...(withPolicy === 'policy' && { policy: policyFor }),
});

async function work(task: Task): Promise<Backtested> {
  try {
    const recording = 'file' in task ? await readRecording(task.file, task.name) : task.recording;
    return await besides(recording, (each) => backtest.run(each));
  } catch (error) {
    const left = error instanceof Error ? error.message : String(error);
    return { name: task.name, left, unreadable: true };
  }
}

process.on('message', (told: Told) => {
  if ('question' in told) open.get(told.question)?.(told);
  else void work(told.task).then((done) => say({ done }));
});
backtest.load().then(
  () => say({ ready: true }),
  (error: unknown) => say({ failed: error instanceof Error ? error.message : String(error) }),
);
