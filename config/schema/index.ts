import { z } from 'zod';
import { alertmanager, api, archive, engine, escalation, groups, secret, temporal } from './connections.js';
import { containerFields } from './container.js';
import { autonomy, freeze, pattern, policy } from './policy.js';
import { duration, httpUrl, name, percentage, secretName, text, words } from './scalars.js';
import { cluster, workloadFields } from './workload.js';

const engineName = text(
  /^[a-z0-9][a-z0-9-]*$/,
  'the name of an engine',
  'Use small letters, digits and dashes, such as local',
);

const clusterName = text(
  /^[a-z0-9][a-z0-9-]*$/,
  'the name of a cluster',
  'Use small letters, digits and dashes, such as prod',
);

const key = text(
  /^[^\s/]+(\/[^\s/]+)+$/,
  "a target's key",
  'Write it as docker/<engine>/<container>, docker/<engine> for the host, docker/<engine>/process:<name>',
);

const target = z
  .strictObject({
    key: key.optional(),
    engine: engineName.optional(),
    container: text(
      /^[a-zA-Z0-9][\w.-]*$/,
      'the name of a container',
      'Use the name that docker ps shows',
    ).optional(),
    host: z.literal(true).optional().meta({ description: 'The host of the engine itself' }),
    process: text(
      /^[a-zA-Z0-9][\w.-]*$/,
      'the name of a process',
      'Use a name from hostProcesses',
    ).optional(),
    app: words.optional().meta({ description: 'On a host: the container that the endpoints belong to' }),
    kind: words.optional().meta({ description: 'For kinds of target that added runbooks bring' }),
    scope: words.optional(),
    settings: z.record(z.string(), z.json()).optional().meta({ description: 'For added kinds of target' }),
    autonomy: autonomy.optional(),
    policy: policy.optional(),
    ...containerFields,
    ...workloadFields,
  })
  .meta({
    id: 'Target',
    description:
      'Something looked after: engine with container, host or process; cluster with namespace and deployment; or its key',
  });

const route = z.strictObject({
  match: z.record(z.string(), z.string()),
  runbook: words,
  target: text(
    /^[^\s/]+(\/\S+)+$/,
    "a target's key",
    'Write it as docker/local/agent; {{labels.name}} stands for the value of a label',
  ),
});

const watch = z.strictObject({
  target: key,
  runbook: words.optional(),
  threshold: percentage.optional(),
  every: duration.optional(),
  postTo: httpUrl.optional(),
  bearer: secretName.optional(),
});

/** The whole of `nightshift.yaml`. What refers to what is checked afterwards, in `check.ts`. */
export const document = z
  .strictObject({
    $schema: z.string().optional(),
    temporal: temporal.prefault({}),
    engines: z.record(engineName, engine).default({}),
    clusters: z.record(clusterName, cluster).default({}),
    secrets: z.record(name, secret).default({}),
    groups: groups.default({}),
    defaults: policy.default({}),
    freezes: z.array(freeze).default([]),
    protected: z.array(pattern).default([]),
    targets: z.array(target).default([]),
    routes: z.array(route).default([]),
    watches: z.array(watch).default([]),
    escalation: escalation.optional(),
    alertmanager: alertmanager.optional(),
    archive: archive.optional(),
    api: api.prefault({}),
  })
  .meta({ title: 'nightshift.yaml', description: 'Configuration of Nightshift: see docs/configuration.md' });

export type Document = z.output<typeof document>;
export type TargetInput = Document['targets'][number];
