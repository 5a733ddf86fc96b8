import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { MonitoringPrograms, programs } from './monitoring-programs.js';

export { hasMonitoring, needsMonitoring } from './monitoring-programs.js';

const shipped = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));

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
export class Monitoring extends MonitoringPrograms {
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
    await this.launchAlertmanager(config);
  }

  private startNodeExporter(): Promise<void> {
    const collectors = ['--collector.disable-defaults', '--collector.meminfo', '--collector.vmstat'];
    return this.launch('node', programs.nodeExporter, '/metrics', (at) => [
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
    await this.launchPrometheus(config);
  }

  private example<T>(name: string): T {
    return parse(readFileSync(join(shipped, name), 'utf8')) as T;
  }
}
