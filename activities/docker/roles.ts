/** What a container is, as far as its name, image and labels tell. Pure. */

export interface Named {
  readonly name: string;
  readonly key: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
}

const databases =
  /^(?:postgres(?:ql)?|timescaledb|postgis|pgvector|mysql|mariadb|percona|mongo(?:db)?|redis(?:-stack(?:-server)?)?|valkey|keydb|memcached|cassandra|scylla|couchdb|couchbase|elasticsearch|opensearch|etcd|consul|vault|rabbitmq|nats|kafka|zookeeper|clickhouse(?:-server)?|influxdb|neo4j|minio|qdrant|weaviate|milvus|chroma)$/;

const monitoring =
  /^(?:prometheus|alertmanager|node[-_]exporter|blackbox[-_]exporter|pushgateway|cadvisor|grafana|loki|promtail|tempo|mimir|victoria-metrics|vmagent|otel(?:emetry)?-collector(?:-contrib)?|fluent-?bit|fluentd|vector)$/;

/** `registry/team/app:1.2@sha256:…` → `app`. */
export function imageName(image: string): string {
  const path = image.split('@')[0] ?? '';
  return (path.split('/').pop() ?? '').split(':')[0] ?? '';
}

/** True for what holds data or state: a known database, or named in the configuration. */
export function isDataService(container: Named, configured: readonly string[]): boolean {
  if (configured.includes(container.name)) return true;
  const service = container.labels['com.docker.compose.service'] ?? '';
  return [imageName(container.image), container.name, service].some((name) => databases.test(name));
}

/** Why a container is never chosen for a disruption, or undefined. `patterns` may hold `*`; they match name or key. */
export function protectedBecause(
  container: Named,
  patterns: readonly string[],
  ownContainerId: string | undefined,
  id: string,
): string | undefined {
  if (id === ownContainerId) return 'Nightshift runs in it';
  const image = imageName(container.image);
  if (image === 'nightshift') return 'it is Nightshift';
  if (/(?:^|\/)temporalio\//.test(container.image) || /^temporal(?:-|$)/.test(image)) return 'it is Temporal';
  if (monitoring.test(image)) return 'it is monitoring';
  const label = container.labels['nightshift.protected'];
  if (label !== undefined && label !== 'false') return 'its label nightshift.protected says so';
  const hit = patterns.find((pattern) => matches(pattern, container.name) || matches(pattern, container.key));
  return hit === undefined ? undefined : `the configuration protects ${hit}`;
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(text);
}

/** Who else rules over the container, where an orchestrator does. */
export function orchestratorOf(labels: Readonly<Record<string, string>>): string | undefined {
  if (labels['com.docker.swarm.service.id'] || labels['com.docker.swarm.task.id']) return 'swarm';
  if (labels['io.kubernetes.pod.name'] || labels['io.kubernetes.pod.uid']) return 'kubernetes';
  if (labels['com.hashicorp.nomad.alloc_id']) return 'nomad';
  if (labels['com.amazonaws.ecs.task-arn']) return 'ecs';
  return undefined;
}

/** Services that compose says this one needs: `redis:service_started:false,db:service_healthy:true` → redis, db. */
export function dependsOn(labels: Readonly<Record<string, string>>): string[] {
  const label = labels['com.docker.compose.depends_on'] ?? '';
  return label
    .split(',')
    .map((part) => part.split(':')[0]?.trim() ?? '')
    .filter((name) => name !== '');
}
