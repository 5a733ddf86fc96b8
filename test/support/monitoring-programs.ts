import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../client/up/ports.js';

function find(variable: string, name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const onPath = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  return process.env[variable] || onPath;
}

/** The real programs, as `npm test` sets them or as they are on PATH. */
export const programs = {
  prometheus: find('NIGHTSHIFT_PROMETHEUS', 'prometheus'),
  alertmanager: find('NIGHTSHIFT_ALERTMANAGER', 'prometheus-alertmanager'),
  nodeExporter: find('NIGHTSHIFT_NODE_EXPORTER', 'prometheus-node-exporter'),
};
/** Tells of ends of containers; only tests that say so need it. */
export const kubeStateMetrics = find('NIGHTSHIFT_KUBE_STATE_METRICS', 'kube-state-metrics');
export const needsKubeStateMetrics = 'needs kube-state-metrics: NIGHTSHIFT_KUBE_STATE_METRICS';
export const hasMonitoring = Object.values(programs).every((path) => path !== undefined);
export const needsMonitoring =
  'needs Prometheus, Alertmanager and node-exporter: NIGHTSHIFT_PROMETHEUS, NIGHTSHIFT_ALERTMANAGER, NIGHTSHIFT_NODE_EXPORTER';

/** Programs of a monitoring system, on free ports, with their files in a folder of their own. */
export class MonitoringPrograms {
  protected readonly folder = mkdtempSync(join(tmpdir(), 'nightshift-monitoring-'));
  private readonly children: ChildProcess[] = [];
  private readonly urls = new Map<string, string>();

  get alertmanagerUrl(): string {
    return this.url('alertmanager');
  }

  get prometheusUrl(): string {
    return this.url('prometheus');
  }

  /** Names and targets of what fires at Alertmanager now. */
  async firing(): Promise<readonly string[]> {
    const answer = await fetch(`${this.alertmanagerUrl}/api/v2/alerts?active=true`);
    const alerts = (await answer.json()) as { labels: Record<string, string> }[];
    return alerts.map(({ labels }) => `${labels.alertname} ${labels.nightshift_target}`);
  }

  /** The first value that the expression has at Prometheus, or undefined. */
  async value(expression: string): Promise<number | undefined> {
    const answer = await fetch(`${this.prometheusUrl}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    const [, value] = data.result[0]?.value ?? [];
    return value === undefined ? undefined : Number(value);
  }

  async close(): Promise<void> {
    const ends = this.children.map((child) => {
      if (child.exitCode !== null || child.signalCode !== null) return undefined;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      return ended;
    });
    await Promise.all(ends);
    rmSync(this.folder, { recursive: true, force: true });
  }

  protected launchAlertmanager(config: object): Promise<void> {
    return this.launch('alertmanager', programs.alertmanager, '/-/ready', (at) => [
      `--config.file=${this.write('alertmanager.yml', config)}`,
      `--storage.path=${join(this.folder, 'alertmanager')}`,
      `--web.listen-address=${at}`,
      '--cluster.listen-address=',
    ]);
  }

  protected launchPrometheus(config: object): Promise<void> {
    return this.launch('prometheus', programs.prometheus, '/-/ready', (at) => [
      `--config.file=${this.write('prometheus.yml', config)}`,
      `--storage.tsdb.path=${join(this.folder, 'prometheus')}`,
      `--web.listen-address=${at}`,
    ]);
  }

  protected async launch(
    name: string,
    program: string | undefined,
    path: string,
    args: (address: string) => string[],
  ): Promise<void> {
    if (program === undefined) throw new Error(`${name} is not there: ${needsMonitoring}`);
    const address = `127.0.0.1:${await freePort('127.0.0.1')}`;
    let said = '';
    const child = spawn(program, args(address), { stdio: ['ignore', 'ignore', 'pipe'], cwd: this.folder });
    this.children.push(child);
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
    });
    this.urls.set(name, `http://${address}`);
    for (const giveUp = Date.now() + 30_000; !(await isThere(`http://${address}${path}`)); ) {
      if (Date.now() > giveUp || child.exitCode !== null)
        throw new Error(`${name} did not come up:\n${said}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  protected url(name: string): string {
    const url = this.urls.get(name);
    if (url === undefined) throw new Error(`${name} was not started`);
    return url;
  }

  protected write(name: string, config: object | string): string {
    const path = join(this.folder, name);
    writeFileSync(path, typeof config === 'string' ? config : stringify(config), { mode: 0o600 });
    return path;
  }
}

async function isThere(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}
