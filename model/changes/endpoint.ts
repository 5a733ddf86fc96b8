import type { Endpoint } from '../container.js';
import { shellQuote } from './shell.js';

/** `Endpoint` as a plain JSON object, so that it can be part of a change. */
export type EndpointParams = { readonly [Name in keyof Endpoint]: Endpoint[Name] };

/** The members of an endpoint that are set: what is left out stays out of the change's hash too. */
export function endpointParams(endpoint: Endpoint): EndpointParams {
  const { method, url, body, bearerSecret, timeoutSeconds, expect } = endpoint;
  return {
    method,
    url,
    ...(body === undefined ? {} : { body }),
    ...(bearerSecret === undefined ? {} : { bearerSecret }),
    timeoutSeconds,
    ...(expect === undefined ? {} : { expect }),
  };
}

/** The call by hand. A secret stands in it as `$TOKEN`; credentials in the address are left out. */
export function curlCommand(endpoint: EndpointParams): string {
  const words = ['curl', '-fsS', '-X', endpoint.method, '--max-time', String(endpoint.timeoutSeconds)];
  const text = words.map(shellQuote);
  if (endpoint.bearerSecret !== undefined) text.push('-H "Authorization: Bearer $TOKEN"');
  if (endpoint.body !== undefined) {
    const type = /^\s*[[{]/.test(endpoint.body) ? 'application/json' : 'text/plain';
    text.push('-H', shellQuote(`Content-Type: ${type}`), '-d', shellQuote(endpoint.body));
  }
  text.push(shellQuote(withoutCredentials(endpoint.url)));
  return text.join(' ');
}

/** The address as people may see it: `http://user:pass@host/` becomes `http://host/`. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1');
}
