import { byteText, stringEnd } from '../../common/json-text';
import { remembered } from '../../common/remembered';
import { isAffinityId } from '../option-rules';

const QUOTE = '"';
const COLON = /\s{0,8}:\s{0,8}/y;

/** Where a vendor's requests name what they belong to, in the order in which it is looked for. */
export interface AffinityPlaces {
  /** Fields of the JSON body: of the whole, as `prompt_cache_key`, or of an object in it, as `metadata.user_id`. */
  readonly affinityFields: readonly string[];
  /** Headers of the request; lower case. */
  readonly affinityHeaders: readonly string[];
}

/** The id that a request names where its vendor has such ids; undefined where it names none. Nothing is parsed: of other strings only the ends are looked at. */
export function namedId(
  { affinityFields, affinityHeaders }: AffinityPlaces,
  headers: Headers,
  body: unknown,
): string | undefined {
  for (const name of affinityHeaders) {
    const id = headers.get(name);
    if (isAffinityId(id)) return id;
  }
  if (affinityFields.length === 0) return undefined;
  const text = byteText(body);
  if (text === undefined) return undefined;
  for (const each of affinityFields) {
    const { path, mark } = PLACES(each);
    // Most requests name none: a search for the last name is all that they cost.
    const id = text.includes(mark) ? fieldIn(text, path) : undefined;
    if (isAffinityId(id)) return id;
  }
  return undefined;
}

/** The names of a field, one within the other, and the last of them as JSON has it. */
const PLACES = remembered((field) => {
  const path = field.split('.');
  return { path, mark: `"${path.at(-1)!}"` };
}, 64);

/** The text of a field with these names, one within the other, as it is written. */
function fieldIn(text: string, path: readonly string[]): string | undefined {
  let depth = 0;
  /** How many of the names have been met, each in the object of the one before. */
  let met = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      // The object of the last name that was met has ended.
      if (depth === met) met = Math.max(0, met - 1);
    } else if (char === QUOTE) {
      const end = stringEnd(text, at);
      const value = depth === met + 1 ? valueAfter(text, end) : undefined;
      if (value !== undefined && text.slice(at + 1, end) === path[met]) {
        if (met === path.length - 1)
          return text[value] === QUOTE ? text.slice(value + 1, stringEnd(text, value)) : undefined;
        if (text[value] === '{') met += 1;
      }
      at = end;
    }
  }
  return undefined;
}

/** Where the value stands, if this is the end of a name. */
function valueAfter(text: string, nameEnd: number): number | undefined {
  COLON.lastIndex = nameEnd + 1;
  return COLON.test(text) ? COLON.lastIndex : undefined;
}
