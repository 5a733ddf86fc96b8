import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Control } from '../../model/decision.js';
import { bounded } from '../alerts/bounds.js';
import type { IncidentFilter, IncidentRef } from '../incidents/index.js';
import { mayTouch } from '../tokens/index.js';
import { requires } from './auth.js';
import { readBody } from './body.js';
import type { ApiEnv, ApiParts } from './context.js';
import { ApiError, notFound } from './errors.js';

/** Who acts is the token's name, never a word of the body: a strict schema refuses `by` and `verified`. */
const decisionSchema = z.strictObject({
  hash: z.string().regex(/^[0-9a-f]{16}$/, 'must be the 16 hex digits shown with the change'),
  answer: z.enum(['approve', 'reject']),
  comment: z.string().max(2_000).optional(),
});
const controlSchema = z.strictObject({ reason: z.string().max(2_000).optional() });
/** Bounded, as alerts from outside are. */
const alertTexts = z.record(z.string(), z.string()).transform(bounded);
const openSchema = z.strictObject({
  target: z.string().min(1).max(500),
  runbook: z.string().min(1).max(200),
  severity: z.enum(['warning', 'critical']).optional(),
  reason: z.string().min(1).max(2_000),
  observeOnly: z.boolean().optional(),
  rerun: z
    .strictObject({
      of: z.string().regex(/^[a-z2-7]{8}$/, 'must be a short id'),
      alert: z
        .strictObject({
          name: z.string().min(1).max(200),
          severity: z.enum(['warning', 'critical']),
          labels: alertTexts,
          annotations: alertTexts,
        })
        .optional(),
    })
    .optional(),
});
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const word = z
  .string()
  .max(500)
  .regex(/^[^'"\\]*$/, 'must not have quotes or backslashes');
const listSchema = z.strictObject({
  open: flag.optional(),
  target: word.optional(),
  runbook: word.optional(),
  severity: word.optional(),
  outcome: word.optional(),
  needsDecision: flag.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
});

/** Target keys have slashes: they may come as they are, or encoded. */
const name = ':name{.+}';

/** What operators and viewers do. Every object is checked against the token's targets before anything is told of it. */
export function incidentRoutes(parts: ApiParts): Hono<ApiEnv> {
  const { incidents, tokens } = parts;
  const view = requires('view', tokens);
  const operate = requires('operate', tokens);
  const limit = bodyLimit({
    maxSize: 64 * 1024,
    onError: () => {
      throw new ApiError(413, 'the body is longer than 64 KiB', 'Send less.', { Connection: 'close' });
    },
  });
  return new Hono<ApiEnv>()
    .get('/', view, async (c) => c.json({ incidents: await incidents.list(filterOf(c)) }))
    .post('/', operate, limit, (c) => open(c, parts))
    .get(`/${name}`, view, async (c) => c.json(await incidents.read(await named(c, parts))))
    .post(`/${name}/decisions`, operate, limit, (c) => decide(c, parts))
    .post(`/${name}/pause`, operate, limit, (c) => control(c, parts, incidents.pause))
    .post(`/${name}/resume`, operate, limit, (c) => control(c, parts, incidents.resume))
    .post(`/${name}/cancel`, operate, limit, (c) => control(c, parts, incidents.cancel))
    .post(`/${name}/keep`, operate, limit, (c) => control(c, parts, incidents.keep));
}

function filterOf(c: Context<ApiEnv>): IncidentFilter {
  const parsed = listSchema.safeParse(c.req.query());
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ApiError(
      400,
      `${issue?.path.join('.') || 'the query'}: ${issue?.message}`,
      'Correct the query.',
    );
  }
  const who = c.get('who');
  return { ...parsed.data, visible: (key) => mayTouch(who, key) };
}

/** The run that the path names, if this token may know of it. Otherwise it is as if it were not there. */
async function named(c: Context<ApiEnv>, { incidents }: ApiParts): Promise<IncidentRef> {
  const who = c.get('who');
  const wanted = c.req.param('name') ?? '';
  // A key outside the token's targets is not even looked for, so that the time taken tells nothing either.
  if (wanted.includes('/') && !mayTouch(who, wanted)) throw notFound();
  const ref = await incidents.resolve(wanted);
  if (!mayTouch(who, ref.targetKey)) throw notFound();
  return ref;
}

async function open(c: Context<ApiEnv>, { incidents, routing, product }: ApiParts): Promise<Response> {
  const who = c.get('who');
  const { target: key, runbook, ...rest } = await readBody(c, openSchema);
  const target = mayTouch(who, key) ? routing.target(key) : undefined;
  if (!target)
    throw new ApiError(404, `there is no target ${key}`, 'Name a target of the configuration, by its key.');
  if (!routing.runbooks.includes(runbook))
    throw new ApiError(400, `runbook: there is no ${runbook}`, `Use one of ${routing.runbooks.join(', ')}.`);
  const opened = await incidents.open({ ...rest, target, runbook, by: who.name, product });
  return c.json(opened, opened.started ? 201 : 200);
}

async function decide(c: Context<ApiEnv>, parts: ApiParts): Promise<Response> {
  const ref = await named(c, parts);
  const said = await readBody(c, decisionSchema);
  if (said.answer === 'reject' && !said.comment?.trim())
    throw new ApiError(400, 'comment: a rejection needs a reason', 'Say why in comment.');
  const reply = await parts.incidents.decide(ref, { ...said, by: c.get('who').name, verified: 'token' });
  if (reply.accepted) return c.json(reply);
  return c.json(
    { ...reply, error: reply.why, mend: 'Look at the incident, and answer what it asks now.' },
    409,
  );
}

async function control(
  c: Context<ApiEnv>,
  parts: ApiParts,
  act: (ref: IncidentRef, control: Control) => Promise<void>,
): Promise<Response> {
  const ref = await named(c, parts);
  const { reason } = await readBody(c, controlSchema);
  const by = { by: c.get('who').name, verified: 'token' as const };
  await act(ref, reason === undefined ? by : { ...by, reason });
  // Taken and durable; the incident acts on it when a worker has read it.
  return c.json({ accepted: true }, 202);
}
