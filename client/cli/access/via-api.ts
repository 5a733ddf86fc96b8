import { readFile } from 'node:fs/promises';
import type { Control, Decision, DecisionReply } from '../../../model/decision.js';
import type {
  IncidentDetails,
  IncidentFilter,
  IncidentName,
  IncidentRef,
  IncidentRow,
  Incidents,
  Opened,
  OpenRequest,
} from '../../incidents/index.js';
import { CliError, type ExitCode, exitCodes } from '../exit-codes.js';

const timeoutMs = 20_000;

/**
 * The library over the HTTP API: the token says who acts, so that the identity is verified. `by` and `verified` of
 * what is sent are not passed on.
 */
export class ViaApi implements Incidents {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async resolve(name: string): Promise<IncidentRef> {
    return this.call<IncidentDetails>('GET', path(name));
  }

  read(ref: IncidentRef): Promise<IncidentDetails> {
    return this.call<IncidentDetails>('GET', path(ref.shortId));
  }

  async list(filter: IncidentFilter): Promise<IncidentRow[]> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filter)) {
      if (value !== undefined && typeof value !== 'function') query.set(name, String(value));
    }
    const { incidents } = await this.call<{ incidents: IncidentRow[] }>('GET', `/incidents?${query}`);
    return incidents;
  }

  open(request: OpenRequest): Promise<Opened> {
    const { target, runbook, reason, severity, observeOnly, rerun } = request;
    return this.call<Opened>('POST', '/incidents', {
      target: target.key,
      runbook,
      reason,
      severity,
      observeOnly,
      rerun,
    });
  }

  async decide(name: IncidentName, { hash, answer, comment }: Decision): Promise<DecisionReply> {
    return this.call<DecisionReply>(
      'POST',
      `${path(nameOf(name))}/decisions`,
      { hash, answer, comment },
      // A refusal of the incident is a reply like another.
      (status, body) => status === 409 && typeof body.accepted === 'boolean',
    );
  }

  async pause(name: IncidentName, { reason }: Control): Promise<void> {
    await this.call('POST', `${path(nameOf(name))}/pause`, { reason });
  }

  async resume(name: IncidentName, { reason }: Control): Promise<void> {
    await this.call('POST', `${path(nameOf(name))}/resume`, { reason });
  }

  async cancel(name: IncidentName, { reason }: Control): Promise<void> {
    await this.call('POST', `${path(nameOf(name))}/cancel`, { reason });
  }

  async keep(name: IncidentName, { reason }: Control): Promise<void> {
    await this.call('POST', `${path(nameOf(name))}/keep`, { reason });
  }

  private async call<T>(
    method: string,
    where: string,
    body?: object,
    fine: (status: number, body: Record<string, unknown>) => boolean = () => false,
  ): Promise<T> {
    const response = await this.send(method, where, body);
    const answer = await readJson(response, this.url);
    if (!response.ok && !fine(response.status, answer)) throw refusal(response.status, answer);
    return answer as T;
  }

  private async send(method: string, where: string, body: object | undefined): Promise<Response> {
    try {
      return await fetch(new URL(where, this.url), {
        method,
        headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new CliError(
        exitCodes.unreachable,
        `the API at ${this.url} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
        'Start it (`nightshift up` or `nightshift api`), or correct --api or NIGHTSHIFT_API.',
      );
    }
  }
}

/** The token in a file. */
export async function readToken(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CliError(
      exitCodes.usage,
      `the token file ${file} can’t be read: ${error.message}`,
      'Make a token with `nightshift token create`, or name another file with --token-file.',
    );
  });
  return text.trim();
}

function path(name: string): string {
  return `/incidents/${name.split('/').map(encodeURIComponent).join('/')}`;
}

function nameOf(name: IncidentName): string {
  return typeof name === 'string' ? name : name.shortId;
}

async function readJson(response: Response, url: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = await response.json();
    if (value !== null && typeof value === 'object') return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new CliError(
    exitCodes.failed,
    `${url} answered ${response.status} with something that is not Nightshift’s`,
    'Check --api or NIGHTSHIFT_API: another server may listen there.',
  );
}

const codes: Readonly<Record<number, ExitCode>> = {
  400: exitCodes.usage,
  401: exitCodes.usage,
  403: exitCodes.refused,
  404: exitCodes.notFound,
  409: exitCodes.refused,
  503: exitCodes.unreachable,
};

function refusal(status: number, { error, mend }: Record<string, unknown>): CliError {
  const message = typeof error === 'string' ? error : `the API answered ${status}`;
  return new CliError(
    codes[status] ?? exitCodes.failed,
    message,
    typeof mend === 'string' ? mend : undefined,
  );
}
