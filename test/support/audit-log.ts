import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** One request that the API server answered. */
export interface Audited {
  readonly verb: string;
  readonly uri: string;
  readonly user: string;
  readonly agent: string;
  /** `deployments`, `pods/eviction`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  /** What was sent, of a request that changes something. */
  readonly body: unknown;
}

interface Line {
  readonly verb?: string;
  readonly requestURI?: string;
  readonly userAgent?: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestObject?: unknown;
}

const mutating = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** The API server's own record of what it was asked, from now on. It is written before a request is answered. */
export class AuditLog {
  #from: number;

  constructor(private readonly path: string) {
    this.#from = existsSync(path) ? statSync(path).size : 0;
  }

  /** From here on only what comes later is told. */
  mark(): void {
    this.#from = statSync(this.path).size;
  }

  /** All requests for a namespace so far, oldest first. */
  requests(namespace: string): readonly Audited[] {
    return this.#with(`"namespace":"${namespace}"`);
  }

  /** All requests of one user so far, wherever they went, oldest first. */
  requestsBy(user: string): readonly Audited[] {
    return this.#with(`"username":"${user}"`).filter((one) => one.user === user);
  }

  #with(wanted: string): readonly Audited[] {
    return textFrom(this.path, this.#from)
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}') && line.includes(wanted))
      .map((line) => audited(JSON.parse(line) as Line));
  }

  /** What was changed in a namespace by Nightshift: by its field manager, answered with 2xx. */
  effects(namespace: string): readonly Audited[] {
    return this.requests(namespace).filter(
      ({ verb, uri, code }) =>
        mutating.includes(verb) && uri.includes('fieldManager=nightshift') && code >= 200 && code <= 299,
    );
  }
}

function audited({ verb = '', requestURI = '', userAgent = '', user, objectRef, ...line }: Line): Audited {
  const { resource = '', subresource, namespace = '', name = '' } = objectRef ?? {};
  return {
    verb,
    uri: requestURI,
    user: user?.username ?? '',
    agent: userAgent,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    code: line.responseStatus?.code ?? 0,
    body: line.requestObject,
  };
}

function textFrom(path: string, from: number): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    // A log that was begun anew meanwhile is read from its beginning.
    const start = size < from ? 0 : from;
    const buffer = Buffer.alloc(size - start);
    readSync(file, buffer, 0, buffer.length, start);
    return buffer.toString('utf8');
  } finally {
    closeSync(file);
  }
}
