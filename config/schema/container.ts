import { z } from 'zod';
import { disruption } from './policy.js';
import { duration, httpUrl, oneOf, positiveInteger, secretName, size, text, words } from './scalars.js';

/** An address, or an address with how it is called. */
export const endpoint = z
  .union([
    httpUrl,
    z.strictObject({
      url: httpUrl,
      method: oneOf(['GET', 'POST', 'PUT']).optional(),
      body: z.string().optional(),
      bearer: secretName.optional(),
      timeout: duration.optional(),
      expect: z
        .strictObject({ status: positiveInteger('an HTTP status').optional(), contains: words.optional() })
        .optional(),
    }),
  ])
  .meta({ id: 'Endpoint', description: "An HTTP call to the app's own endpoint" });

export type EndpointInput = z.output<typeof endpoint>;

const processMatch = z
  .strictObject({
    runtime: oneOf(['node', 'jvm', 'python', 'other']),
    executable: words,
    argsContain: words.optional(),
  })
  .meta({ id: 'Process', description: 'The one process that is meant, by its executable' });

const gc = z
  .discriminatedUnion('via', [
    z.strictObject({ via: z.literal('endpoint'), endpoint, process: processMatch }),
    z.strictObject({ via: z.literal('jcmd'), process: processMatch, jcmd: words.default('jcmd') }),
    z.strictObject({
      via: z.literal('node-inspector'),
      process: processMatch,
      host: words.default('127.0.0.1'),
      port: positiveInteger('a port').default(9229),
    }),
  ])
  .meta({ id: 'Gc', description: 'How the garbage collection of the live process is reached' });

const cache = z.strictObject({
  name: words,
  endpoint,
  disruption: disruption.meta({
    description: 'What clearing costs: none or brief for a cold cache, dataLoss for sessions',
  }),
  harm: words.meta({ description: 'The harm, in words' }),
});

const hostProcess = z.strictObject({
  name: text(/^[a-zA-Z0-9][\w.-]*$/, 'a name', 'Use letters, digits, dot, dash and underscore'),
  process: processMatch,
  restart: z.array(z.string()).min(1).meta({ description: 'Program and arguments, run without a shell' }),
  timeout: duration.optional(),
});

/** What can be said of a container, a host or a host process: the fields of `ContainerSettings`, as people write them. */
export const containerFields = {
  caches: z.array(cache).optional(),
  gc: gc.optional(),
  degrade: z.strictObject({ on: endpoint, off: endpoint, features: words }).optional(),
  drain: endpoint.optional(),
  health: endpoint.optional(),
  probe: endpoint.optional(),
  metrics: endpoint.optional(),
  restartPolicy: oneOf(['recommend', 'set']).optional(),
  maxMemory: size.optional().meta({ description: 'Highest limit that may be set; absent: never raised' }),
  service: z
    .strictObject({
      label: words.optional(),
      composeProject: words.optional(),
      order: z.array(words).optional(),
    })
    .optional(),
  hostProcesses: z.array(hostProcess).optional(),
  dataServices: z.array(words).optional(),
};

export const containerInput = z.strictObject(containerFields);
export type ContainerInput = z.output<typeof containerInput>;
