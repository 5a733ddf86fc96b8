import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../../activities/kubernetes/client.js';
import { freePort } from '../../client/up/ports.js';
import { kubeStateMetrics, MonitoringPrograms } from './monitoring-programs.js';

export interface ClusterMonitoringOptions {
  readonly cluster: Cluster;
  /** Namespaces whose pods are scraped; those of other tests are not. */
  readonly namespaces: readonly string[];
  /** Where alerts go, with which token. Absent: nobody is told of any, and there is no Alertmanager. */
  readonly apiUrl?: string;
  readonly tokenFile?: string;
  /** Text of a file of alert rules. */
  readonly rules: string;
}

/**
 * A real Prometheus that scrapes the kubelet (through the API server, as the tests' cluster is reached) and the app's
 * pods; kube-state-metrics, where it is there; and an Alertmanager that sends to Nightshift. Debian's Prometheus can't look
 * for pods in a cluster by itself, so they are told to it.
 */
export class ClusterMonitoring extends MonitoringPrograms {
  readonly #ended = new AbortController();
  #pods: Promise<void> = Promise.resolve();

  static async open(options: ClusterMonitoringOptions): Promise<ClusterMonitoring> {
    const all = new ClusterMonitoring();
    try {
      if (options.apiUrl !== undefined) await all.launchAlertmanager(alertmanagerConfig(options));
      if (kubeStateMetrics !== undefined) await all.launchKubeStateMetrics(options, kubeStateMetrics);
      await all.writePods(options);
      const nodes = await list<V1Node>(options.cluster, '/api/v1/nodes', all.#ended.signal);
      const names = nodes.map(({ metadata }) => metadata?.name ?? '');
      await all.launchPrometheus(all.prometheusConfig(options, names));
      all.#pods = all.tellPods(options);
    } catch (error) {
      await all.close();
      throw error;
    }
    return all;
  }

  override async close(): Promise<void> {
    this.#ended.abort();
    await this.#pods;
    await super.close();
  }

  /** On this machine, as the tests' Nightshift is: it reads of pods only, in the tests' namespaces only. */
  private async launchKubeStateMetrics(
    { cluster, namespaces }: ClusterMonitoringOptions,
    program: string,
  ): Promise<void> {
    const kubeconfig = this.write('kubeconfig', cluster.config.exportConfig());
    const telemetry = await freePort('127.0.0.1');
    await this.launch('kube-state-metrics', program, '/metrics', (at) => [
      `--kubeconfig=${kubeconfig}`,
      '--resources=pods',
      `--namespaces=${namespaces.join(',')}`,
      ...['--host=127.0.0.1', `--port=${new URL(`http://${at}`).port}`],
      ...['--telemetry-host=127.0.0.1', `--telemetry-port=${telemetry}`],
    ]);
  }

  private async tellPods(options: ClusterMonitoringOptions): Promise<void> {
    while (!this.#ended.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      // An API server that is gone for a while, as tests have it, leaves the list as it was.
      await this.writePods(options).catch(() => undefined);
    }
  }

  private async writePods({ cluster, namespaces }: ClusterMonitoringOptions): Promise<void> {
    const pods = await Promise.all(
      namespaces.map((name) => list<V1Pod>(cluster, `/api/v1/namespaces/${name}/pods`, this.#ended.signal)),
    );
    const targets = pods.flat().flatMap(({ metadata, spec, status }) => {
      const [{ containerPort = 0 } = {}] = spec?.containers[0]?.ports ?? [];
      if (containerPort === 0 || status?.podIP === undefined) return [];
      const labels = { namespace: metadata?.namespace, pod: metadata?.name };
      return [{ targets: [`${status.podIP}:${containerPort}`], labels }];
    });
    // Whole or not at all: it is read whenever it changes.
    renameSync(this.write('pods.new', JSON.stringify(targets)), join(this.folder, 'pods.json'));
  }

  private prometheusConfig(
    { cluster, namespaces, rules, apiUrl }: ClusterMonitoringOptions,
    nodes: readonly string[],
  ): object {
    const tls = this.tls(cluster);
    return {
      global: { scrape_interval: '2s', evaluation_interval: '1s' },
      rule_files: [this.write('rules.yml', rules)],
      ...(apiUrl !== undefined && {
        alerting: {
          alertmanagers: [{ static_configs: [{ targets: [new URL(this.alertmanagerUrl).host] }] }],
        },
      }),
      scrape_configs: [
        ...nodes.map((node) => ({
          job_name: `kubelet-${node}`,
          scheme: 'https',
          tls_config: tls,
          // With the kubelet's own times a pod that is gone would keep its last figure for five minutes.
          honor_timestamps: false,
          metrics_path: `/api/v1/nodes/${node}/proxy/metrics/cadvisor`,
          static_configs: [{ targets: [new URL(cluster.server).host] }],
          metric_relabel_configs: [
            { source_labels: ['namespace'], regex: `(${namespaces.join('|')})`, action: 'keep' },
          ],
        })),
        ...(kubeStateMetrics === undefined
          ? []
          : [
              {
                job_name: 'kube-state-metrics',
                honor_labels: true,
                static_configs: [{ targets: [new URL(this.url('kube-state-metrics')).host] }],
              },
            ]),
        {
          job_name: 'pods',
          file_sd_configs: [{ files: [join(this.folder, 'pods.json')], refresh_interval: '1s' }],
        },
      ],
    };
  }

  /** What the kubeconfig says of certificates, as files: Prometheus reads a kubeconfig for discovery only. */
  private tls({ config }: Cluster): object {
    const file = (name: string, data?: string): string =>
      this.write(name, Buffer.from(data ?? '', 'base64').toString());
    const user = config.getCurrentUser();
    return {
      ca_file: config.getCurrentCluster()?.caFile ?? file('ca.crt', config.getCurrentCluster()?.caData),
      cert_file: user?.certFile ?? file('user.crt', user?.certData),
      key_file: user?.keyFile ?? file('user.key', user?.keyData),
    };
  }
}

async function list<T>(cluster: Cluster, path: string, signal: AbortSignal): Promise<readonly T[]> {
  const { items } = await cluster.get<{ readonly items: readonly T[] }>(path, { signal });
  return items;
}

function alertmanagerConfig({ apiUrl, tokenFile }: ClusterMonitoringOptions): object {
  return {
    route: {
      receiver: 'nightshift',
      group_by: ['alertname', 'namespace'],
      group_wait: '1s',
      group_interval: '2s',
      repeat_interval: '1h',
    },
    receivers: [
      {
        name: 'nightshift',
        webhook_configs: [
          {
            url: `${apiUrl}/alerts/alertmanager`,
            send_resolved: true,
            http_config: { authorization: { credentials_file: tokenFile } },
          },
        ],
      },
    ],
  };
}
