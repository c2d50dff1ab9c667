import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Runner } from './harness/runner';
import type { ScenarioResult } from './harness/scenario';
import { HEADER, row, summary } from './harness/table';
import { SCENARIOS } from './scenarios';

const FOLDER = '.build/chaos';
/** Scenarios that run at the same time. They mostly wait. */
const AT_ONCE = 4;

/** `npm run chaos -- [--short] [words in the names of scenarios]`. Prints a row per scenario; ends with 1 when a promise was broken. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { short: { type: 'boolean' } }, allowPositionals: true });
  const short = values.short ?? false;
  const asked = (name: string): boolean => positionals.length === 0 || positionals.some((part) => name.includes(part));
  const names = Object.keys(SCENARIOS).filter((name) => asked(name) && !(short && SCENARIOS[name]!.longOnly));
  if (names.length === 0) throw new Error(`No such scenario. There are: ${Object.keys(SCENARIOS).join(', ')}.`);

  const results: ScenarioResult[] = [];
  const waiting = [...names];
  const work = async (): Promise<boolean> => {
    const runner = new Runner(short);
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const result = await runner.run(name, SCENARIOS[name]!);
      results.push(result);
      console.log(row(result));
      for (const broken of result.broken) console.log(`  broken: ${broken}`);
    }
    return runner.close();
  };
  console.log(HEADER);
  const endedWell = (await Promise.all(Array.from({ length: AT_ONCE }, work))).every(Boolean);
  results.sort((a, b) => names.indexOf(a.scenario) - names.indexOf(b.scenario));
  if (!endedWell) console.log('  broken: the process that ran the scenarios did not end by itself');

  mkdirSync(FOLDER, { recursive: true });
  const at = new Date().toISOString();
  writeFileSync(`${FOLDER}/results.json`, `${JSON.stringify({ at, short, endedWell, results }, null, 2)}\n`);
  writeFileSync(`${FOLDER}/table.md`, [HEADER, ...results.map(row), '', summary(results), ''].join('\n'));
  console.log(`\n${summary(results)}`);
  process.exitCode = endedWell && results.every(({ broken }) => broken.length === 0) ? 0 : 1;
}

void main();
