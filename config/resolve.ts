import { homedir } from 'node:os';
import { dirname, join, resolve as resolvePath } from 'node:path';
import type { Disruption } from '../model/change.js';
import { autonomyFor } from '../model/guardrails/autonomy.js';
import type { JsonObject } from '../model/json.js';
import type { Autonomy, Policy } from '../model/policy.js';
import { defaultListen, defaultPolicy, defaultSeconds, defaultWatchPercent } from './defaults.js';
import { autonomyOf, withPolicy } from './resolve-policy.js';
import { containerSettings, defined } from './resolve-settings.js';
import { clusterOf, workloadSettings } from './resolve-workload.js';
import type { Document, TargetInput } from './schema/index.js';
import { dockerKinds, type Named, nameOf } from './target-key.js';
import type {
  AlertmanagerSettings,
  ApiSettings,
  ArchiveSettings,
  Config,
  EngineSettings,
  KnownRunbook,
  TargetSettings,
} from './types.js';

/** The checked document with everything in it resolved: defaults, groups, paths, keys. */
export function resolveConfig(
  said: Document,
  file: string,
  runbooks: readonly KnownRunbook[],
): Omit<Config, 'warnings'> {
  const path = (text: string) => pathFrom(file, text);
  const base = {
    ...withPolicy(defaultPolicy, said.defaults, said.groups),
    protected: said.protected,
    freezes: said.freezes.map(defined),
  };
  const targets = said.targets.flatMap((target) => targetOf(target, base, said));
  return defined({
    file,
    temporal: temporalOf(said.temporal, path),
    engines: Object.entries(said.engines).map(([name, engine]) => engineOf(name, engine, path)),
    clusters: Object.entries(said.clusters).map(([name, cluster]) => clusterOf(name, cluster, path)),
    secrets: mapValues(said.secrets, (secret) => ('file' in secret ? { file: path(secret.file) } : secret)),
    groups: said.groups,
    fallback: base,
    targets: protectCareful(targets),
    routes: said.routes,
    watches: said.watches.map((watch) => watchOf(watch, targets, runbooks)),
    escalation: said.escalation && {
      webhook: {
        url: said.escalation.webhook.url,
        signingSecret: said.escalation.webhook.signingSecret,
        timeoutSeconds: said.escalation.webhook.timeout ?? defaultSeconds.webhook,
      },
    },
    alertmanager: said.alertmanager && alertmanagerOf(said.alertmanager),
    archive: said.archive && archiveOf(said.archive, path),
    api: apiOf(said.api, path),
  });
}

/** A path of the configuration: relative to its file, `~` for the home directory. */
export function pathFrom(file: string, text: string): string {
  if (text === '~' || text.startsWith('~/')) return join(homedir(), text.slice(1));
  return resolvePath(dirname(file), text);
}

function targetOf(target: TargetInput, base: Config['fallback'], said: Document): readonly TargetSettings[] {
  const named = nameOf(target);
  if ('problem' in named) return [];
  const { key, kind, scope } = named;
  // The metrics of pods are read every 15 s or so: a reading that shows what a change did takes its time.
  const slow = named.workload !== undefined && said.defaults.settle === undefined;
  const usual = slow ? { ...base, settleSeconds: defaultSeconds.workloadSettle } : base;
  const policy = {
    ...withPolicy(usual, target.policy, said.groups),
    autonomy: autonomyOf(target.autonomy),
  };
  return [{ key, kind, scope, policy, settings: settingsOf(target, named, said) }];
}

const noSettings: JsonObject = {};

function settingsOf(target: TargetInput, named: Named, said: Document): TargetSettings['settings'] {
  if (named.workload) return workloadSettings(named.workload, target.workload);
  if (!dockerKinds.includes(named.kind)) return target.settings ?? noSettings;
  const settings = containerSettings(target, named.container ?? target.app);
  if (named.kind !== 'hostProcess' || settings.hostProcesses.length > 0) return settings;
  return { ...settings, hostProcesses: processesOfHost(named.scope, said) };
}

/** A host process is described once, at its host or at itself. */
export function processesOfHost(scope: string, said: Document) {
  const host = said.targets.find((other) => {
    const name = nameOf(other);
    return 'key' in name && name.key === scope;
  });
  return host ? containerSettings(host, undefined).hostProcesses : [];
}

