import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeLook } from '../../activities/incident/look.js';
import { Notebook } from '../../activities/notebook.js';
import { loadConfig } from '../../config/index.js';
import type { AnyLook } from '../../model/look.js';
import { connectEngines } from '../../worker/engines.js';
import { hostReader } from '../../worker/host.js';
import { createRegistry } from '../../worker/registry.js';
import type { Row } from '../report.js';
import { percentile, timed } from '../statistics.js';
import { everySource, type Subject } from './subject.js';

/** What was measured of looks at one subject. */
export interface Looks {
  readonly ms: readonly number[];
  /** Of each look its slowest source. */
  readonly slowest: readonly Source[];
  readonly requests: readonly number[];
  readonly last: AnyLook;
}

interface Source {
  readonly name: string;
  readonly ms: number;
}

/** Looks at it so many times, one after the other. */
export async function lookAt(
  subject: Subject,
  sources: { readonly prometheus: string; readonly mongo: string },
  times: number,
): Promise<Looks> {
  const { target, namespace } = subject.bruno;
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-bench-kubernetes-'));
  const file = join(folder, 'nightshift.yaml');
  const cluster = namespace.cluster.name;
  const targets = everySource(subject, { ...sources, cluster });
  writeFileSync(
    file,
    `clusters: { ${cluster}: { kubeconfig: '${subject.kubeconfig}' } }\ntargets:${targets}\n`,
  );
  const config = loadConfig(file);
  const engines = connectEngines(() => config);
  const host = hostReader();
  const registry = createRegistry({ config: () => config, engines, host, extensions: [] });
  const { took, stop } = timeSources();
  const looks: { ms: number; slowest: Source; requests: number; value: AnyLook }[] = [];
  try {
    for (let n = 0; n < times; n += 1) {
      took.length = 0;
      namespace.audit.mark();
      const since = new Date(Date.now() - 900_000).toISOString();
      const request = { target, runbook: 'AgentBrunoHighMemoryUsage', why: 'bench', since };
      const { ms, value } = await timed(() => takeLook(registry, request, never));
      const slowest = took.reduce((most, one) => (one.ms > most.ms ? one : most));
      looks.push({ ms, value, slowest, requests: namespace.audit.requestsBy(subject.user).length });
    }
  } finally {
    stop();
    engines.close();
    await host.kernelLog.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    ms: looks.map(({ ms }) => ms),
    slowest: looks.map(({ slowest }) => slowest),
    requests: looks.map(({ requests }) => requests),
    last: looks.at(-1)?.value as AnyLook,
  };
}

/** The figures of a look with all its sources. */
export function lookRows({ ms, slowest, requests, last }: Looks): readonly Row[] {
  const gaps = last.evidence.flatMap((one) =>
    'gap' in one ? [`${one.name} (${one.gap.slice(0, 80)})`] : [],
  );
  const sources = new Set(last.evidence.map(({ source }) => source.replace(/ .*/, '')));
  return [
    {
      what: 'a look with all sources and 20,000 sessions, p50',
      value: percentile(ms, 50),
      unit: 'ms',
      goal: { atMost: 1500 },
      note: `p99 ${percentile(ms, 99).toFixed(0)} ms; ${slowestWords(slowest)}`,
    },
    {
      what: 'its time over that of its slowest source, p50',
      value: percentile(
        ms.map((one, n) => one / (slowest[n]?.ms ?? one)),
        50,
      ),
      unit: '×',
      goal: { atMost: 1.2 },
    },
    {
      what: 'what it could not read',
      value: gaps.length,
      unit: '',
      goal: { atMost: 0 },
      note: gaps.length > 0 ? gaps.join('; ') : `${sources.size} kinds of sources were read`,
    },
    {
      what: 'size of the look',
      value: JSON.stringify(last).length / 1024,
      unit: 'kB',
      goal: { atMost: 64 },
    },
    {
      what: 'requests to the API server of one look',
      value: percentile(requests, 50),
      unit: '',
      note: 'by its audit log, which leaves /version out',
    },
  ];
}

/** Which source it was, most often. */
export function slowestWords(slowest: readonly Source[]): string {
  const times = (name: string): number => slowest.filter((one) => one.name === name).length;
  const [most] = slowest.toSorted((a, b) => times(b.name) - times(a.name));
  const p50 = percentile(
    slowest.map(({ ms }) => ms),
    50,
  );
  return `its slowest source ${p50.toFixed(0)} ms, mostly ${most?.name ?? 'unknown'}`;
}

const never = new AbortController().signal;

/** Milliseconds of every source that is read from now on, until it is stopped. */
function timeSources(): { readonly took: Source[]; stop(): void } {
  const took: Source[] = [];
  const { read } = Notebook.prototype;
  Notebook.prototype.read = function timedRead<T>(
    this: Notebook,
    ...args: Parameters<typeof read<T>>
  ): Promise<T | undefined> {
    const began = performance.now();
    const reading: Promise<T | undefined> = read.call<Notebook, typeof args, Promise<T | undefined>>(
      this,
      ...args,
    );
    return reading.finally(() => took.push({ name: args[0], ms: performance.now() - began }));
  };
  const stop = (): void => {
    Notebook.prototype.read = read;
  };
  return { took, stop };
}
