/** Reads a property of anything: a getter or proxy that throws reads as absent. */
export function read(source: unknown, name: string): unknown {
  if (source === null || (typeof source !== 'object' && typeof source !== 'function')) return undefined;
  try {
    return (source as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** The named properties of anything, each read once, as a plain record. */
export const readAll = <Name extends string>(source: unknown, names: readonly Name[]): Record<Name, unknown> =>
  Object.fromEntries(names.map((name) => [name, read(source, name)])) as Record<Name, unknown>;

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Whether the value is an `Error`, of whatever realm. */
export const hasStack = (value: unknown): boolean => typeof read(value, 'stack') === 'string';

/** The first items of an array; nothing for what is none. */
export function firstItems(value: unknown, most: number): unknown[] {
  try {
    return Array.isArray(value) ? value.slice(0, most) : [];
  } catch {
    return [];
  }
}

/** An HTTP status out of `429` or `"429"`; anything else is none. */
export function httpStatusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && value.length === 3 ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined;
}

/** A non-empty string, or a number as a string. */
export function wordOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() || undefined;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}
