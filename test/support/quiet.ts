import { DefaultLogger, Runtime } from '@temporalio/worker';

/** Once a test process: the SDK tells only what is wrong. */
Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
