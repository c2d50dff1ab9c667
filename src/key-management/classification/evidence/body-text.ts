/** What of a body is read, at most: 64 kB. */
export const MOST_BODY_CHARACTERS = 65_536;

export type ParsedBody =
  { kind: 'json'; value: unknown } | { kind: 'html'; text: string } | { kind: 'text'; text: string } | { kind: 'none' };

/** Tells JSON, HTML and other text apart. Never throws; what is cut off is no JSON. */
export function parseBodyText(text: string): ParsedBody {
  const trimmed = text.slice(0, MOST_BODY_CHARACTERS).trim();
  if (trimmed === '') return { kind: 'none' };
  const value = jsonIn(trimmed);
  if (value !== undefined) return { kind: 'json', value };
  return looksLikeHtml(trimmed) ? { kind: 'html', text: textOfHtml(trimmed) } : { kind: 'text', text: trimmed };
}

/** The object, array or string that a text wholly is as JSON; undefined for all other texts. */
export function jsonIn(text: string): unknown {
  const trimmed = text.slice(0, MOST_BODY_CHARACTERS).trim();
  if (!/^[{["]/.test(trimmed)) return undefined;
  try {
    const value: unknown = JSON.parse(trimmed);
    return value === null ? undefined : value;
  } catch {
    return undefined;
  }
}

export const looksLikeHtml = (text: string): boolean =>
  /^\s{0,100}<(?:!doctype html|html|head|body|title)\b/i.test(text);

/** The words of a page, without tags, scripts and styles, on one line. One pass, no pattern matching. */
export function textOfHtml(html: string): string {
  const words: string[] = [];
  const lower = html.toLowerCase();
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open < 0) {
      words.push(html.slice(at));
      break;
    }
    words.push(html.slice(at, open));
    at = endOfTag(lower, open);
  }
  return words.join(' ').replace(/\s+/g, ' ').trim();
}

function endOfTag(lower: string, open: number): number {
  for (const silent of ['script', 'style']) {
    if (lower.startsWith(silent, open + 1)) return after(lower, `</${silent}>`, open);
  }
  return lower.startsWith('<!--', open) ? after(lower, '-->', open) : after(lower, '>', open);
}

function after(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at + mark.length;
}
