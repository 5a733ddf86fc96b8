import { bytes, duration } from '../../../model/format.js';
import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import type { Seen } from '../../../model/runbook.js';
import { collectorWords, growthWords, speaksOfLeak } from './causes/growing.js';
import { type Figures, figuresOf } from './figures.js';
import { likely } from './holding.js';
import { impactOf } from './impact.js';
import { growthBegan } from './release.js';

/** A line of a log in a message to people, letters at most. */
const lineLength = 160;

/** The source's five points for whoever takes over, each with what was found for it; and the impact so far. */
export function escalation(seen: Seen<WorkloadLook>): readonly string[] {
  const worst = seen.first.measure === undefined ? seen.latest : seen.first;
  const figures = figuresOf(worst, seen.samples);
  const impact = impactOf(seen);
  if (figures === undefined)
    return [...impact, `Its memory could not be read: ${seen.latest.blind ?? 'no reason was given'}`];
  return [
    ...impact,
    `Review the application code for leaks: ${codeReview(figures)}`,
    `Profile its memory in development: ${profile(figures)}`,
    `Consider a stateless design: ${stateless(figures)}`,
    `Evaluate other ways to serve the model: ${serving(figures)}`,
    `Contact the development team: ${contact(seen)}`,
  ];
}

function codeReview(figures: Figures): string {
  const release = growthBegan(figures.look);
  const line = figures.look.details.logLines.findLast(speaksOfLeak);
  return [
    growthWords(figures),
    release === undefined
      ? 'no release was seen to begin with it'
      : `it began with ${release.what}: ${release.differs.map(({ name }) => name).join(', ')} differ`,
    ...(line === undefined ? [] : [`its log says: ${line.slice(0, lineLength)}`]),
  ].join('; ');
}

function profile({ worst, rssBytes, app, accounts, look }: Figures): string {
  const process = worst?.process;
  return [
    rssBytes === undefined
      ? `the live process could not be read (${look.details.missingRights[0] ?? 'it needs the inspect role, or metrics of the app'})`
      : `the process in ${worst?.name} has ${bytes(rssBytes)} resident`,
    ...(process?.vmsBytes === undefined ? [] : [`${bytes(process.vmsBytes)} virtual`]),
    ...(process?.sharedBytes === undefined ? [] : [`${bytes(process.sharedBytes)} shared`]),
    ...(app.gcUncollectable === undefined
      ? []
      : [`its collector met ${app.gcUncollectable} objects that it can't free${collectorWords({ app })}`]),
    ...(app.openFiles === undefined ? [] : [`${app.openFiles} open files`]),
    `told apart: ${accounts.words}`,
  ].join(', ');
}

function stateless({ accounts, sessions, app }: Figures): string {
  const held = likely(accounts.sessions) + likely(accounts.contexts);
  const count = sessions?.keys ?? app.activeSessions;
  if (accounts.sessions === undefined && accounts.contexts === undefined)
    return `what the pods hold of their ${count ?? 'unknown number of'} sessions could not be read`;
  const exact = [accounts.sessions, accounts.contexts].every((one) => one?.least === one?.most);
  return `${exact ? '' : 'about '}${bytes(held)} of ${accounts.amountWords} are sessions and conversation contexts (${count ?? 'unknown number of'} sessions)`;
}

function serving({ app, accounts, look }: Figures): string {
  const { probe } = look.details;
  return [
    app.inFlight === undefined
      ? 'how many requests it answers at once is not told by the app'
      : `${app.inFlight} requests at once`,
    ...(accounts.caches === undefined ? [] : [`caches of answers hold ${bytes(accounts.caches.held)}`]),
    ...(probe === undefined ? [] : [`a probe took ${duration(probe.latencyMs / 1000)}`]),
  ].join(', ');
}

function contact({ diagnosis, applied }: Seen<WorkloadLook>): string {
  const [lead] = diagnosis.causes;
  const tried = applied.length === 0 ? 'nothing was changed' : `tried: ${[...new Set(applied)].join(', ')}`;
  return `with the report of this incident; ${tried}; most likely: ${lead?.summary ?? 'it can not be told'}`;
}
