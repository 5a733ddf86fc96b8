import { buildBundle, builtBundle, builtReplayBundle } from './bundle.js';

const began = Date.now();
const bytes = await buildBundle();
await buildBundle(builtReplayBundle, { witnessed: true });
console.log(`workflow bundle: ${(bytes / 1e6).toFixed(1)} MB in ${Date.now() - began} ms (${builtBundle})`);
