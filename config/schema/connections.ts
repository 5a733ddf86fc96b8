import { z } from 'zod';
import { duration, hasCredentials, httpUrl, name, secretName, size, text, words, wrong } from './scalars.js';

const path = words.meta({ description: 'A path, relative to this file' });

export const temporal = z.strictObject({
  address: text(
    /^[^\s/:]+:\d+$|^\[[0-9a-f:]+\]:\d+$/i,
    'host and port',
    'Write it as localhost:7233',
  ).default('localhost:7233'),
  namespace: words.default('default'),
  tls: z
    .union([
      z.boolean(),
      z.strictObject({
        caFile: path.optional(),
        certFile: path.optional(),
        keyFile: path.optional(),
        serverName: words.optional(),
      }),
    ])
    .optional(),
  apiKey: secretName.optional(),
});

const engineMend = 'Write unix:///var/run/docker.sock, tcp://host:2376 (with tls:) or ssh://user@host';
const engineUrl = z
  .string({ error: wrong('the address of an engine is expected', engineMend) })
  .regex(/^(unix:\/\/\/\S+|(tcp|ssh):\/\/[^\s/]+)$/, {
    error: wrong('it is not the address of an engine', engineMend),
    abort: true,
  })
  .refine((url) => !hasCredentials(url) || (url.startsWith('ssh:') && new URL(url).password === ''), {
    error: wrong('an address may not hold a password', 'Use TLS certificates, or an ssh key'),
  });

export const engine = z
  .union([
    engineUrl,
    z.strictObject({
      url: engineUrl,
      tls: z.strictObject({ ca: path, cert: path, key: path }).optional(),
      ssh: z.strictObject({ keyFile: path.optional(), knownHostsFile: path.optional() }).optional(),
    }),
  ])
  .meta({ id: 'Engine', description: 'How a Docker engine is reached' });

const literal = wrong(
  'a secret is never written here',
  'Say where it is: { file: path } or { env: NAME }, and replace the secret that stood here',
);

/** Only a reference. Whatever else stands there may be the secret itself, so no message shows it. */
export const secret = z
  .union(
    [
      z.strictObject({ file: z.string({ error: literal }).min(1, { error: literal }) }),
      z.strictObject({ env: z.string({ error: literal }).regex(/^[A-Za-z_]\w*$/, { error: literal }) }),
    ],
    { error: literal },
  )
  .meta({ id: 'Secret', description: 'Where a secret is: a file or an environment variable' });

export const escalation = z.strictObject({
  webhook: z.strictObject({ url: httpUrl, signingSecret: secretName, timeout: duration.optional() }),
});

export const alertmanager = z.strictObject({
  url: httpUrl,
  bearer: secretName.optional(),
  basic: z.strictObject({ username: words, password: secretName }).optional(),
  every: duration.optional(),
});

export const api = z.strictObject({
  listen: text(
    /^([^\s/:]+|\[[0-9a-f:]+\]):\d{1,5}$/i,
    'host and port',
    'Write it as 127.0.0.1:7420',
  ).optional(),
  tokensFile: path.optional(),
});

/** Shorter than this, the archiver would do little but look whether there is something to do. */
const shortestEvery = 10;

export const archive = z
  .strictObject({
    folder: text(/\S/, 'a folder', 'Name one, relative to this file, such as archive'),
    every: duration
      .refine((seconds) => seconds >= shortestEvery, {
        error: wrong(`the archiver can't run more often than every ${shortestEvery}s`, 'Write 1h, or 5m'),
      })
      .optional(),
    keep: duration.optional(),
    maxSize: size.optional(),
  })
  .meta({
    id: 'Archive',
    description: 'Where closed incidents are kept when Temporal no longer keeps them: see docs/archive.md',
  });

export const groups = z.record(name, z.array(words).min(1));
