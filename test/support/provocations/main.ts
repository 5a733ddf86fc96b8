/**
 * Provokes for real and prints what the runbook makes of it:
 * `node dist/test/support/provocations/main.js <seed> <count> [at once] [file to keep the recordings in]`.
 */
import { writeFileSync } from 'node:fs';
import { confusionMatrix, judge } from './judge.js';
import { provocations } from './plan.js';
import { runAll } from './run.js';

const [seed = '1', count = '60', atOnce = '20', file] = process.argv.slice(2);
const began = Date.now();
const recordings = await runAll(provocations(Number(seed), Number(count)), Number(atOnce), (recording) => {
  const { row, said, verdict } = judge(recording);
  console.log(`${verdict.padEnd(10)} ${row}: ${said}`);
});
if (file !== undefined) writeFileSync(file, JSON.stringify(recordings));
const judgements = recordings.map(judge);
for (const { seed: one, row, said, verdict, diagnosis, harmful, asked, healthy } of judgements)
  if (verdict === 'wrong' || harmful.length > 0 || (healthy && asked.length > 0))
    console.log(JSON.stringify({ seed: one, row, said, harmful, asked, diagnosis }, null, 1));
console.log(confusionMatrix(judgements));
console.log(`in ${Math.round((Date.now() - began) / 1000)} s`);
