import { unsupported } from './protocol-error';
import { getAt, type Node } from './tree';

function isRecord(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null;
}

function resolveOne(value: unknown, existing: Node, now: number): unknown {
  if (value === 'timestamp') return now;
  if (isRecord(value) && Object.keys(value).length === 1 && typeof value.increment === 'number') {
    return typeof existing === 'number' ? existing + value.increment : value.increment;
  }
  throw unsupported(`The server value ${JSON.stringify(value)}`);
}

/** Replaces each `{".sv": …}` in `json`, which is about to be written where `existing` is now. */
export function resolveServerValues(json: unknown, existing: Node, now: number): unknown {
  if (!isRecord(json)) return json;
  if ('.sv' in json) {
    if (Object.keys(json).length > 1) throw unsupported('A server value with other keys beside it');
    return resolveOne(json['.sv'], existing, now);
  }
  return Object.fromEntries(
    Object.entries(json).map(([key, child]) => [key, resolveServerValues(child, getAt(existing, [key]), now)]),
  );
}
