/** Longer values are none. Characters. */
const VALUE =
  /:\s{0,64}(?:"([^"\\]{1,512})"|\{\s{0,64}"id"\s{0,64}:\s{0,64}"([^"\\]{1,512})"|\[\s{0,64}("[^\]]{1,16384})\])/y;
const LISTED = /"([^"\\]{1,512})"/g;
const QUOTE = 0x22;
const ASCII = 128;
/** More values in one text are not looked at. */
const MOST_VALUES = 128;

/**
 * Finds certain fields in a JSON text, at any depth, and the texts that they hold: one, a list of them, or the `id` at the beginning of an object. It
 * parses nothing: it leaps from the end of one name to the next. The end of a name in a text within the text has its quote escaped, and is none.
 */
export class JsonFields {
  /** The names, by their last characters. */
  readonly #names: (readonly string[] | undefined)[] = Array.from({ length: ASCII });

  constructor(names: Iterable<string>) {
    for (const name of new Set(names)) {
      const last = name.charCodeAt(name.length - 1);
      this.#names[last] = [...(this.#names[last] ?? []), name];
    }
  }

  /** Calls the function with each name and value, in the order in which they stand. */
  find(text: string, found: (name: string, value: string) => void): void {
    let count = 0;
    for (let end = text.indexOf('":'); end > 0 && count < MOST_VALUES; end = text.indexOf('":', end + 2)) {
      const names = this.#names[text.charCodeAt(end - 1)];
      if (names === undefined) continue;
      for (const name of names) {
        if (text.charCodeAt(end - name.length - 1) !== QUOTE || !text.startsWith(name, end - name.length)) continue;
        for (const value of valuesAt(text, end + 1)) {
          found(name, value);
          count += 1;
        }
      }
    }
  }
}

/** The texts behind a colon. */
function valuesAt(text: string, colon: number): readonly string[] {
  VALUE.lastIndex = colon;
  const found = VALUE.exec(text);
  if (!found) return [];
  const [, plain, inObject, list] = found;
  return list === undefined ? [(plain ?? inObject)!] : Array.from(list.matchAll(LISTED), ([, each]) => each!);
}
