import { nearMiss } from './near-miss';

/** What a value must be where it is not: `a number, 0 or more`. Undefined where the value is right. */
export type OptionRule = (value: unknown) => string | undefined;
export type OptionRules = ReadonlyMap<string, OptionRule>;

/** One rule for each option of a kind; a new option does not compile without one. */
export type RulesFor<T> = { readonly [Name in keyof Required<T>]: OptionRule };

/**
 * What is wrong with the options, and how it is mended; undefined where all is right. Nothing is made for those that are right: calls with
 * options pass here one by one. The message never quotes text, which may be a key in the wrong place.
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

/** What somebody gave, without its content. */
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
