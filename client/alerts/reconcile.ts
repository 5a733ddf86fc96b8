import type { Logger } from 'pino';
import { z } from 'zod';
import { type BadAlert, type IncomingAlert, parseAlert } from './alertmanager.js';
import type { Intake } from './intake.js';
import type { AlertMetrics } from './metrics.js';

export interface ReconcileOptions {
  /** Base address of Alertmanager. */
  readonly url: string;
  /** For authentication, its value already read from where the configuration says. */
  readonly headers?: Readonly<Record<string, string>>;
  /** 60 where absent. */
  readonly everySeconds?: number;
  readonly timeoutMs?: number;
  readonly intake: Pick<Intake, 'take'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly metrics: AlertMetrics;
}

/** What an answer of Alertmanager may be long, bytes. */
const maxAnswer = 32 * 1024 * 1024;

const activeAlert = z.object({
  status: z.object({
    state: z.string(),
    silencedBy: z.array(z.unknown()).default([]),
    inhibitedBy: z.array(z.unknown()).default([]),
  }),
});

/**
 * Compares with Alertmanager's active alerts, at the start and every minute: what fired while nothing listened, or
 * was left out of a notification, is worked too. What is known already is a repeat for the intake.
 */
export class Reconciler {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  private failing = false;

  constructor(private readonly options: ReconcileOptions) {}

  start(): void {
    void this.trigger();
  }

  /** Reconciles at once. While one is under way, one more follows it. */
  trigger(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    if (this.running !== undefined) {
      this.again = true;
      return this.running;
    }
    clearTimeout(this.timer);
    this.running = this.rounds().finally(() => {
      this.running = undefined;
      this.schedule();
    });
    return this.running;
  }

  /** Ends after the round under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async rounds(): Promise<void> {
    do {
      this.again = false;
      await this.once();
    } while (this.again && !this.stopped);
  }

  /** A tenth of jitter, so that several API processes don't ask in step. */
  private schedule(): void {
    if (this.stopped) return;
    const ms = (this.options.everySeconds ?? 60) * 1000 * (0.9 + Math.random() * 0.2);
    this.timer = setTimeout(() => void this.trigger(), ms);
    this.timer.unref();
  }

  private async once(): Promise<void> {
    const { intake, logger, metrics, url } = this.options;
    try {
      const alerts = await this.active();
      const results = await intake.take(alerts, { source: 'reconciliation' });
      const failed = results.find(({ result }) => result === 'failed');
      metrics.reconciliations.inc({ result: failed ? 'failed' : 'done' });
      if (this.failing) logger.info({ url }, 'Alertmanager answers again');
      this.failing = false;
    } catch (error) {
      metrics.reconciliations.inc({ result: 'failed' });
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.failing)
        logger.warn({ url, reason }, 'Alertmanager could not be asked for its active alerts');
      this.failing = true;
    }
  }

  private async active(): Promise<(IncomingAlert | BadAlert)[]> {
    const { url, headers = {}, timeoutMs = 10_000 } = this.options;
    const address = `${url.replace(/\/+$/, '')}/api/v2/alerts?active=true&silenced=false&inhibited=false`;
    const response = await fetch(address, {
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const values: unknown = JSON.parse(await readBounded(response));
    if (!Array.isArray(values)) throw new Error('it answered something else than a list of alerts');
    return values.flatMap((value, n) => fromApi(value, `alerts[${n}]`) ?? []);
  }
}

/** One alert of Alertmanager's API, version 2, or undefined where it is silenced, inhibited or no longer active. */
export function fromApi(value: unknown, path: string): IncomingAlert | BadAlert | undefined {
  const parsed = activeAlert.safeParse(value);
  if (!parsed.success) return { path, reason: 'has no status' };
  const { state, silencedBy, inhibitedBy } = parsed.data.status;
  // `unprocessed`: received, and not yet through the dispatcher. It fires.
  if (!['active', 'unprocessed'].includes(state) || silencedBy.length > 0 || inhibitedBy.length > 0)
    return undefined;
  return parseAlert({ ...(value as object), status: 'firing' }, path);
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxAnswer) throw new Error(`it answered more than ${maxAnswer / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
