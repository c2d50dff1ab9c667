import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { ApiError } from './api-error';
import type { Http } from './http';

/** Longer than any sensible heartbeat: then the connection is dead, whatever the socket says. */
const SILENCE_MS = 50_000;

export interface StreamEvents {
  opened(): void;
  message(message: EventSourceMessage): void;
}

/**
 * Reads the live stream until it ends. EventSource cannot send a token, so this is fetch.
 * Always rejects: a stream has no good end.
 */
export async function readEventStream(
  http: Http,
  lastEventId: string | undefined,
  stop: AbortSignal,
  on: StreamEvents,
): Promise<never> {
  const silence = new AbortController();
  const alive = watchdog(() => silence.abort());
  try {
    const signal = AbortSignal.any([stop, silence.signal]);
    const response = await http.send(
      'admin/events/stream',
      { signal },
      { Accept: 'text/event-stream', ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) },
    );
    if (!response.headers.get('Content-Type')?.startsWith('text/event-stream') || !response.body) {
      throw new ApiError(404, 'The server has no live stream.');
    }
    on.opened();
    const parser = createParser({ onEvent: (message) => on.message(message) });
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new ApiError(0, 'The live stream ended.');
      alive.note();
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    alive.end();
  }
}

function watchdog(bark: () => void): { note: () => void; end: () => void } {
  let timer = setTimeout(bark, SILENCE_MS);
  return {
    note() {
      clearTimeout(timer);
      timer = setTimeout(bark, SILENCE_MS);
    },
    end() {
      clearTimeout(timer);
    },
  };
}
