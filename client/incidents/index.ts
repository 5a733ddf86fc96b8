/** The library over Temporal: everything that the CLI, the API and other programs do with incidents. */
import type { Client } from '@temporalio/client';
import type { Control, Decision, DecisionReply } from '../../model/decision.js';
import { cancel, decide, type IncidentName, keep, pause, resume } from './act.js';
import { type IncidentDetails, readIncident } from './get.js';
import { type IncidentFilter, type IncidentRow, listIncidents } from './list.js';
import { type Opened, type OpenRequest, openIncident } from './open.js';
import { type IncidentRef, resolveIncident } from './resolve.js';

export { cancel, decide, type IncidentName, keep, pause, resume } from './act.js';
export { Ambiguous, NoAnswer, NotFound, Refused } from './errors.js';
export { getIncident, type IncidentDetails, readIncident } from './get.js';
export { type IncidentFilter, type IncidentRow, listIncidents } from './list.js';
export type { PendingActivity } from './live.js';
export { type Opened, type OpenRequest, openIncident, type Rerun, type RerunAlert } from './open.js';
export { type IncidentRef, resolveIncident } from './resolve.js';

/** The same library bound to one client: what the API is given. */
export interface Incidents {
  resolve(name: string): Promise<IncidentRef>;
  read(ref: IncidentRef): Promise<IncidentDetails>;
  list(filter: IncidentFilter): Promise<IncidentRow[]>;
  open(request: OpenRequest): Promise<Opened>;
  decide(name: IncidentName, decision: Decision): Promise<DecisionReply>;
  pause(name: IncidentName, control: Control): Promise<void>;
  resume(name: IncidentName, control: Control): Promise<void>;
  cancel(name: IncidentName, control: Control): Promise<void>;
  keep(name: IncidentName, control: Control): Promise<void>;
}

export function incidentsOf(client: Client): Incidents {
  return {
    resolve: (name) => resolveIncident(client, name),
    read: (ref) => readIncident(client, ref),
    list: (filter) => listIncidents(client, filter),
    open: (request) => openIncident(client, request),
    decide: (name, decision) => decide(client, name, decision),
    pause: (name, control) => pause(client, name, control),
    resume: (name, control) => resume(client, name, control),
    cancel: (name, control) => cancel(client, name, control),
    keep: (name, control) => keep(client, name, control),
  };
}
