import { markdown, type Report } from './lib/report';
import { keep } from './lib/results';
import { runApart } from './lib/run-apart';
import { say } from './lib/say';

const BENCHMARKS = ['overhead', 'hop', 'choice', 'startup', 'cluster', 'policies', 'fleet', 'affinity'];

/** Arguments that begin with `--` are for the benchmarks themselves. */
async function main(given: readonly string[]): Promise<void> {
  const flags = given.filter((each) => each.startsWith('--'));
  const wanted = given.filter((each) => !each.startsWith('--'));
  const unknown = wanted.filter((name) => !BENCHMARKS.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`no benchmark ${unknown.join(', ')}; there are ${BENCHMARKS.join(', ')}`);
  for (const name of wanted.length > 0 ? wanted : BENCHMARKS) {
    say(`— ${name}`);
    try {
      const report = await runApart<Report>(name, flags);
      await keep(name, report, BENCHMARKS);
      console.log(`${markdown(name, report)}\n`);
    } catch (error) {
      process.exitCode = 1;
      say(error instanceof Error ? error.message : String(error));
    }
  }
}

void main(process.argv.slice(2));
