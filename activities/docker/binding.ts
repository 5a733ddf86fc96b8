import type { HostReader } from '../host/reader.js';
import type { CallOptions, DockerEngine } from './client.js';
import { inspectContainer, listRunning } from './container-sources.js';
import { type EngineInfo, hostMismatch, readInfo } from './engine-info.js';

/** Whether this worker is on an engine's own host. */
export interface Binding {
  /** Why it is not. */
  readonly gap?: string;
  readonly info: EngineInfo;
}

/** How long a binding is believed without looking again. Milliseconds. */
const believed = 60_000;

/** Remembers bindings for samples, which come every few seconds. Looks check anew every time and tell it here. */
export class Bindings {
  readonly #known = new Map<string, { readonly binding: Binding; readonly at: number }>();

  constructor(private readonly host: HostReader) {}

  learn(engine: DockerEngine, binding: Binding): void {
    this.#known.set(engine.address.name, { binding, at: Date.now() });
  }

  async of(engine: DockerEngine, options: CallOptions): Promise<Binding> {
    const known = this.#known.get(engine.address.name);
    if (known && Date.now() - known.at < believed) return known.binding;
    const binding = await this.#check(engine, options);
    this.learn(engine, binding);
    return binding;
  }

  async #check(engine: DockerEngine, options: CallOptions): Promise<Binding> {
    const limit = { timeoutMs: options.timeoutMs ?? 5_000, signal: options.signal ?? neverAborted };
    const info = await readInfo(engine, limit);
    const some = (await listRunning(engine, limit)).slice(0, 3);
    const running = await Promise.all(some.map(({ Id }) => inspectContainer(engine, Id, limit)));
    const gap = await hostMismatch(
      this.host,
      info,
      running.map(({ Id: id, Name: name, State }) => ({ id, name, pid: State.Pid })),
    );
    return { info, ...(gap === undefined ? {} : { gap }) };
  }
}

const neverAborted = new AbortController().signal;
