import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { CliError, exitCodes } from '../cli/exit-codes.js';
import { freePort } from '../up/ports.js';

const readyMs = 30_000;

export interface PrometheusOptions {
  readonly program: string;
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly nodes: readonly string[];
  readonly namespace: string;
  /** Where its files go. */
  readonly folder: string;
  readonly atEnd: (undo: () => Promise<void>) => void;
  readonly signal: AbortSignal;
}

/** A Prometheus that scrapes the nodes' kubelets, by `kubectl proxy`: so it needs no credentials of its own. */
export async function startPrometheus(options: PrometheusOptions): Promise<string> {
  const { program, kubectl, kubeconfig, nodes, namespace, folder, atEnd, signal } = options;
  const [proxy, port] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
  const started = (command: string, args: readonly string[]): ChildProcess => {
    const child = spawn(command, args, { stdio: 'ignore', cwd: folder });
    // That it isn't there shows when nothing answers.
    child.on('error', () => undefined);
    atEnd(() => ended(child));
    return child;
  };
  started(kubectl, ['--kubeconfig', kubeconfig, 'proxy', `--port=${proxy}`]);
  const file = join(folder, 'prometheus.yml');
  await writeFile(file, stringify(config(proxy, nodes, namespace)));
  const prometheus = started(program, [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + readyMs; !(await answers(`${url}/-/ready`)); ) {
    if (Date.now() > end || prometheus.exitCode !== null)
      throw new CliError(exitCodes.failed, `Prometheus (${program}) does not come up`);
    await sleep(200, undefined, { signal });
  }
  return url;
}

function config(proxy: number, nodes: readonly string[], namespace: string): object {
  return {
    global: { scrape_interval: '2s' },
    scrape_configs: nodes.map((node) => ({
      job_name: `kubelet-${node}`,
      honor_timestamps: false,
      metrics_path: `/api/v1/nodes/${node}/proxy/metrics/cadvisor`,
      static_configs: [{ targets: [`127.0.0.1:${proxy}`] }],
      metric_relabel_configs: [{ source_labels: ['namespace'], regex: namespace, action: 'keep' }],
    })),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}
