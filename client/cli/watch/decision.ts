import { clock, count } from '../../../model/format.js';
import type { Json } from '../../../model/json.js';
import { plain, wrap } from '../terminal/text.js';
import { type Scene, until } from './frame.js';

/** An open decision: the exact change, why it is asked, by when, and how to answer. */
export function decisionLines({ view, now, columns, paint }: Scene): readonly string[] {
  const open = view.openDecision;
  if (!open) return [];
  const { change, hash, approvals, approvedBy, group, expiresAt } = open;
  const row = (name: string, value: string) =>
    wrap(plain(value), columns - 14).map(
      (line, index) => `  ${paint.dim((index === 0 ? name : '').padEnd(10))}  ${line}`,
    );
  const who = group.length === 0 ? 'anybody who can be identified' : group.join(', ');
  const so = approvedBy.length === 0 ? '' : ` (so far: ${approvedBy.join(', ')})`;
  return [
    '',
    paint.bold(paint.yellow('A decision is needed')),
    ...row('change', change.sentence),
    ...row('disrupts', `${change.disruption}: ${change.disruptionWhy}`),
    ...change.fields.flatMap(({ name, before, after }) => row(name, `${value(before)} → ${value(after)}`)),
    ...row('by hand', change.command),
    ...row('asked as', open.why.join('; ')),
    ...row('needs', `${count(approvals, 'approval')} from ${who}${so}`),
    ...row('answer', `by ${clock(expiresAt)} UTC, ${until(expiresAt, now)}`),
    ...row('yes', `nightshift incident approve ${view.shortId} --hash ${hash}`),
    ...row('no', `nightshift incident reject ${view.shortId} --hash ${hash} --comment '…'`),
  ];
}

function value(json: Json): string {
  return typeof json === 'string' ? json : JSON.stringify(json);
}
