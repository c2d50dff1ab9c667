import { SseParser } from './sse-parser';

const STREAM =
  ': hello\n\nid: 7\nevent: key\ndata: {"a":1}\n\nevent: heartbeat\r\ndata:\r\n\r\ndata: one\ndata: two\n\n';
const MESSAGES = [
  { id: '7', event: 'key', data: '{"a":1}' },
  { id: undefined, event: 'heartbeat', data: '' },
  { id: undefined, event: 'message', data: 'one\ntwo' },
];

it.each([1, 2, 3, 7, 1_000])('reads a stream that comes in pieces of %d', (size) => {
  const parser = new SseParser();
  const read = [];
  for (let at = 0; at < STREAM.length; at += size) read.push(...parser.push(STREAM.slice(at, at + size)));
  expect(read).toEqual(MESSAGES);
});
