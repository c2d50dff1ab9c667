import { inspect } from 'node:util';

const DEEPEST = 12;
const MOST_CAUSES = 16;

export const inspected = (value: unknown): string =>
  inspect(value, { depth: DEEPEST, showHidden: true, maxArrayLength: 1_000, maxStringLength: 100_000 });

/** The value in every form in which values are usually printed, sent or stored. */
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

/** Whether the value looks like an error, of whatever realm. */
const isErrorLike = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'stack' in value && 'message' in value;

/** An error and its chain of causes. */
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
    // A form that cannot be made shows no secret.
    return '';
  }
}
