export interface PastedKeys {
  keys: string[];
  duplicates: number;
}

/** One key per line, or separated by commas; quotes and blanks around a key go. `OPENAI_API_KEYS=a,b` may be pasted as it is. */
export function parseKeys(text: string): PastedKeys {
  const found = text
    .split(/[\s,;]+/)
    .map((each) => unquoted(each.replace(/^(?:export\s+)?[A-Z][A-Z0-9_]*=/, '')))
    .filter((each) => each !== '' && each !== 'export');
  const keys = [...new Set(found)];
  return { keys, duplicates: found.length - keys.length };
}

const QUOTES = new Set(['"', "'", '`']);

function unquoted(text: string): string {
  let [from, to] = [0, text.length];
  while (QUOTES.has(text.charAt(from))) from += 1;
  while (to > from && QUOTES.has(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** As the server masks: at least eight characters stay hidden. */
export const masked = (key: string): string => (key.length < 19 ? '***' : `${key.slice(0, 7)}...${key.slice(-4)}`);

/** Small enough that progress moves, large enough that few requests are made. */
export const chunkSize = (count: number): number => Math.min(50, Math.max(1, Math.ceil(count / 20)));

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
