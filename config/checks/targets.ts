import { matchesKey } from '../../model/guardrails/patterns.js';
import { didYouMean } from '../closest.js';
import { processesOfHost } from '../resolve.js';
import { containerFields } from '../schema/container.js';
import type { TargetInput } from '../schema/index.js';
import { dockerKinds, type Named, nameOf } from '../target-key.js';
import type { Path } from '../yaml.js';
import type { Checked } from './report.js';
import { checkWorkload } from './workloads.js';

/** Each target names one thing, that is there, once, with what belongs to its kind. */
export function checkTargets(checked: Checked): void {
  const { said, report } = checked;
  const seen = new Map<string, number>();
  for (const [i, target] of said.targets.entries()) {
    const path = ['targets', i];
    const named = nameOf(target);
    if ('problem' in named) {
      report.error(path, named.problem, named.mend);
      continue;
    }
    const first = seen.get(named.key);
    if (first !== undefined)
      report.error(
        path,
        `${named.key} is configured twice`,
        `Put both together: the other is targets[${first}]`,
      );
    seen.set(named.key, first ?? i);
    checkEngineOf(checked, named, path);
    checkFields(checked, target, named, path);
    checkClusterOf(checked, named, path);
    if (dockerKinds.includes(named.kind)) checkContainer(checked, target, path);
    if (named.workload) checkWorkload(checked, target, path);
    checkAutonomy(checked, target, named, path);
  }
}

function checkEngineOf({ said, report }: Checked, { scope, key }: Named, path: Path): void {
  const [system, engine = ''] = scope.split('/');
  if (system !== 'docker' || Object.hasOwn(said.engines, engine)) return;
  const known = Object.keys(said.engines);
  report.error(
    path,
    `${key} is on engine '${engine}', which is not there`,
    didYouMean(engine, known, `Add it: engines: { ${engine}: unix:///var/run/docker.sock }`),
  );
}

function checkClusterOf({ said, report }: Checked, { workload, key }: Named, path: Path): void {
  if (workload === undefined || Object.hasOwn(said.clusters, workload.cluster)) return;
  const known = Object.keys(said.clusters);
  report.error(
    path,
    `${key} is on cluster '${workload.cluster}', which is not there`,
    didYouMean(
      workload.cluster,
      known,
      `Add it: clusters: { ${workload.cluster}: { kubeconfig: ~/.kube/config } }`,
    ),
  );
}

function checkFields({ said, report }: Checked, target: TargetInput, named: Named, path: Path): void {
  const isDocker = dockerKinds.includes(named.kind);
  const foreign = isDocker
    ? ['settings', 'workload', 'namespace']
    : [
        ...Object.keys(containerFields),
        'app',
        ...(named.workload ? ['settings'] : ['workload', 'namespace']),
      ];
  for (const field of foreign)
    if (Object.entries(target).some(([key, value]) => key === field && value !== undefined))
      report.error(
        [...path, field],
        `a ${named.kind} has no ${field}`,
        isDocker
          ? 'Take it out: settings is for added kinds'
          : named.workload
            ? 'Put it under workload:'
            : 'Put it under settings:',
        'key',
      );
  if (target.app !== undefined && named.kind !== 'host')
    report.error(
      [...path, 'app'],
      'only a host says which container its endpoints belong to',
      'Take it out',
      'key',
    );
  if (named.kind !== 'hostProcess') return;
  const known = [...(target.hostProcesses ?? []), ...processesOfHost(named.scope, said)].map(
    ({ name }) => name,
  );
  if (!known.includes(named.process ?? ''))
    report.error(
      path,
      `nothing says which process '${named.process}' is`,
      didYouMean(named.process ?? '', known, 'Add it to hostProcesses: name, process and restart'),
    );
}

function checkContainer({ report }: Checked, target: TargetInput, path: Path): void {
  const { caches = [], gc, service, hostProcesses = [] } = target;
  for (const [i, { name, endpoint, disruption }] of caches.entries()) {
    const url = typeof endpoint === 'string' ? endpoint : endpoint.url;
    if (disruption === 'none' && /session/i.test(`${name} ${url}`))
      report.error(
        [...path, 'caches', i, 'disruption'],
        'clearing sessions is felt by those in them',
        'Write dataLoss, or brief where a session comes back by itself; or rename the cache',
      );
  }
  checkUnique(
    [...path, 'caches'],
    caches.map(({ name }) => name),
    report,
  );
  checkUnique(
    [...path, 'hostProcesses'],
    hostProcesses.map(({ name }) => name),
    report,
  );
  if (gc?.via === 'jcmd' && gc.process.runtime !== 'jvm')
    report.error([...path, 'gc', 'process', 'runtime'], 'jcmd reaches a JVM only', 'Write runtime: jvm');
  if (gc?.via === 'node-inspector' && gc.process.runtime !== 'node')
    report.error(
      [...path, 'gc', 'process', 'runtime'],
      'the inspector is that of Node',
      'Write runtime: node',
    );
  if (service && (service.label === undefined) === (service.composeProject === undefined))
    report.error(
      [...path, 'service'],
      'it does not say which containers belong to it',
      'Give either label or composeProject',
    );
}

export function checkUnique(path: Path, names: readonly string[], report: Checked['report']): void {
  for (const [i, name] of names.entries())
    if (names.indexOf(name) < i)
      report.error([...path, i, 'name'], `'${name}' is there twice`, 'Give each a name of its own');
}

function checkAutonomy(
  { said, runbooks, report }: Checked,
  target: TargetInput,
  { key, kind }: Named,
  path: Path,
): void {
  const { autonomy } = target;
  if (autonomy === undefined)
    report.warn(
      path,
      `${key} is only observed: it has no autonomy`,
      'Add autonomy: observe, plan, approve or auto',
    );
  const guard = said.protected.find((pattern) => matchesKey(pattern, key));
  if (guard !== undefined && autonomy !== undefined && autonomy !== 'observe')
    report.warn(
      [...path, 'autonomy'],
      `${key} is protected by '${guard}': it is never changed`,
      'Write autonomy: observe, or narrow protected:',
      'key',
    );
  const suited = runbooks.filter(({ targetKinds }) => targetKinds.includes(kind));
  const kinds = suited.flatMap(({ changeKinds }) => changeKinds?.map((each) => each.kind) ?? []);
  const allKnown = suited.every(({ changeKinds }) => changeKinds !== undefined);
  for (const changeKind of Object.keys(typeof autonomy === 'object' ? (autonomy.byKind ?? {}) : {}))
    if (allKnown && !kinds.includes(changeKind))
      report.error(
        [...path, 'autonomy', 'byKind', changeKind],
        'there is no such kind of change',
        didYouMean(changeKind, kinds, 'Take it out'),
        'key',
      );
}
