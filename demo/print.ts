import { styleText } from 'node:util';
import type { AttemptReport, ExecutionResult, KeySnapshot, KeyStatus, Outcome } from '../src/key-management';

type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

const COLOURFUL =
  !process.env.NO_COLOR && (!!process.env.FORCE_COLOR || (process.stdout.isTTY && process.stdout.hasColors()));
/** Reasons are sentences of vendors. Their beginning is enough. */
const LONGEST_REASON = 64;

export const paint = (style: Style, text: string): string => (COLOURFUL ? styleText(style, text) : text);

export const line = (text = ''): void => console.log(text);

export function heading(number: number, title: string): void {
  line();
  line(paint('bold', `${number}. ${title}`));
}

export const say = (text: string): void => line(`   ${paint('dim', text)}`);

const MEANINGS: Partial<Record<Outcome | KeyStatus, Style>> = {
  ok: 'green',
  healthy: 'green',
  invalid_key: 'red',
  quota_exceeded: 'red',
  disabled: 'red',
  rate_limited: 'yellow',
  cooling_down: 'yellow',
};

const word = (text: Outcome | KeyStatus, width = 0): string => paint(MEANINGS[text] ?? 'cyan', text.padEnd(width));

const short = (text = ''): string => {
  const oneLine = text.replace(/\s+/g, ' ');
  return oneLine.length > LONGEST_REASON ? `${oneLine.slice(0, LONGEST_REASON - 1)}…` : oneLine;
};

export const clockTime = (date: Date): string => date.toTimeString().slice(0, 8);

const dayOrTime = (date: Date): string =>
  date.getTime() - Date.now() < 12 * 3_600_000 ? clockTime(date) : date.toISOString().slice(0, 16).replace('T', ' ');

/** Prints one key: its name, status, reason, and until when. */
export function keyLine(key: KeySnapshot): void {
  const until = key.cooldownUntil
    ? `cools down until ${dayOrTime(key.cooldownUntil)}`
    : key.recheckAt
      ? `re-check at ${dayOrTime(key.recheckAt)}`
      : '';
  const facts = [until, short(key.reason)].filter((fact) => fact !== '').join(' · ');
  const who = `${key.maskedKey.padEnd(15)} ${(key.label ?? '').padEnd(10)}`;
  line(`     ${who} ${word(key.status, 15)} ${paint('dim', facts)}`.trimEnd());
}

function attemptText(attempt: AttemptReport, label: string): string {
  const { maskedKey, outcome, status, reason, waitedMs } = attempt;
  const waited = waitedMs >= 1 ? `after ${Math.round(waitedMs)} ms` : '';
  const facts = [waited, status, short(reason)].filter((fact) => fact !== '' && fact !== undefined).join(' · ');
  return `${maskedKey.padEnd(15)} ${label.padEnd(10)} ${word(outcome, 15)} ${paint('dim', facts)}`.trimEnd();
}

/** Prints the attempts of one call, and how it ended. */
export function trail(what: string, result: ExecutionResult<unknown>, labelOf: (keyId: string) => string): void {
  const texts = result.attempts.map((attempt) => attemptText(attempt, labelOf(attempt.keyId)));
  const title = `   ${result.provider}: ${what} ${paint('dim', `(${Math.round(result.totalTimeMs)} ms)`)}`;
  if (result.success && texts.length === 1) {
    line(`${title}  ${texts[0]}`);
    return;
  }
  line(title);
  texts.forEach((text, index) => line(`     ${index + 1}  ${text}`));
  if (!result.success) line(`     ${paint('yellow', result.error.code)} ${result.errorMessage}`);
}

/** Prints a table whose columns are as wide as their texts. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const print = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  line(`   ${paint('bold', print(head))}`);
  for (const row of rows) line(`   ${print(row).trimEnd()}`);
}
