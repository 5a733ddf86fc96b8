import './quiet.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { signalWithStart } from '../../client/incidents/start.js';
import { type Config, loadConfig } from '../../config/index.js';
import type { Alert } from '../../model/alert.js';
import type { Target } from '../../model/target.js';
import type { IncidentView } from '../../model/view.js';
import { createLogger } from '../../worker/logger.js';
import { type RunningWorker, startWorker } from '../../worker/main.js';
import { type IncidentResult, queries, workflowIds } from '../../workflows/contract.js';
import { engineUrl } from './containers.js';
import { alertFor, temporalServer } from './nightshift.js';

/** Nightshift as it runs for people, on a real Temporal server and the real engine. */
export class RealNight {
  private readonly folder = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
  private readonly workers: RunningWorker[] = [];
  private text = '';

  private constructor(readonly environment: TestWorkflowEnvironment) {}

  static async open(): Promise<RealNight> {
    return new RealNight(await temporalServer());
  }

  /**
   * Text of the configuration, without `temporal` and `engines`, which are the tests' own. Engines are connected when
   * a worker starts; all else may change while it runs.
   */
  configure(text: string, engines: Readonly<Record<string, string>> = { local: `${engineUrl}` }): void {
    this.text = [
      `temporal: { address: '${this.environment.address}', namespace: default }`,
      `engines: ${JSON.stringify(engines)}`,
      text,
    ].join('\n');
    writeFileSync(this.configFile, this.text);
  }

  get configFile(): string {
    return join(this.folder, 'nightshift.yaml');
  }

  config(): Config {
    return loadConfig(this.configFile);
  }

  async startWorker(): Promise<RunningWorker> {
    const worker = await startWorker({ config: () => this.config(), logger: createLogger('warn') });
    this.workers.push(worker);
    return worker;
  }

  async incident(target: Target, alert: Partial<Alert> = {}): Promise<WorkflowHandle> {
    await signalWithStart(this.environment.client, {
      target,
      runbook: 'MEM-001',
      alert: alertFor('ContainerMemoryCritical', { runbook: 'MEM-001', ...alert }),
      observeOnly: false,
      product: 'test',
    });
    return this.handle(target);
  }

  handle(target: Target): WorkflowHandle {
    return this.environment.client.workflow.getHandle(workflowIds.incident(target.key));
  }

  async until(
    handle: WorkflowHandle,
    holds: (view: IncidentView) => boolean,
    seconds = 90,
  ): Promise<IncidentView> {
    const giveUp = Date.now() + seconds * 1000;
    for (;;) {
      const view = await handle.query<IncidentView>(queries.view);
      if (holds(view)) return view;
      if (Date.now() > giveUp || view.phase === 'closed')
        throw new Error(`it did not come to that: ${JSON.stringify(view.timeline, null, 1)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  result(handle: WorkflowHandle): Promise<IncidentResult> {
    return handle.result() as Promise<IncidentResult>;
  }

  async close(): Promise<void> {
    for (const worker of this.workers) await worker.stop();
    await this.environment.teardown();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function containerTarget(name: string): Target {
  return { key: `docker/local/${name}`, kind: 'container', scope: 'docker/local' };
}
