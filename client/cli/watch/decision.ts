import { clock, count } from '../../../model/format.js';
import type { Json } from '../../../model/json.js';
import type { IncidentView } from '../../../model/view.js';
import { plain, wrap } from '../terminal/text.js';
import { type Scene, until } from './frame.js';

type Drawn = Pick<Scene, 'now' | 'columns' | 'paint' | 'low'> & { readonly view: IncidentView };

/** An open decision with how to answer it; nothing where none is open. */
export function decisionLines(scene: Drawn): readonly string[] {
  const { view } = scene;
  const open = view.openDecision;
  if (!open) return [];
  return [
    ...questionLines(scene),
    ...row(scene, 'yes', `nightshift incident approve ${view.shortId} --hash ${open.hash}`),
    ...row(scene, 'no', `nightshift incident reject ${view.shortId} --hash ${open.hash} --comment '…'`),
  ];
}

/** An open decision: the exact change, why it is asked, of whom, and by when. */
export function questionLines(scene: Drawn): readonly string[] {
  const { view, now, paint, low } = scene;
  const open = view.openDecision;
  if (!open) return [];
  const { change, approvals, approvedBy, group, expiresAt } = open;
  const who = group.length === 0 ? 'anybody who can be identified' : group.join(', ');
  const so = approvedBy.length === 0 ? '' : ` (so far: ${approvedBy.join(', ')})`;
  return [
    '',
    paint.bold(paint.yellow('A decision is needed')),
    ...row(scene, 'change', change.sentence),
    ...row(scene, 'disrupts', `${change.disruption}: ${change.disruptionWhy}`),
    ...change.fields.flatMap(({ name, before, after }) =>
      row(scene, name, `${value(before)} → ${value(after)}`),
    ),
    ...(low ? [] : row(scene, 'by hand', change.command)),
    ...row(scene, 'asked as', open.why.join('; ')),
    ...row(scene, 'needs', `${count(approvals, 'approval')} from ${who}${so}`),
    ...row(scene, 'answer', `by ${clock(expiresAt)} UTC, ${until(expiresAt, now)}`),
  ];
}

function row({ columns, paint }: Drawn, name: string, text: string): readonly string[] {
  return wrap(plain(text), columns - 14).map(
    (line, index) => `  ${paint.dim((index === 0 ? name : '').padEnd(10))}  ${line}`,
  );
}

function value(json: Json): string {
  return typeof json === 'string' ? json : JSON.stringify(json);
}
