import { readFile } from 'node:fs/promises';
import { TypedSearchAttributes } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto, { type coresdk } from '@temporalio/proto';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';
import { createUnsafeRandomSource } from '@temporalio/workflow/lib/random-helpers.js';
import type { Bundle } from '../../worker/bundle.js';
import type { Tape } from './tape.js';
import { type Micros, microsOfDuration } from './times.js';

export type Job = coresdk.workflow_activation.IWorkflowActivationJob;
export type Command = coresdk.workflow_commands.IWorkflowCommand;

/**
 * No limit: Node can't end a step in the midst of asynchronous work without dying. A candidate that may go round in
 * circles is run in a child process that can be killed, as `backtestAll` does.
 */
const stepMs = 2 ** 32 - 1;

/** What the workflow's code made of one step: what it asks for next, or how it failed. */
export type Stepped = { readonly commands: readonly Command[] } | { readonly failed: string };

/** What the workflow is called; its run id is that of the recorded one, so that the ids it makes are the same. */
export interface Names {
  readonly workflowId: string;
  readonly workflowType: string;
  readonly runId: string;
}

/** One workflow in the machine. */
export interface Running {
  /** Everything in `jobs` has come by that time. */
  step(at: Micros, jobs: readonly Job[]): Promise<Stepped>;
  /** Asks it without moving it. Throws where the answer is an error. */
  query(name: string, ...args: readonly unknown[]): Promise<unknown>;
  dispose(): Promise<void>;
}

/**
 * The SDK's own workflow machine without a server behind it: workflow code runs as it does in a worker, and whoever
 * holds it says what happens to it. It reaches into the SDK's insides, whose version is pinned; the tests of the
 * backtest fail where another version changes them.
 */
export class Machine {
  private constructor(private readonly creator: ReusableVMWorkflowCreator) {}

  /** Loads a bundle, which takes some tenths of a second. One workflow runs in it at a time. */
  static async load(bundle: Bundle): Promise<Machine> {
    const code = 'code' in bundle ? bundle.code : await readFile(bundle.codePath, 'utf8');
    const creator = await ReusableVMWorkflowCreator.create(parseWorkflowCode(code), stepMs, new Set());
    // Stack traces of every promise are for people who look at a stuck workflow; here they only cost time.
    globalHandlers.uninstall();
    return new Machine(creator);
  }

  /** Throws where the bundle has no such workflow. */
  async start(names: Names, tape: Tape): Promise<Running> {
    const workflow = await this.creator.createWorkflow(optionsOf(names, tape));
    return new InMachine(workflow, names.runId);
  }

  async close(): Promise<void> {
    await this.creator.destroy();
  }
}

function optionsOf({ workflowId, workflowType, runId }: Names, tape: Tape) {
  const { firstTaskAt, startedAt, started } = tape;
  return {
    info: {
      workflowId,
      workflowType,
      runId,
      searchAttributes: {},
      typedSearchAttributes: new TypedSearchAttributes(),
      taskQueue: 'backtest',
      namespace: 'backtest',
      firstExecutionRunId: runId,
      originalExecutionRunId: runId,
      startTime: new Date(startedAt / 1000),
      runStartTime: new Date(firstTaskAt / 1000),
      taskTimeoutMs: microsOfDuration(started.workflowTaskTimeout) / 1000,
      attempt: 1,
      historyLength: 3,
      historySize: 0,
      continueAsNewSuggested: false,
      targetWorkerDeploymentVersionChanged: false,
      currentBuildId: '',
      unsafe: {
        now: () => Date.now(),
        isReplaying: false,
        isReplayingHistoryEvents: false,
        random: createUnsafeRandomSource(Math.random),
      },
    },
    randomnessSeed: [...seed],
    now: Math.floor(firstTaskAt / 1000),
    showStackTraceSources: false,
  };
}

/** The same for all: two backtests of one recording come to the same. */
const seed = [1, 2, 3, 4, 5, 6, 7, 8];

class InMachine implements Running {
  private steps = 0;

  constructor(
    private readonly workflow: Workflow,
    private readonly runId: string,
  ) {}

  async step(at: Micros, jobs: readonly Job[]): Promise<Stepped> {
    this.steps += 1;
    const { successful, failed } = await this.workflow.activate({
      runId: this.runId,
      timestamp: msToTs(Math.floor(at / 1000)),
      isReplaying: false,
      historyLength: this.steps * 3,
      availableInternalFlags: [],
      jobs: [...jobs],
    });
    await this.workflow.getAndResetSinkCalls();
    if (failed) return { failed: failed.failure?.message ?? 'the workflow’s code failed' };
    return { commands: successful?.commands ?? [] };
  }

  async query(queryType: string, ...args: readonly unknown[]): Promise<unknown> {
    const activation = proto.coresdk.workflow_activation.WorkflowActivation.fromObject({
      runId: this.runId,
      jobs: [{ queryWorkflow: { queryId: queryType, queryType, arguments: args.map(payloadOf) } }],
    });
    const { successful, failed } = await this.workflow.activate(activation);
    const answer = successful?.commands?.[0]?.respondToQuery;
    const why = failed?.failure?.message ?? answer?.failed?.message;
    if (!answer?.succeeded?.response) throw new Error(why ?? `it gave no answer to '${queryType}'`);
    return valueIn(answer.succeeded.response);
  }

  async dispose(): Promise<void> {
    await this.workflow.dispose();
  }
}

interface Payload {
  readonly metadata?: Record<string, Uint8Array> | null;
  readonly data?: Uint8Array | null;
}

const encoding = Buffer.from('json/plain');

/** A value as a payload that the SDK's default converter reads. */
export function payloadOf(value: unknown): { metadata: Record<string, Uint8Array>; data: Uint8Array } {
  return { metadata: { encoding }, data: Buffer.from(JSON.stringify(value) ?? 'null') };
}

/** The value in a payload that workflow code made. */
export function valueIn({ data }: Payload): unknown {
  return data ? JSON.parse(Buffer.from(data).toString('utf8')) : null;
}
