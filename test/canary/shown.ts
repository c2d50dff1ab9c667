import { inspect } from 'node:util';

const DEEPEST = 12;
const MOST_CAUSES = 16;

export const inspected = (value: unknown): string =>
  inspect(value, { depth: DEEPEST, showHidden: true, maxArrayLength: 1_000, maxStringLength: 100_000 });

/** Every way in which a value is usually printed, sent or kept. */
export function* waysToShow(value: unknown): Generator<string> {
  yield inspected(value);
  yield attempt(() => JSON.stringify(value));
  yield attempt(() => String(value));
  yield attempt(() => inspect(structuredClone(value), { depth: DEEPEST, showHidden: true }));
  yield attempt(() => inspect({ ...(value as object) }, { depth: DEEPEST }));
  if (value instanceof Error || isErrorLike(value)) yield* waysToShowError(value as Error);
}

function* waysToShowError(error: Error): Generator<string> {
  yield `${error.name}: ${error.message}\n${error.stack ?? ''}`;
  yield attempt(() => JSON.stringify(error, Object.getOwnPropertyNames(error)));
}

/** Whether it has what an error has, of whatever realm. */
const isErrorLike = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'stack' in value && 'message' in value;

/** An error and what it says that caused it. */
export function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let each = error; isErrorLike(each) && causes.length < MOST_CAUSES; each = (each as Error).cause) {
    if (causes.includes(each)) break;
    causes.push(each);
  }
  return causes;
}

function attempt(show: () => string | undefined): string {
  try {
    return show() ?? '';
  } catch {
    // What cannot be shown in this way shows no secret in it.
    return '';
  }
}
