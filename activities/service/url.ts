import type { Endpoint } from '../../model/container.js';
import { failure } from '../failure.js';

/** The address to call, checked. Throws `Misconfigured`. */
export function requestUrl(endpoint: Endpoint): URL {
  const url = parsed(endpoint.url);
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw failure(
      'Misconfigured',
      `The endpoint ${shownUrl(endpoint.url)} can’t be called: write http://host:port/path.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw failure(
      'Misconfigured',
      `The endpoint ${shownUrl(endpoint.url)} has credentials in its address: take them out and name a bearerSecret.`,
    );
  }
  return url;
}

/** An address as it may be shown: no credentials, no query (tokens travel there), no fragment. */
export function shownUrl(text: string, base?: string): string {
  const url = parsed(text, base);
  return url === undefined ? '(an address that is none)' : `${url.protocol}//${url.host}${url.pathname}`;
}

function parsed(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
