import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { searchAttributes } from '../../workflows/contract.js';
import { reach } from '../temporal.js';
import { type IncidentRef, refOf, remember } from './resolve.js';
import { isRunning } from './run.js';

export interface IncidentFilter {
  /** True: only open ones; false: only closed ones; absent: all. */
  readonly open?: boolean;
  readonly target?: string;
  readonly runbook?: string;
  readonly severity?: string;
  readonly outcome?: string;
  readonly needsDecision?: boolean;
  /** At most so many rows; 100 where absent. */
  readonly limit?: number;
  /** Which targets the asker may see. Applied before the limit. */
  readonly visible?: (targetKey: string) => boolean;
}

export interface IncidentRow extends IncidentRef {
  readonly runbook: string;
  readonly severity?: string;
  readonly outcome?: string;
  readonly needsDecision: boolean;
  /** `broken`: the workflow failed, timed out or was terminated, so it has no outcome. */
  readonly state: 'open' | 'closed' | 'broken';
  readonly openedAt: string;
  readonly closedAt?: string;
}

/** Rows that are looked through at most, for askers who may see only few of them. */
const lookThrough = 20_000;

/** Incidents, newest first, as Temporal's visibility knows them: it may be some seconds behind. */
export async function listIncidents(client: Client, filter: IncidentFilter = {}): Promise<IncidentRow[]> {
  const { limit = 100, visible = () => true } = filter;
  const query = listQuery(filter);
  return reach(client, 15_000, async () => {
    const rows: IncidentRow[] = [];
    let seen = 0;
    for await (const info of client.workflow.list({ query, pageSize: Math.min(limit, 500) })) {
      const row = rowOf(info);
      remember(client, row);
      if (visible(row.targetKey)) rows.push(row);
      seen += 1;
      if (rows.length >= limit || seen >= lookThrough) break;
    }
    return rows;
  });
}

/** The visibility query of a filter. */
export function listQuery(filter: IncidentFilter): string {
  const clauses = ["WorkflowId STARTS_WITH 'incident/'"];
  if (filter.open !== undefined) clauses.push(`ExecutionStatus ${filter.open ? '=' : '!='} 'Running'`);
  const equal = [
    [searchAttributes.target.name, filter.target],
    [searchAttributes.runbook.name, filter.runbook],
    [searchAttributes.severity.name, filter.severity],
    [searchAttributes.outcome.name, filter.outcome],
  ] as const;
  for (const [name, value] of equal) if (value !== undefined) clauses.push(`${name} = ${quoted(value)}`);
  if (filter.needsDecision !== undefined)
    clauses.push(`${searchAttributes.needsDecision.name} = ${filter.needsDecision}`);
  return clauses.join(' AND ');
}

/** A value as a literal of the query language, which has no way to write every character that a label may hold. */
function quoted(value: string): string {
  if (/['"\\]/.test(value))
    throw new RangeError(`${JSON.stringify(value)}: quotes and backslashes can't be searched for`);
  return `'${value}'`;
}

function rowOf(info: WorkflowExecutionInfo): IncidentRow {
  const read = reader(info.typedSearchAttributes);
  const running = isRunning(info);
  const state = running ? 'open' : info.status.name === 'COMPLETED' ? 'closed' : 'broken';
  const severity = read(searchAttributes.severity);
  const outcome = read(searchAttributes.outcome);
  return {
    ...refOf(info.workflowId, info.runId),
    runbook: read(searchAttributes.runbook) ?? info.type,
    ...(severity === undefined ? {} : { severity }),
    ...(outcome === undefined ? {} : { outcome }),
    needsDecision: running && info.typedSearchAttributes.get(searchAttributes.needsDecision) === true,
    state,
    openedAt: info.startTime.toISOString(),
    ...(info.closeTime ? { closedAt: info.closeTime.toISOString() } : {}),
  };
}

function reader(attributes: TypedSearchAttributes) {
  return (key: {
    readonly name: string;
    readonly type: typeof SearchAttributeType.KEYWORD;
  }): string | undefined => attributes.get(key);
}
