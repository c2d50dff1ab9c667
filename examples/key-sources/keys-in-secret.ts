import type { KeyInput } from '../../src/key-management';

/** What a secret's value may look like: `{ "team-a": "sk-…" }` (names are ids), `["sk-…", { "key": "sk-…" }]`, or one key as text. */
export function keysInSecret(value: string): (string | KeyInput)[] {
  const text = value.trim();
  if (!/^[[{]/.test(text)) return text === '' ? [] : [text];
  const given = JSON.parse(text) as (string | KeyInput)[] | Record<string, string>;
  return Array.isArray(given) ? given : Object.entries(given).map(([id, key]) => ({ id, key }));
}
