import { nearMiss } from './near-miss';

/** Checks a value: returns what it must be (`a number, 0 or more`), or undefined where it is right. */
export type OptionRule = (value: unknown) => string | undefined;
export type OptionRules = ReadonlyMap<string, OptionRule>;

/** One rule for each option of a kind; a new option does not compile without one. */
export type RulesFor<T> = { readonly [Name in keyof Required<T>]: OptionRule };

/**
 * Says what is wrong with the options, and how to mend it; undefined where all are right. It allocates nothing for options that are right, since
 * each call with options is checked. The message never quotes text, which may be a key in the wrong place.
 */
export function optionFault(options: unknown, rules: OptionRules): string | undefined {
  if (typeof options !== 'object' || options === null) return `options must be an object, not ${described(options)}.`;
  try {
    for (const each in options) {
      const value = (options as Record<string, unknown>)[each];
      if (value === undefined) continue;
      const rule = rules.get(each);
      if (!rule) return unknownOption(each, [...rules.keys()]);
      const expected = rule(value);
      if (expected !== undefined) return `${each} must be ${expected}, not ${described(value)}.`;
    }
    return undefined;
  } catch {
    return 'options must be a plain object: reading them fails.';
  }
}

function unknownOption(given: string, known: readonly string[]): string {
  const near = nearMiss(given, known);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return `there is no option ${JSON.stringify(given.slice(0, 32))}.${hint} Known: ${known.join(', ')}.`;
}

/** Describes a value without its content. */
export function described(value: unknown): string {
  switch (typeof value) {
    case 'number':
    case 'bigint':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'string':
      return value === '' ? 'empty text' : `text of ${value.length.toLocaleString('en-US')} characters`;
    case 'object':
      return value === null ? 'null' : 'an object';
    default:
      return `a ${typeof value}`;
  }
}
