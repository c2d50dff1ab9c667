import type { ScenarioResult } from './scenario';

/** The head of the table that a run prints, in markdown. */
export const HEADER = `| scenario | injected | promised | seen | |\n|---|---|---|---|---|`;

export function row({ scenario, injected, promised, seen, broken, ms }: ScenarioResult): string {
  const faults = Object.entries(injected).map(([fault, count]) => `${count.toLocaleString('en')} × ${fault}`);
  const verdict = broken.length === 0 ? 'passed' : 'FAILED';
  const cells = [scenario, faults.join(', '), promised, seen.join('; '), `${verdict} (${(ms / 1_000).toFixed(1)} s)`];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

export function summary(results: readonly ScenarioResult[]): string {
  const failed = results.filter(({ broken }) => broken.length > 0).length;
  const faults = results.flatMap(({ injected }) => Object.values(injected)).reduce((sum, count) => sum + count, 0);
  const seconds = results.reduce((sum, { ms }) => sum + ms, 0) / 1_000;
  const passed = `${results.length - failed} of ${results.length} scenarios passed in ${seconds.toFixed(0)} s`;
  return `${passed}; ${faults.toLocaleString('en')} faults injected`;
}
