import { DefaultLogger, Runtime } from '@temporalio/worker';
import { type Logger, pino } from 'pino';

/** One log of JSON lines. Names that hold secrets are struck out, wherever they stand. */
export function createLogger(level = process.env.NIGHTSHIFT_LOG_LEVEL ?? 'info', destination = 2): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ['*.authorization', '*.token', '*.password', '*.secret', '*.apiKey'],
        censor: '[redacted]',
      },
    },
    pino.destination({ dest: destination, sync: true }),
  );
}

/** `host:port` at which the SDK's own metrics (slots, latencies, failures) are served for Prometheus. */
const metricsAddress = process.env.NIGHTSHIFT_METRICS_ADDRESS;

let installed = false;

/** Sends the SDK's own log to ours. Once a process: the SDK's runtime is one. */
export function installRuntime(logger: Logger): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    // The SDK would end the process by itself; ours stops what it has started first.
    shutdownSignals: [],
    ...(metricsAddress && { telemetryOptions: { metrics: { prometheus: { bindAddress: metricsAddress } } } }),
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      // Each worker of ours has one of the two on purpose.
      if (/^No (activities|workflows) registered/.test(message)) return;
      logger[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message);
    }),
  });
}
