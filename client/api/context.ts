import type { Logger } from 'pino';
import type { Intake, Reconciler, Routing } from '../alerts/index.js';
import type { Incidents } from '../incidents/index.js';
import type { DescribedRunbook } from '../runbooks/index.js';
import type { Identity, Tokens } from '../tokens/index.js';
import type { ApiMetrics } from './metrics.js';

/** What the API is put together from. */
export interface ApiParts {
  readonly incidents: Incidents;
  readonly intake: Pick<Intake, 'take'>;
  /** Where an Alertmanager is configured. */
  readonly reconciler?: Pick<Reconciler, 'trigger'>;
  readonly tokens: Tokens;
  /** Which targets and runbooks people may open incidents for. */
  readonly routing: Pick<Routing, 'runbooks' | 'target'>;
  /** Runbooks whose pages it serves, to anybody who can reach it. */
  readonly pages?: readonly DescribedRunbook[];
  readonly product: string;
  /** Fails while Temporal does not answer. */
  readonly ready: () => Promise<void>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: ApiMetrics;
}

/** What a request carries once it is known who makes it. */
export interface ApiEnv {
  Variables: { who: Identity };
}
