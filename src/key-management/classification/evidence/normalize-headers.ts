import { redactText } from '../redaction/redact';
import { firstItems, isObject } from './safe-read';

const MOST_HEADERS = 64;
const LONGEST_VALUE = 500;
/** Never evidence, always secret. */
const SECRET_HEADERS = /^(?:set-cookie|cookie|authorization|proxy-authorization|(?:x-)?(?:goog-)?api-key)$/;

/** Headers in any form (`Headers`, `AxiosHeaders`, plain object, Map, pairs) as a plain record: lower-case, bounded, redacted. */
export function normalizeHeaders(headers: unknown, secrets: readonly string[] = []): Record<string, string> {
  const record: Record<string, string> = {};
  try {
    let count = 0;
    for (const [name, value] of pairsOf(headers)) {
      if (++count > MOST_HEADERS) break;
      const key = typeof name === 'string' ? name.toLowerCase() : '';
      const text = typeof value === 'number' ? String(value) : Array.isArray(value) ? value.join(', ') : value;
      if (!key || key === '__proto__' || typeof text !== 'string' || SECRET_HEADERS.test(key)) continue;
      record[key] = redactText(text, secrets, LONGEST_VALUE);
    }
  } catch {
    // Hostile headers: what was read until then stands.
  }
  return record;
}

function pairsOf(headers: unknown): Iterable<readonly [unknown, unknown]> {
  if (!isObject(headers)) return [];
  if (Array.isArray(headers)) return pairsOfList(firstItems(headers, MOST_HEADERS * 2));
  const entries = (headers as { entries?: unknown }).entries;
  if (typeof entries === 'function') return (entries as () => Iterable<[unknown, unknown]>).call(headers);
  return Object.entries(headers);
}

/** `[['a', '1'], …]`, or undici's flat `['a', '1', …]`. */
function pairsOfList(list: unknown[]): [unknown, unknown][] {
  if (Array.isArray(list[0])) return list.map((pair) => firstItems(pair, 2) as [unknown, unknown]);
  const pairs: [unknown, unknown][] = [];
  for (let i = 0; i + 1 < list.length; i += 2) pairs.push([list[i], list[i + 1]]);
  return pairs;
}
