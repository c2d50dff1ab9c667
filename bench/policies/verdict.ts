import { shown } from '../lib/statistics';
import type { Scenario } from './scenario';
import type { Figures } from './simulate';

/** What one policy comes to in one scenario. */
export interface Found extends Figures {
  /** Goodput as a share of that of the oracle with bounded overtaking. */
  readonly ofOracle: number;
}

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** Goodput, refused calls per 100 good ones, and lost calls where there are any. */
export function cell({ goal }: Scenario, found: Figures): string {
  const { goodput, refusedPer100, refusedLaterPer100, lost, offered } = found;
  const refused = goal.later ? refusedLaterPer100 : refusedPer100;
  const parts = [percent(goodput), goodput > 0 ? shown(refused) : '–'];
  if (goal.lost !== undefined && lost > 0) parts.push(`${lost} of ${offered} lost`);
  return parts.join(', ');
}

/** The same with the share of the oracle, where the goal is one. */
export const cellOfOurs = (scenario: Scenario, found: Found): string =>
  `${cell(scenario, found)}${scenario.goal.ofOracle ? ` (${percent(found.ofOracle)} of the oracle)` : ''}`;

export function goalText({ goal: { goodput, ofOracle, refusedPer100, later, lost } }: Scenario): string {
  const parts = [`≥ ${Math.round(goodput * 100)} %${ofOracle ? ' of the oracle' : ''}`];
  parts.push(`≤ ${refusedPer100}${later ? ' after 5 s' : ''}`);
  if (lost !== undefined) parts.push(`${lost} lost`);
  return parts.join(', ');
}

export function isMet({ goal }: Scenario, found: Found): boolean {
  const refused = goal.later ? found.refusedLaterPer100 : found.refusedPer100;
  const goodput = goal.ofOracle ? found.ofOracle : found.goodput;
  return goodput >= goal.goodput && refused <= goal.refusedPer100 && found.lost <= (goal.lost ?? Infinity);
}
