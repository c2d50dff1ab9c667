import { SLICE, yieldToEventLoop } from '../common/event-loop';
import type { ProviderHead } from './comprehensive-status';
import type { ComprehensiveStatus, KeyStatusEntry } from './documents';

/** One provider of the document: its keys are only read when their turn has come. */
export interface StatusPart {
  readonly provider: string;
  readonly head: () => Promise<ProviderHead>;
  readonly keys: Iterable<KeyStatusEntry>;
}

/**
 * The status document as JSON, piece by piece: a hundred thousand keys are 28 MB, which made and written at once would hold up every call
 * of the process for half a second.
 */
export async function* statusText(
  system_info: ComprehensiveStatus['system_info'],
  parts: readonly StatusPart[],
  global_stats: ComprehensiveStatus['global_stats'],
): AsyncGenerator<string> {
  yield `{"system_info":${JSON.stringify(system_info)},"key_pools":{"providers":{`;
  for (const [place, { provider, head, keys }] of parts.entries()) {
    // The closing brace comes after the keys.
    yield `${place > 0 ? ',' : ''}${JSON.stringify(provider)}:${JSON.stringify(await head()).slice(0, -1)},"keys":[`;
    yield* entriesText(keys);
    yield ']}';
  }
  yield `}},"global_stats":${JSON.stringify(global_stats)}}`;
}

async function* entriesText(keys: Iterable<KeyStatusEntry>): AsyncGenerator<string> {
  let texts: string[] = [];
  let isFirst = true;
  const taken = (): string => {
    const text = `${isFirst ? '' : ','}${texts.join(',')}`;
    isFirst = false;
    texts = [];
    return text;
  };
  for (const key of keys) {
    if (texts.length === SLICE) {
      yield taken();
      await yieldToEventLoop();
    }
    texts.push(JSON.stringify(key));
  }
  if (texts.length > 0) yield taken();
}
