/** OpenAI echoes a rejected key with its middle starred: this is what its real 401 shows. */
export function starredKey(key: string): string {
  if (key.length <= 12) return '*'.repeat(key.length);
  return `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}`;
}
