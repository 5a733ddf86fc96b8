import type { Command } from 'commander';
import { count } from '../../../model/format.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { withConfig, withOutput } from '../options.js';
import type { Cli } from '../program.js';
import { type CommonOptions, requireConfig, temporalFor } from '../settings.js';
import { suggest } from '../suggest.js';
import type { Io } from '../terminal/io.js';
import { withProgress } from '../terminal/progress.js';
import { markdownTable } from '../terminal/table.js';
import { plain, wrap } from '../terminal/text.js';
import { doctorSide, type Finding } from '../worker-side.js';

interface DoctorOptions extends CommonOptions {
  readonly all?: boolean;
}

/** `nightshift doctor` */
export function addDoctor(root: Command, { io, exit }: Cli): void {
  withOutput(
    withConfig(
      root.command('doctor').argument('[target]', 'only this one: kubernetes/prod/bruno/deployment/agent'),
    ),
  )
    .description('What is there and what is missing: rights, engines, clusters, sources, Temporal')
    .option('--all', 'what is there, too, not only what is missing')
    .option('--state <folder>', 'state folder of the `nightshift up` whose Temporal is meant')
    .option('--temporal <host:port>', 'Temporal is there')
    .option('--namespace <name>', 'namespace in it')
    .addHelpText('after', help)
    .action(async (target: string | undefined, options: DoctorOptions) =>
      exit(await doctor(io, target, options)),
    );
}

const help = `
Nothing is changed. The API server is asked what this account may do (SelfSubjectAccessReview), so it must run with the
account that the worker has: its kubeconfig, or in its pod. The probe of a workload is called as a look calls it.

  ok       it is there
  without  it is not there; Nightshift works without it, and knows less
  missing  what is configured needs it

Exit codes: 0 nothing is missing, 1 something is, 2 no configuration, 3 no such target, 130 interrupted.

Examples:
  nightshift doctor
  nightshift doctor kubernetes/prod/bruno/deployment/agent-bruno --all
  nightshift doctor -o json`;

async function doctor(io: Io, target: string | undefined, options: DoctorOptions): Promise<number> {
  const config = requireConfig(io, options);
  const known = config.targets.map(({ key }) => key);
  if (target !== undefined && !known.includes(target))
    throw new CliError(
      exitCodes.notFound,
      `there is no target ${target}`,
      suggest(target, known, 'No target is configured.'),
    );
  const { examine } = await doctorSide();
  let progress = '';
  const findings = await withProgress(
    io,
    () => `Asking${progress}`,
    examine({
      config,
      temporal: await temporalFor(io, options),
      ...(target !== undefined && { target }),
      signal: io.signal,
      onProgress: (done, all) => {
        progress = ` (${done} of ${count(all, 'target')} done)`;
      },
    }),
  );
  show(io, findings, options);
  return findings.some(({ state }) => state === 'missing') ? exitCodes.failed : exitCodes.done;
}

function show(io: Io, findings: readonly Finding[], { output, all }: DoctorOptions): void {
  const shown = findings.filter(({ state }) => all === true || state !== 'ok');
  const abouts = [...new Set(findings.map(({ about }) => about))];
  if (output === 'json') io.out(`${JSON.stringify(findings, null, 2)}\n`);
  else if (output === 'md') io.out(`${asTable(shown).join('\n')}\n`);
  else io.out(`${abouts.flatMap((about) => section(io, about, findings, shown)).join('\n')}\n`);
}

function asTable(findings: readonly Finding[]): readonly string[] {
  const headings = ['About', 'State', 'What', 'Note', 'Takes away'];
  const rows = findings.map(({ about, what, state, note, remedies }) => [
    about,
    state,
    what,
    note,
    state === 'ok' ? '' : remedies.join(', '),
  ]);
  return markdownTable(headings, rows);
}

function section(
  io: Io,
  about: string,
  findings: readonly Finding[],
  shown: readonly Finding[],
): readonly string[] {
  const own = findings.filter((each) => each.about === about);
  const number = (state: Finding['state']): number => own.filter((each) => each.state === state).length;
  const parts = [
    `${number('ok')} ok`,
    ...(number('without') > 0 ? [`${number('without')} without`] : []),
    ...(number('missing') > 0 ? [`${number('missing')} missing`] : []),
  ];
  return [
    `${io.paint.bold(about)}: ${parts.join(', ')}`,
    ...shown.filter((each) => each.about === about).flatMap((each) => lines(io, each)),
    '',
  ];
}

function lines(io: Io, { what, state, note, remedies }: Finding): readonly string[] {
  const colour = { ok: io.paint.green, missing: io.paint.red, without: io.paint.yellow }[state];
  const lost =
    remedies.length === 0 || state === 'ok'
      ? ''
      : ` Takes away: ${remedies.includes('all') ? 'every remedy' : remedies.join(', ')}.`;
  return [
    `  ${colour(state.padEnd(7))}  ${plain(what)}`,
    ...wrap(plain(`${note}${lost === '' ? '' : `.${lost}`}`), io.columns() - 11).map(
      (line) => `           ${line}`,
    ),
  ];
}
