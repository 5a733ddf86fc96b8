import type { Context } from 'hono';
import type { z } from 'zod';
import { ApiError } from './errors.js';

/** Reads a JSON body, or answers 400 with the path and the reason. */
export async function readBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.infer<T>> {
  const parsed = schema.safeParse(parse(await c.req.text()));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') || 'the body';
  throw new ApiError(400, `${path}: ${issue?.message ?? 'is malformed'}`, 'Correct what the path names.');
}

/** An empty body is an empty object: pausing needs no words. */
function parse(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiError(400, `the body is not JSON: ${reason}`, 'Send a JSON object.');
  }
}
