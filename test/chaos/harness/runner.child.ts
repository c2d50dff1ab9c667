import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { SCENARIOS } from '../scenarios';
import { runScenario } from './run-scenario';

/** Reads names of scenarios, one per line, runs each, and answers with one line. The argument `short` selects the short form. */
async function main(): Promise<void> {
  for await (const name of createInterface({ input: process.stdin })) {
    const result = await runScenario(name, SCENARIOS[name]!, process.argv[2] === 'short');
    process.stdout.write(`${JSON.stringify({ result })}\n`);
  }
}

void main();
