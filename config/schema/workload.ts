import { z } from 'zod';
import { disruption } from './policy.js';
import {
  duration,
  hasCredentials,
  httpUrl,
  oneOf,
  positiveInteger,
  secretName,
  size,
  text,
  words,
  wrong,
} from './scalars.js';

const path = words.meta({ description: 'A path, relative to this file' });

/** How a Kubernetes cluster is reached. */
export const cluster = z
  .union([
    z.strictObject({ kubeconfig: path, context: words.optional() }),
    z.strictObject({ inCluster: z.literal(true) }),
  ])
  .meta({
    id: 'Cluster',
    description:
      'How a Kubernetes cluster is reached: a kubeconfig and its context, or the pod that this runs in',
  });

export type ClusterInput = z.output<typeof cluster>;

/** Names of objects, as the API server takes them. */
export const objectName = text(
  /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
  'the name of a Kubernetes object',
  'Use the name that kubectl get shows',
);

function serverUrl(schemes: string, example: string) {
  const mend = `Write it as ${example}`;
  return z
    .string({ error: wrong('an address is expected', mend) })
    .regex(new RegExp(`^(${schemes})://[^\\s/]+`), {
      error: wrong('it is not such an address', mend),
      abort: true,
    })
    .refine((value) => URL.canParse(value), { error: wrong('it is not an address', mend), abort: true })
    .refine((value) => !hasCredentials(value), {
      error: wrong(
        'an address may not hold a user name or password',
        'Put the secret under secrets: and name it: password:',
      ),
    });
}

const port = positiveInteger('a port').refine((value) => value <= 65_535, {
  error: wrong('it is no port', 'Use one from 1 to 65535'),
});

const podEndpoint = z
  .strictObject({
    port,
    path: text(/^\//, 'a path', 'Begin it with a slash, such as /metrics'),
    method: oneOf(['GET', 'POST', 'PUT']).optional(),
    body: z.string().optional(),
    via: oneOf(['proxy', 'address'])
      .optional()
      .meta({ description: "Through the API server's pod proxy (the default), or by the pod's address" }),
    bearer: secretName.optional(),
    timeout: duration.optional(),
    expect: z
      .strictObject({ status: positiveInteger('an HTTP status').optional(), contains: words.optional() })
      .optional(),
  })
  .meta({ id: 'PodEndpoint', description: 'An HTTP call to a pod of the app' });

export type PodEndpointInput = z.output<typeof podEndpoint>;

const variable = text(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'the name of a variable',
  'Write it as in the pod: SESSION_TTL',
);

/** What can be said of a workload besides its name: the fields of `WorkloadSettings`, as people write them. */
export const workload = z
  .strictObject({
    container: words.optional().meta({ description: 'Which container, where there are several' }),
    prometheus: z.strictObject({ url: httpUrl, bearer: secretName.optional() }).optional(),
    sessions: z
      .strictObject({
        redis: serverUrl('rediss?', 'redis://redis-master.redis:6379/0'),
        username: words.optional(),
        password: secretName.optional(),
        match: words.meta({ description: 'Keys that are sessions: bruno:session:*' }),
        heldBy: oneOf(['process', 'unknown'])
          .optional()
          .meta({ description: 'process: the pods hold what the sessions hold; unknown: history decides' }),
        shortenTo: duration.optional().meta({ description: 'What lives are shortened to; never under 15m' }),
      })
      .optional(),
    mongo: z
      .strictObject({
        url: serverUrl('mongodb(\\+srv)?', 'mongodb://mongodb.mongodb:27017'),
        username: words.optional(),
        password: secretName.optional(),
        appName: words.optional(),
      })
      .optional(),
    metrics: podEndpoint.optional(),
    gc: podEndpoint.optional(),
    caches: z
      .array(z.strictObject({ name: words, endpoint: podEndpoint, disruption, harm: words }))
      .optional(),
    probe: podEndpoint.optional().meta({ description: 'The functional probe: POST /chat' }),
    env: z
      .array(
        z.strictObject({
          name: variable,
          to: z.string(),
          against: oneOf(['sessions', 'pools', 'contexts']),
          harm: words,
        }),
      )
      .optional()
      .meta({ description: 'Variables that may be set, each with its value and the cause it is against' }),
    maxMemory: size.optional().meta({ description: 'Highest limit that may be set; absent: never raised' }),
    maxReplicas: positiveInteger('a number of replicas')
      .optional()
      .meta({ description: 'Most replicas that may be asked for; absent: never raised' }),
    capacity: duration.optional().meta({ description: 'How long added capacity stays, unless it is kept' }),
    inspect: z
      .boolean()
      .optional()
      .meta({ description: 'Whether the live process may be read by exec: it needs the inspect role' }),
  })
  .meta({ id: 'Workload', description: 'What is known of a workload on Kubernetes' });

export type WorkloadInput = z.output<typeof workload>;

/** The fields of a target that name a workload. */
export const workloadFields = {
  cluster: text(
    /^[a-z0-9][a-z0-9-]*$/,
    'the name of a cluster',
    'Use small letters, digits and dashes, such as prod',
  ).optional(),
  namespace: objectName.optional(),
  deployment: objectName.optional(),
  statefulSet: objectName.optional(),
  daemonSet: objectName.optional(),
  workload: workload.optional(),
};
