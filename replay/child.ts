/** Replays what its parent names, one recording after the other: `node child.js <file of the bundle>`. */
import v8 from 'node:v8';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { judge } from './compare.js';
import { type Command, Listener } from './heard.js';
import { NotARecording, readRecording } from './recording.js';
import type { Answer, Task } from './tasks.js';
import type { Recording } from './types.js';
import { withoutTimeLimits } from './unwatched.js';
import type { Verdict } from './verdict.js';

const codePath = process.argv[2] ?? '';
withoutTimeLimits();
// With much memory about, V8 lets garbage lie for a thousand histories; so it stays near what is in use.
v8.setFlagsFromString('--heap-growing-percent=30');
// A divergence is what is looked for here: it is told by the parent, not logged.
Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: 'OFF' } },
  shutdownSignals: [],
});

const waiting: Task[] = [];
let wake = (): void => undefined;
let listener = new Listener();
let current: { readonly n: number; readonly recording: Recording } | undefined;

process.on('message', (task: Task) => {
  waiting.push(task);
  wake();
});
// Ctrl-C reaches the children, too; the parent says when it is over.
process.on('SIGINT', () => undefined);
process.once('disconnect', () => process.exit(0));

function answer(message: Answer): void {
  process.send?.(message);
}

async function nextTask(): Promise<Task> {
  for (;;) {
    const task = waiting.shift();
    if (task) return task;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

/** The histories of the tasks; one that can't be read is answered at once, and the next one taken. */
async function* histories() {
  for (;;) {
    const task = await nextTask();
    try {
      const recording = 'file' in task ? await readRecording(task.file, task.name) : task.recording;
      const history = historyOf(recording);
      listener = new Listener();
      current = { n: task.n, recording };
      yield { workflowId: recording.workflowId, history };
    } catch (error) {
      answer({ n: task.n, verdict: unreadable(task.name, error) });
    }
  }
}

function historyOf({ history }: Recording) {
  try {
    return historyFromJSON(history);
  } catch (error) {
    throw new NotARecording(
      `its history can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function unreadable(name: string, error: unknown): Verdict {
  const why = error instanceof Error ? error.message : String(error);
  const mend = error instanceof Error && 'mend' in error ? { mend: String(error.mend) } : {};
  return { name, end: 'unreadable', why, ...mend };
}

const sinks = {
  witness: {
    fact: {
      fn: (_info: unknown, fact: Parameters<Listener['fact']>[0]) => listener.fact(fact),
      callDuringReplay: true,
    },
    commands: {
      fn: (info: { readonly historyLength: number }, commands: readonly Command[]) =>
        listener.commands(commands, info.historyLength),
      callDuringReplay: true,
    },
  },
};

try {
  const options = { workflowBundle: { codePath }, sinks };
  for await (const { error } of Worker.runReplayHistories(options, histories())) {
    if (!current) continue;
    const { n, recording } = current;
    answer({ n, verdict: judge(recording, { heard: listener.heard, ...(error && { error }) }) });
  }
} catch (error) {
  answer({ failed: error instanceof Error ? error.message : String(error) });
}
process.disconnect?.();
