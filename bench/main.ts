/** `npm run bench`: measures what the design asks for. Figures are shown, never asserted: machines differ. */
import { loadavg } from 'node:os';
import { Children } from './children.js';
import { type Lab, openLab } from './lab.js';
import { readOptions, Usage } from './options.js';
import { asJson, asText, type Measured, type Row } from './report.js';
import * as alerts from './sections/alerts.js';
import * as backtest from './sections/backtest.js';
import * as bundle from './sections/bundle.js';
import * as cost from './sections/cost.js';
import * as kubernetes from './sections/kubernetes.js';
import * as look from './sections/look.js';
import * as replay from './sections/replay.js';
import * as speed from './sections/speed.js';
import * as storm from './sections/storm.js';
import * as waiting from './sections/waiting.js';

interface Section {
  readonly title: string;
  readonly measure: (lab: Lab) => Promise<readonly Row[]>;
  /** Why it can't be measured here. */
  readonly skipped?: () => string | undefined;
}

const sections: Readonly<Record<string, Section>> = {
  speed,
  alerts,
  cost,
  bundle,
  waiting,
  storm,
  look,
  kubernetes,
  replay,
  backtest,
};

const help = `npm run bench -- [options] [section …]

Measures Nightshift on an embedded Temporal server of its own, with the settings of \`nightshift up\`.

  --quick             small counts: under a minute for all sections, for a first impression
  -o, --output FORM   table (default), md or json
  -h, --help          this text

Sections:
${Object.entries(sections)
  .map(([name, { title }]) => `  ${name.padEnd(10)} ${title}`)
  .join('\n')}

Figures hold for a machine that does nothing else; ratios hold better than times. The load is shown above them.
Exit codes: 0 measured, whether or not what is wanted was reached; 1 failed; 2 usage; 130 interrupted.
`;

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, Object.keys(sections));
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const load = loadavg()[0] ?? 0;
  const measured: Measured[] = [];
  try {
    for (const name of options.sections)
      measured.push(await section(name, options.quick, interrupted.signal));
  } catch (error) {
    if (interrupted.signal.aborted) return 130;
    throw error;
  } finally {
    if (measured.length > 0) show(measured, options.output, load);
  }
  return 0;
}

function show(measured: readonly Measured[], output: 'table' | 'md' | 'json', load: number): void {
  const about = `load average before: ${load.toFixed(2)}; Node ${process.versions.node}`;
  process.stdout.write(
    output === 'json' ? `${asJson(measured, load)}\n` : `${about}\n\n${asText(measured, output)}\n`,
  );
}

/** Each section has a server of its own, so that none measures what another left behind. */
async function section(name: string, quick: boolean, signal: AbortSignal): Promise<Measured> {
  const { title, measure, skipped } = sections[name] as Section;
  const why = skipped?.();
  if (why !== undefined) return { section: name, title, rows: [], skipped: why };
  const began = Date.now();
  const progress = (line: string): void => {
    process.stderr.write(`${name}: ${line} (${((Date.now() - began) / 1000).toFixed(0)} s)\n`);
  };
  const children = new Children();
  const lab = await openLab({ quick, signal, progress, children });
  try {
    return { section: name, title, rows: await measure(lab) };
  } finally {
    await children.stopAll();
    await lab.close();
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const usage = error instanceof Usage;
    const text = error instanceof Error ? (usage ? error.message : error.stack) : String(error);
    process.stderr.write(`${text}\n${usage ? '`npm run bench -- --help` shows what there is.\n' : ''}`);
    process.exit(usage ? 2 : 1);
  },
);
