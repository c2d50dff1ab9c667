import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Runner } from './harness/runner';
import type { ScenarioResult } from './harness/scenario';
import { HEADER, row, summary } from './harness/table';
import { SCENARIOS } from './scenarios';

const FOLDER = '.build/chaos';
/** Scenarios that run at the same time. They mostly wait. */
const AT_ONCE = 4;
/** In the short form, at most so many that failed are run once more, each alone: the machine may have been busy. */
const MOST_AGAIN = 3;

/** `npm run chaos -- [--short] [words in the names of scenarios]`. Prints a row per scenario; ends with 1 when a promise was broken. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { short: { type: 'boolean' } }, allowPositionals: true });
  const short = values.short ?? false;
  const asked = (name: string): boolean => positionals.length === 0 || positionals.some((part) => name.includes(part));
  const names = Object.keys(SCENARIOS).filter((name) => asked(name) && !(short && SCENARIOS[name]!.longOnly));
  if (names.length === 0) throw new Error(`No such scenario. There are: ${Object.keys(SCENARIOS).join(', ')}.`);

  const found = new Map<string, ScenarioResult>();
  const runAll = async (scenarios: readonly string[], atOnce: number): Promise<boolean> => {
    const waiting = [...scenarios];
    const work = async (): Promise<boolean> => {
      const runner = new Runner(short);
      for (let name = waiting.shift(); name; name = waiting.shift()) {
        const result = await runner.run(name, SCENARIOS[name]!);
        found.set(name, result);
        console.log(row(result));
        for (const broken of result.broken) console.log(`  broken: ${broken}`);
      }
      return runner.close();
    };
    return (await Promise.all(Array.from({ length: atOnce }, work))).every(Boolean);
  };
  const failed = (): string[] => names.filter((name) => found.get(name)!.broken.length > 0);
  console.log(HEADER);
  let endedWell = await runAll(names, AT_ONCE);
  const again = failed();
  if (short && again.length > 0 && again.length <= MOST_AGAIN) {
    endedWell = (await runAll(again, 1)) && endedWell;
    for (const name of again) if (!failed().includes(name)) console.log(`UNSTEADY, passed when it ran alone: ${name}`);
  }
  const results = names.map((name) => found.get(name)!);
  if (!endedWell) console.log('  broken: the process that ran the scenarios did not end by itself');

  mkdirSync(FOLDER, { recursive: true });
  const at = new Date().toISOString();
  writeFileSync(`${FOLDER}/results.json`, `${JSON.stringify({ at, short, endedWell, results }, null, 2)}\n`);
  writeFileSync(`${FOLDER}/table.md`, [HEADER, ...results.map(row), '', summary(results), ''].join('\n'));
  console.log(`\n${summary(results)}`);
  process.exitCode = endedWell && failed().length === 0 ? 0 : 1;
}

void main();