/**
 * What a container's own entry does not allow by itself, an incident of its host may not do to it either: where the
 * container's autonomy is the more careful one, the host's policy protects it.
 */
function protectCareful(targets: readonly TargetSettings[]): readonly TargetSettings[] {
  return targets.map((target) => {
    const careful = targets.filter(
      (inner) => inner.key.startsWith(`${target.key}/`) && isMoreCareful(inner.policy, target.policy),
    );
    if (careful.length === 0) return target;
    const added = [...target.policy.protected, ...careful.map(({ key }) => key)];
    return { ...target, policy: { ...target.policy, protected: added } };
  });
}

const fromCareful: readonly Autonomy[] = ['observe', 'plan', 'approve', 'auto'];

function isMoreCareful(inner: Policy, outer: Policy): boolean {
  const granted = (policy: Policy, disruption: Disruption) =>
    fromCareful.indexOf(autonomyFor(policy, { kind: '', disruption }).autonomy);
  return (['brief', 'outage'] as const).some((each) => granted(inner, each) < granted(outer, each));
}

function watchOf(
  { target, runbook, threshold, every, postTo, bearer }: Document['watches'][number],
  targets: readonly TargetSettings[],
  runbooks: readonly KnownRunbook[],
): Config['watches'][number] {
  const kind = targets.find(({ key }) => key === target)?.kind ?? '';
  return defined({
    target,
    runbook: runbook ?? runbooks.find(({ targetKinds }) => targetKinds.includes(kind))?.name ?? '',
    thresholdPercent: threshold ?? defaultWatchPercent,
    everySeconds: every ?? defaultSeconds.watch,
    postTo,
    bearerSecret: bearer,
  });
}

function temporalOf(said: Document['temporal'], path: (text: string) => string): Config['temporal'] {
  const { address, namespace, tls, apiKey } = said;
  const file = (text: string | undefined) => (text === undefined ? undefined : path(text));
  // Temporal takes an API key over TLS only.
  const wanted = tls ?? apiKey !== undefined;
  const settings =
    typeof wanted === 'boolean'
      ? {}
      : defined({
          caFile: file(wanted.caFile),
          certFile: file(wanted.certFile),
          keyFile: file(wanted.keyFile),
          serverName: wanted.serverName,
        });
  return defined({ address, namespace, tls: wanted === false ? undefined : settings, apiKeySecret: apiKey });
}

function engineOf(
  name: string,
  said: Document['engines'][string],
  path: (text: string) => string,
): EngineSettings {
  if (typeof said === 'string') return { name, url: said };
  const { url, tls, ssh } = said;
  const optional = (file: string | undefined) => (file === undefined ? undefined : path(file));
  return defined({
    name,
    url,
    tls: tls && mapValues(tls, path),
    ssh: ssh && defined({ keyFile: optional(ssh.keyFile), knownHostsFile: optional(ssh.knownHostsFile) }),
  });
}

function alertmanagerOf({
  url,
  bearer,
  basic,
  every,
}: NonNullable<Document['alertmanager']>): AlertmanagerSettings {
  const auth = bearer
    ? { bearerSecret: bearer }
    : basic && { username: basic.username, passwordSecret: basic.password };
  return defined({ url, auth, everySeconds: every ?? defaultSeconds.alertmanager });
}

function archiveOf(
  { folder, every, keep, maxSize }: NonNullable<Document['archive']>,
  path: (text: string) => string,
): ArchiveSettings {
  return defined({
    folder: path(folder),
    everySeconds: every ?? defaultSeconds.archive,
    keepSeconds: keep,
    maxBytes: maxSize,
  });
}

function apiOf({ listen, tokensFile }: Document['api'], path: (text: string) => string): ApiSettings {
  const at = listen?.lastIndexOf(':') ?? -1;
  const host = listen?.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  return {
    host: host ?? defaultListen.host,
    port: listen === undefined ? defaultListen.port : Number(listen.slice(at + 1)),
    tokensFile: path(tokensFile ?? defaultListen.tokensFile),
  };
}

function mapValues<K extends string, A, B>(
  map: Readonly<Record<K, A>>,
  change: (value: A) => B,
): Record<K, B> {
  const entries = Object.entries<A>(map).map(([key, value]) => [key, change(value)] as const);
  return Object.fromEntries(entries) as Record<K, B>;
}
