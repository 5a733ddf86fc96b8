import type { MiddlewareHandler } from 'hono';
import { type Credentials, may, type Permission, type Tokens } from '../tokens/index.js';
import type { ApiEnv } from './context.js';
import { ApiError } from './errors.js';

/**
 * Lets through who has a valid token whose role allows this at all. Which targets it allows it for is asked where
 * the target is known: an authorisation by route alone would let a token for one host decide on another's incidents.
 */
export function requires(permission: Permission, tokens: Tokens): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const credentials = readCredentials(c.req.header('authorization'));
    const who = credentials && (await tokens.identify(credentials));
    if (!who)
      throw new ApiError(
        401,
        credentials ? 'this token is not valid' : 'this needs a token',
        'Make one with `nightshift token create`, and send it as bearer token, or by basic auth with its name.',
        { 'WWW-Authenticate': 'Bearer realm="nightshift", Basic realm="nightshift"' },
      );
    if (!may(who, permission))
      throw new ApiError(
        403,
        `a ${who.role} token may not do this`,
        `Use a token of a role that may ${permission === 'deliver' ? 'deliver alerts' : permission}.`,
      );
    c.set('who', who);
    await next();
  };
}

/** A bearer token, or name and token by basic auth (which Alertmanager can send where it can't send a bearer token). */
export function readCredentials(header: string | undefined): Credentials | undefined {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return { token: value };
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const [, name, token] = /^([^:]*):(.*)$/s.exec(Buffer.from(value, 'base64').toString('utf8')) ?? [];
  return name === undefined || token === undefined ? undefined : { name, token };
}
