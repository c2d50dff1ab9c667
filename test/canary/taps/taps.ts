import type { Recorder } from '../recorder';

/** The recorder of the test file that runs in this process. */
let current: Recorder | undefined;

export const recorder = (): Recorder | undefined => current;

export function recordWith(given: Recorder | undefined): void {
  current = given;
}

/** Runs a function before a method, installed once for the life of the process. */
export function before<T extends object>(target: T, name: string, look: (self: T, args: unknown[]) => void): void {
  const original = Reflect.get(target, name) as (...args: unknown[]) => unknown;
  Reflect.set(target, name, function (this: T, ...args: unknown[]) {
    if (current) look(this, args);
    return Reflect.apply(original, this, args);
  });
}

/** The argument of a stream's `write` as bytes; undefined for an argument that is no data. */
export function dataOf(chunk: unknown, encoding: unknown): Uint8Array | undefined {
  if (chunk instanceof Uint8Array || Buffer.isBuffer(chunk)) return chunk;
  if (typeof chunk !== 'string') return undefined;
  return Buffer.from(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8');
}
