#!/usr/bin/env node
import { runCli } from './run.js';
import { processIo } from './terminal/io.js';

process.exitCode = await runCli(process.argv.slice(2), processIo());
// Connections that a failed command left open must not keep it alive.
setTimeout(() => process.exit(), 3_000).unref();
