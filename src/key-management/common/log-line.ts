import { singleLine } from './text';

/** The longest value of a field. Characters. */
const MAX_VALUE_LENGTH = 500;
const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;
/** ` name=value`, where the value is a plain word or a JSON text. */
const FIELD = / (\w+)=("(?:[^"\\]|\\.)*"|[\w.:+-]+)/g;

/** Writes one line of the log as text: `key removed provider=openai reason="…"`. Loggers are given nothing but text. */
export function logLine(event: string, fields: Readonly<Record<string, string | number | undefined>>): string {
  let line = event;
  for (const [name, value] of Object.entries(fields)) {
    // Text of others must neither end the line nor control a terminal, which JSON's escapes alone do not prevent.
    if (value !== undefined)
      line += ` ${name}=${typeof value === 'string' ? quoted(singleLine(value, MAX_VALUE_LENGTH)) : value}`;
  }
  return line;
}

/**
 * Reads the fields of such a line, for loggers that write JSON: `{ event: 'key removed', provider: 'openai', … }`. Undefined for any other
 * text.
 */
export function logFieldsOf(line: string): { event: string; [field: string]: string | number } | undefined {
  const [event = ''] = line.split(/ \w+=/, 1);
  const rest = line.slice(event.length);
  const fields: { event: string; [field: string]: string | number } = { event };
  let end = 0;
  for (const { 0: whole, 1: name, 2: value, index } of rest.matchAll(FIELD)) {
    if (index !== end) return undefined;
    end = index + whole.length;
    fields[name!] = value!.startsWith('"')
      ? (JSON.parse(value!) as string)
      : NUMBER.test(value!)
        ? Number(value)
        : value!;
  }
  return end > 0 && end === rest.length ? fields : undefined;
}

/** A text that looks like a number is quoted, so that the two can be distinguished. */
const quoted = (text: string): string => (/^[\w.:+-]+$/.test(text) && !NUMBER.test(text) ? text : JSON.stringify(text));
