import { execFileSync } from 'node:child_process';
import { ExampleProcess } from './process.js';

/** A body that the agent answered with, read as JSON. */
export type Json = Record<string, unknown>;

/** What the agent answered. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Json;
}

/** A running agent and the calls to it. */
export class Agent {
  constructor(
    readonly process: ExampleProcess,
    readonly url: string,
  ) {}

  async get(path: string): Promise<Answer> {
    return answerOf(await fetch(this.url + path));
  }

  async post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return answerOf(await fetch(this.url + path, { method: 'POST', body: text, headers }));
  }

  /** Calls an admin action under an idempotency key. */
  admin(action: string, key: string, body?: unknown): Promise<Answer> {
    return this.post(`/admin/${action}`, body, { 'Idempotency-Key': key });
  }

  chat(message: string, session?: string): Promise<Answer> {
    return this.post('/chat', { message, session });
  }

  async metrics(): Promise<Map<string, number>> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(samples.map((line) => splitSample(line)));
  }

  async metric(name: string): Promise<number> {
    const value = (await this.metrics()).get(name);
    if (value === undefined) throw new Error(`the agent has no metric ${name}`);
    return value;
  }

  /** Resident bytes as the kernel counts them, not as the agent tells. */
  rss(): number {
    return (
      Number(execFileSync('ps', ['-o', 'rss=', '-p', String(this.process.pid)], { encoding: 'utf8' })) * 1024
    );
  }
}

/** Starts an agent on a free port of the loopback and waits until it is ready. */
export async function startAgent(env: Record<string, string> = {}): Promise<Agent> {
  const example = new ExampleProcess('agent/agent.mjs', { HOST: '127.0.0.1', PORT: '0', ...env });
  const started = await example.event('started');
  return new Agent(example, `http://127.0.0.1:${Number(started.port)}`);
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body: unknown = text.startsWith('{') ? JSON.parse(text) : { text };
  return { status: response.status, headers: response.headers, body: body as Json };
}

function splitSample(line: string): [string, number] {
  const at = line.lastIndexOf(' ');
  return [line.slice(0, at), Number(line.slice(at + 1))];
}
