import { inspect } from 'node:util';
import { oneLine } from './one-line';

type Fields = Readonly<Record<string, string | number | undefined>>;

/** Characters of one field. */
const LONGEST = 500;

/** One line of the log: text as `key removed provider=openai …`, and an object with the same fields for JSON loggers. */
export class LogLine {
  constructor(
    readonly event: string,
    fields: Fields,
  ) {
    for (const [name, value] of Object.entries(fields)) {
      // What others wrote must not end the line, nor move a terminal, which JSON's escapes alone do not see to.
      if (value !== undefined) Reflect.set(this, name, typeof value === 'string' ? oneLine(value, LONGEST) : value);
    }
  }

  toString(): string {
    const { event, ...fields } = this;
    return [event, ...Object.entries(fields as Fields).map(([name, value]) => `${name}=${quoted(String(value))}`)].join(
      ' ',
    );
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

const quoted = (text: string): string => (/^[\w.:+-]+$/.test(text) ? text : JSON.stringify(text));
