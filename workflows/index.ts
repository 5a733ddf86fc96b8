/** The workflow bundle: every shipped runbook under its own name, and the workflows around them. */
import { incidentWorkflow } from './incident/engine.js';
import { agentBrunoHighMemoryUsage } from './runbooks/agent-bruno-high-memory-usage/index.js';
import { mem001 } from './runbooks/mem-001/index.js';

const mem001Workflow = incidentWorkflow(mem001);
const agentBrunoWorkflow = incidentWorkflow(agentBrunoHighMemoryUsage);

export { archiver } from './archiver/archiver.js';
export { ending } from './ending/ending.js';
export { governor } from './governor/governor.js';
export { notifications } from './notifications/notifications.js';
export { watch } from './watch/watch.js';
export { agentBrunoWorkflow as 'AgentBrunoHighMemoryUsage', mem001Workflow as 'MEM-001' };
