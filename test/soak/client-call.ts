import { get, type Agent } from 'node:http';
import type { CallKind } from './call-kinds';
import type { Provider } from './faults';

/** Longer than any call of the soak takes, also on a stalled machine. A missing answer is a fault of its own kind. */
export const PATIENCE_MS = 120_000;

/** Makes one call as a client of the app, who may leave before the answer. Resolves with one word, and never rejects. */
export function clientCall(url: string, agent: Agent, kind: CallKind, provider: Provider): Promise<string> {
  const { way, model, timeoutMs, leaves } = kind;
  const query = new URLSearchParams({
    way,
    provider,
    model,
    ...(timeoutMs !== undefined && { timeout: `${timeoutMs}` }),
  });
  return new Promise((resolve) => {
    let hasLeft = false;
    const leave = (): void => {
      hasLeft = true;
      request.destroy();
    };
    const timers = [setTimeout(() => end('no answer'), PATIENCE_MS)];
    const end = (word: string): void => {
      for (const timer of timers) clearTimeout(timer);
      if (word === 'no answer') request.destroy();
      resolve(hasLeft ? 'client left' : word);
    };
    const request = get(`${url}/soak?${query}`, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (leaves === 'midway') leave();
      });
      response.on('error', () => undefined);
      response.on('close', () => end(wordOf(way === 'stream', response.statusCode, response.complete, text)));
    });
    // A stream may break before its headers were passed on.
    request.on('error', ({ message }) => end(way === 'stream' ? 'stream broke off' : `connection: ${message}`));
    if (typeof leaves === 'number') timers.push(setTimeout(leave, leaves));
  });
}

function wordOf(isStream: boolean, status: number | undefined, complete: boolean, text: string): string {
  if (!isStream) return status === 200 && complete ? text : `answer ${status}`;
  if (!complete) return 'stream broke off';
  // Before the first byte of a stream the app answers with one word, as for other calls.
  if (/^\w+$/.test(text)) return text;
  return status === 200 ? 'stream ended' : `stream_${status}`;
}
