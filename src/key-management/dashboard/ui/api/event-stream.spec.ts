import type { EventSourceMessage } from 'eventsource-parser';
import { readEventStream } from './event-stream';
import type { Http } from './http';

const STREAM =
  ': hello\n\nid: 7\nevent: key\ndata: {"a":1}\n\nevent: heartbeat\r\ndata:\r\n\r\ndata: one\ndata: two €\n\n';
const MESSAGES = [
  { id: '7', event: 'key', data: '{"a":1}' },
  { id: undefined, event: 'heartbeat', data: '' },
  { id: undefined, event: undefined, data: 'one\ntwo €' },
];

it.each([1, 2, 3, 7, 1_000])('reads a stream that comes in pieces of %d', async (size) => {
  const bytes = new TextEncoder().encode(STREAM);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
  const http = { send: async () => new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }) };
  const read: EventSourceMessage[] = [];
  const on = { opened: () => undefined, message: (message: EventSourceMessage) => void read.push(message) };
  const reading = readEventStream(http as unknown as Http, undefined, new AbortController().signal, on);
  await expect(reading).rejects.toThrow('The live stream ended.');
  expect(read).toEqual(MESSAGES);
});
