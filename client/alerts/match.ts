import type { AlertRoute } from '../../config/types.js';
import type { Target } from '../../model/target.js';
import type { IncomingAlert } from './alertmanager.js';

/** What matching needs to know of the configuration. */
export interface Routing {
  readonly routes: readonly AlertRoute[];
  /** Names of the runbooks that there are. */
  readonly runbooks: readonly string[];
  /** The configured target of that key, or undefined. */
  target(key: string): Target | undefined;
}

export type Match = { readonly runbook: string; readonly target: Target } | { readonly ignored: string };

/** Nightshift's own alerts, which it sends to Alertmanager: they must never come back as work. */
const ownAlerts = ['NightshiftWorking', 'NightshiftEscalated'];

/** A rule's author may name target and runbook by these labels or annotations, past the routes. */
const targetLabel = 'nightshift_target';
const runbookLabel = 'nightshift_runbook';

type Asked = Pick<IncomingAlert, 'name' | 'labels' | 'annotations'>;

/** Which runbook and target an alert belongs to, or why to none. Only configured targets are ever returned. */
export function matchAlert(alert: Asked, routing: Routing): Match {
  if (ownAlerts.includes(alert.name)) return { ignored: "Nightshift's own alert" };
  const route = routing.routes.find(({ match }) => matches(match, alert.labels));
  const runbook = said(alert, runbookLabel) ?? route?.runbook;
  const direct = said(alert, targetLabel);
  if (runbook === undefined)
    return {
      ignored: direct === undefined ? 'no route matches its labels' : `no route and no ${runbookLabel}`,
    };
  if (!routing.runbooks.includes(runbook))
    return { ignored: `unknown runbook ${runbook}; known: ${routing.runbooks.join(', ')}` };
  const key = direct ?? (route ? fillIn(route.target, alert) : { missing: targetLabel });
  if (typeof key !== 'string')
    return { ignored: `the alert has no label ${key.missing}, which names its target` };
  const target = routing.target(key);
  return target ? { runbook, target } : { ignored: `no target ${key} is configured` };
}

function said({ labels, annotations }: Asked, name: string): string | undefined {
  return labels[name] || annotations[name] || undefined;
}

/** A pattern between slashes must match the whole value, as in Alertmanager. A label that is missing is empty. */
function matches(match: AlertRoute['match'], labels: Asked['labels']): boolean {
  return Object.entries(match).every(([name, wanted]) => {
    const value = labels[name] ?? '';
    const pattern = /^\/(.*)\/$/s.exec(wanted)?.[1];
    return pattern === undefined ? value === wanted : new RegExp(`^(?:${pattern})$`, 's').test(value);
  });
}

function fillIn(template: string, alert: Asked): string | { readonly missing: string } {
  let missing: string | undefined;
  const key = template.replace(
    /\{\{\s*(labels|annotations)\.([\w.-]+)\s*\}\}/g,
    (_, from: string, name: string) => {
      const value = (from === 'labels' ? alert.labels : alert.annotations)[name];
      if (!value) missing ??= name;
      return value ?? '';
    },
  );
  return missing === undefined ? key : { missing };
}
