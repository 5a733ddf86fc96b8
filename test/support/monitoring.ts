import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { freePort } from '../../client/up/ports.js';

const shipped = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));

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
export const hasMonitoring = Object.values(programs).every((path) => path !== undefined);
export const needsMonitoring =
  'needs Prometheus, Alertmanager and node-exporter: NIGHTSHIFT_PROMETHEUS, NIGHTSHIFT_ALERTMANAGER, NIGHTSHIFT_NODE_EXPORTER';

interface PrometheusConfig {
  global: Record<string, string>;
  rule_files: string[];
  alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] };
  scrape_configs: { job_name: string; static_configs: object[] }[];
}

interface AlertmanagerConfig {
  route: { routes: Record<string, unknown>[] };
  receivers: {
    name: string;
    webhook_configs: { url: string; http_config?: { authorization: { credentials_file: string } } }[];
  }[];
}

export interface MonitoringOptions {
  /** Where each agent's metrics are (`host:port`), and the target that it is. */
  readonly agents: readonly { readonly address: string; readonly target: string }[];
  readonly apiUrl: string;
  readonly tokenFile: string;
  /** Where people are paged. */
  readonly pagerUrl: string;
}

/**
 * A real Prometheus, node-exporter and Alertmanager on the shipped rules and example configurations. Only addresses,
 * the token's file and the intervals are the test's own.
 */
export class Monitoring {
  private readonly folder = mkdtempSync(join(tmpdir(), 'nightshift-monitoring-'));
  private readonly children: ChildProcess[] = [];
  private readonly urls = new Map<string, string>();

  static async open(options: MonitoringOptions): Promise<Monitoring> {
    const all = new Monitoring();
    try {
      await all.startAlertmanager(options);
      await all.startNodeExporter();
      await all.startPrometheus(options);
    } catch (error) {
      await all.close();
      throw error;
    }
    return all;
  }

  get alertmanagerUrl(): string {
    return this.url('alertmanager');
  }

  /** Names and targets of what fires at Alertmanager now. */
  async firing(): Promise<readonly string[]> {
    const answer = await fetch(`${this.alertmanagerUrl}/api/v2/alerts?active=true`);
    const alerts = (await answer.json()) as { labels: Record<string, string> }[];
    return alerts.map(({ labels }) => `${labels.alertname} ${labels.nightshift_target}`);
  }

  /** The first value that the expression has at Prometheus, or undefined. */
  async value(expression: string): Promise<number | undefined> {
    const answer = await fetch(
      `${this.url('prometheus')}/api/v1/query?query=${encodeURIComponent(expression)}`,
    );
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

  private async startAlertmanager({ apiUrl, tokenFile, pagerUrl }: MonitoringOptions): Promise<void> {
    const config = this.example<AlertmanagerConfig>('alertmanager.example.yml');
    for (const route of config.route.routes)
      Object.assign(route, { group_wait: '1s', group_interval: '2s', repeat_interval: '1h' });
    for (const { name, webhook_configs } of config.receivers) {
      const [webhook] = webhook_configs;
      if (!webhook) throw new Error(`receiver ${name} has no webhook`);
      webhook.url = name === 'nightshift' ? `${apiUrl}/alerts/alertmanager` : pagerUrl;
      if (webhook.http_config) webhook.http_config.authorization.credentials_file = tokenFile;
    }
    await this.start('alertmanager', programs.alertmanager, '/-/ready', (at) => [
      `--config.file=${this.write('alertmanager.yml', config)}`,
      `--storage.path=${join(this.folder, 'alertmanager')}`,
      `--web.listen-address=${at}`,
      '--cluster.listen-address=',
    ]);
  }

  private startNodeExporter(): Promise<void> {
    const collectors = ['--collector.disable-defaults', '--collector.meminfo', '--collector.vmstat'];
    return this.start('node', programs.nodeExporter, '/metrics', (at) => [
      ...collectors,
      `--web.listen-address=${at}`,
    ]);
  }

  private async startPrometheus({ agents }: MonitoringOptions): Promise<void> {
    const config = this.example<PrometheusConfig>('prometheus.example.yml');
    config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
    config.rule_files = [join(shipped, 'mem-001.rules.yml')];
    const at = (name: string): string => new URL(this.url(name)).host;
    config.alerting.alertmanagers = [{ static_configs: [{ targets: [at('alertmanager')] }] }];
    const targets: Record<string, object[]> = {
      node: [{ targets: [at('node')], labels: { nightshift_target: 'docker/local' } }],
      agent: agents.map(({ address, target }) => ({
        targets: [address],
        labels: { nightshift_target: target },
      })),
    };
    config.scrape_configs = config.scrape_configs
      .filter(({ job_name }) => targets[job_name] !== undefined)
      .map((job) => ({ ...job, static_configs: targets[job.job_name] ?? [] }));
    await this.start('prometheus', programs.prometheus, '/-/ready', (address) => [
      `--config.file=${this.write('prometheus.yml', config)}`,
      `--storage.tsdb.path=${join(this.folder, 'prometheus')}`,
      `--web.listen-address=${address}`,
    ]);
  }

  private async start(
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

  private url(name: string): string {
    const url = this.urls.get(name);
    if (url === undefined) throw new Error(`${name} was not started`);
    return url;
  }

  private example<T>(name: string): T {
    return parse(readFileSync(join(shipped, name), 'utf8')) as T;
  }

  private write(name: string, config: object): string {
    const path = join(this.folder, name);
    writeFileSync(path, stringify(config));
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
