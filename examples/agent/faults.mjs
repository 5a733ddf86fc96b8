/**
 * Faults that the agent shows on purpose, so that a caller can be tested against a service that really
 * misbehaves. `500` or `hang:2`: a count limits the fault to the first requests.
 *   500       answers 500 and does nothing
 *   hang      never answers and does nothing
 *   nonsense  answers 200 with text that is no JSON and does nothing
 *   redirect  answers 302 to /redirected and does nothing
 *   lost      does the work, then drops the connection: the caller can't know
 */
const KINDS = ['500', 'hang', 'nonsense', 'redirect', 'lost'];

/** @param {string} text @returns {{kind: string, times: number | null} | undefined} `times` null: always */
export function parseFault(text) {
  const match = /^([a-z0-9]+)(?::([1-9][0-9]*))?$/.exec(text);
  if (match === null || !KINDS.includes(match[1])) return undefined;
  return { kind: match[1], times: match[2] === undefined ? null : Number(match[2]) };
}

/** Says for each request whether, and how, it fails. */
export class Faults {
  #left;

  /** @param {Record<string, {kind: string, times: number | null}>} faults by endpoint */
  constructor(faults) {
    this.#left = new Map(Object.entries(faults).map(([point, fault]) => [point, { ...fault }]));
  }

  /** The fault for the next request to this endpoint, counted down; undefined when it is to work. */
  next(point) {
    const fault = this.#left.get(point);
    if (fault === undefined || fault.times === 0) return undefined;
    if (fault.times !== null) fault.times -= 1;
    return fault.kind;
  }
}

/**
 * Shows a fault in place of an answer.
 * @returns true when the request is dealt with; false for `lost`, where the work is still to be done
 */
export function showFault(kind, response) {
  if (kind === 'lost') return false;
  if (kind === 'hang') return true;
  if (kind === '500') {
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"fault asked for"}\n');
  } else if (kind === 'redirect') {
    response.writeHead(302, { location: '/redirected' }).end();
  } else {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>it works!</html>\n');
  }
  return true;
}
