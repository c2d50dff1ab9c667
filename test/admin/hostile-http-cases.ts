import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { KEYS } from './hostile-cases';
import { ADMIN, type Adapter } from './support';

export interface RawCase {
  name: string;
  bytes: string | Buffer;
  /** Undefined: no answer, only an end. One for each adapter where they differ. */
  status: number | undefined | Readonly<Record<Adapter, number>>;
  /** The client closes its side after the bytes. */
  end?: boolean;
}

const SECRET = '{"keys":["sk-proj-MISPLACED00000000000000000000000001"]}';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const CLOSE = 'Connection: close\r\n';
const HEAD = `Host: x\r\nAuthorization: Bearer ${ADMIN}\r\n${CLOSE}`;
const CHECKS = '/admin/health-checks';

const get = (path: string, headers = HEAD): string => `GET ${path} HTTP/1.1\r\n${headers}\r\n`;
/** What follows the head of a POST of JSON, as it is. */
const post = (rest: string): string => `POST ${KEYS} HTTP/1.1\r\n${HEAD}${JSON_TYPE}${rest}`;
const chunked = (rest: string): string => post(`Transfer-Encoding: chunked\r\n\r\n${rest}`);
const send = (body: string | Buffer, headers = JSON_TYPE, path = KEYS, method = 'POST'): Buffer =>
  Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${HEAD}${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`),
    Buffer.from(body),
  ]);
const typed = (type: string, body: string, path?: string, method?: string): Buffer =>
  send(body, `Content-Type: ${type}\r\n`, path, method);
const packed = (body: string | Buffer, encoding: string): Buffer =>
  send(body, `${JSON_TYPE}Content-Encoding: ${encoding}\r\n`);
const BOMB = Buffer.alloc(20_000_000, ' ');
const FORM = 'application/x-www-form-urlencoded';

/** No HTTP, or hardly. */
const FRAMING: RawCase[] = [
  { name: 'a made-up method', bytes: `FOO / HTTP/1.1\r\n${HEAD}\r\n`, status: 400 },
  { name: 'no host', bytes: get('/health/live', CLOSE), status: 400 },
  { name: 'a made-up version', bytes: `GET / HTTP/3.9\r\n${HEAD}\r\n`, status: 400 },
  { name: 'the preface of HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: 400 },
  { name: 'a TLS hello', bytes: Buffer.from('16030100c8010000c40303', 'hex'), status: 400 },
  { name: 'bare line feeds', bytes: get('/health/live').replaceAll('\r', ''), status: 400 },
  { name: 'a space in the path', bytes: get('/health/ live'), status: 400 },
  { name: 'a NUL in the path', bytes: get('/health/\0'), status: 400 },
  { name: 'raw UTF-8 in the path', bytes: Buffer.from(get('/admin/providers/öpenai/keys')), status: 400 },
  { name: 'a tunnel', bytes: `CONNECT example.com:80 HTTP/1.1\r\n${HEAD}\r\n`, status: undefined },
  { name: 'a giant header', bytes: get(KEYS, `${HEAD}X: ${'a'.repeat(20_000)}\r\n`), status: 431 },
  { name: 'a giant path', bytes: get(`/${'a'.repeat(30_000)}`), status: 431 },
  {
    name: 'more headers than are read before the token',
    bytes: get(KEYS, 'X: a\r\n'.repeat(2_100) + HEAD),
    status: 400,
  },
  { name: 'an expectation', bytes: get('/health/live', `${HEAD}Expect: nonsense\r\n`), status: 417 },
  { name: 'a length that is no number', bytes: post('Content-Length: abc\r\n\r\n{}'), status: 400 },
  { name: 'a negative length', bytes: post('Content-Length: -1\r\n\r\n{}'), status: 400 },
  { name: 'two lengths', bytes: post('Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'), status: 400 },
  {
    name: 'a length, and chunks',
    bytes: post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    status: 400,
  },
  { name: 'a made-up transfer encoding', bytes: post('Transfer-Encoding: nonsense\r\n\r\n{}'), status: 400 },
  { name: 'a chunk of no size', bytes: chunked('zz\r\n{}\r\n0\r\n\r\n'), status: 400 },
  { name: 'a chunk of any size', bytes: chunked('FFFFFFFFFFFFFFFFF\r\n{}\r\n'), status: 400 },
  {
    name: 'a chunk that goes on about itself',
    bytes: chunked(`2;${'a'.repeat(30_000)}\r\n{}\r\n0\r\n\r\n`),
    status: { express: 413, fastify: 400 },
  },
  { name: 'a body shorter than said', bytes: post('Content-Length: 100\r\n\r\n{"keys'), status: 400, end: true },
  {
    name: 'a body longer than said',
    bytes: `POST ${KEYS} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}${SECRET}`,
    status: { express: 401, fastify: 415 },
  },
];

/** HTTP, but not what it seems. */
const REQUESTS: RawCase[] = [
  { name: 'a long path', bytes: get(`/${'a'.repeat(10_000)}`), status: 404 },
  {
    name: 'a long provider',
    bytes: get(`/admin/providers/${'a'.repeat(10_000)}/keys`),
    status: { express: 400, fastify: 414 },
  },
  { name: 'a long query', bytes: get(`${KEYS}?limit=${'1'.repeat(10_000)}`), status: 400 },
  { name: 'very many parameters', bytes: get(`${KEYS}?${'a=1&'.repeat(3_000)}`), status: 400 },
  { name: 'a prototype for a parameter', bytes: get(`${KEYS}?__proto__[limit]=1&limit[$gt]=1`), status: 400 },
  { name: 'overlong UTF-8 in the path', bytes: get('/admin/providers/%c0%af/keys'), status: 400 },
  { name: 'another host in the path', bytes: get(`http://example.com${KEYS}`, `Host: x\r\n${CLOSE}`), status: 401 },
  { name: 'a path with dots', bytes: get('/docs/../health/keys'), status: 404 },
  { name: 'a slash in escapes', bytes: get('/health%2fkeys'), status: 404 },
  { name: 'two slashes', bytes: get('//health//keys'), status: 404 },
  { name: 'a wrong token, and a right one', bytes: get(KEYS, `Authorization: Bearer wrong\r\n${HEAD}`), status: 401 },
  { name: 'a question to be echoed', bytes: `TRACE ${KEYS} HTTP/1.1\r\n${HEAD}\r\n`, status: 404 },
  {
    name: 'a reader of the live stream without ears',
    bytes: `HEAD /admin/events/stream HTTP/1.1\r\n${HEAD}\r\n`,
    status: 200,
  },
];

const BODIES: RawCase[] = [
  { name: 'plain text', bytes: typed('text/plain', SECRET), status: 415 },
  { name: 'a body of no type', bytes: send(SECRET, ''), status: 415 },
  { name: 'a body of a broken type', bytes: typed(';;;===', SECRET), status: 415 },
  { name: 'a form', bytes: typed(FORM, 'keys[__proto__][a]=a&keys[]=b'), status: 415 },
  { name: 'files', bytes: typed('multipart/form-data; boundary=a', '--a\r\n\r\nx\r\n--a--'), status: 415 },
  // Taken for no body, these would do more than they ask for; and pages of other sites can send them.
  { name: 'a check in plain text', bytes: typed('text/plain', '{"provider":"nobody"}', CHECKS), status: 415 },
  { name: 'a check by form', bytes: typed(FORM, 'provider=nobody', CHECKS), status: 415 },
  { name: 'a check of no type', bytes: send('{"provider":"nobody"}', '', CHECKS), status: 415 },
  { name: 'a change by form', bytes: typed(FORM, 'max_retries=1', '/admin/configuration', 'PATCH'), status: 415 },
  { name: 'invalid UTF-8', bytes: send(Buffer.from('7b22fffe223a317d', 'hex')), status: 400 },
  { name: 'a byte order mark', bytes: send('\uFEFF{}'), status: 400 },
  { name: 'NULs', bytes: send('\0\0\0'), status: 400 },
  { name: 'a number without end', bytes: send('{"keys":[1e999999]}'), status: 400 },
  { name: 'the same field twice', bytes: send('{"keys":["MISPLACED"],"keys":[]}'), status: 400 },
  // Fastify unpacks nothing, so that it is no JSON.
  { name: 'a gzip bomb', bytes: packed(gzipSync(BOMB), 'gzip'), status: { express: 413, fastify: 400 } },
  { name: 'a brotli bomb', bytes: packed(brotliCompressSync(BOMB), 'br'), status: { express: 413, fastify: 400 } },
  { name: 'a deflate bomb', bytes: packed(deflateSync(BOMB), 'deflate'), status: { express: 413, fastify: 400 } },
  { name: 'no gzip', bytes: packed('MISPLACED', 'gzip'), status: 400 },
  { name: 'half of gzip', bytes: packed(gzipSync(SECRET).subarray(0, 20), 'gzip'), status: 400 },
  { name: 'a made-up encoding', bytes: packed('{}', 'nonsense'), status: { express: 415, fastify: 400 } },
  { name: 'packed twice', bytes: packed('{}', 'gzip, gzip'), status: { express: 415, fastify: 400 } },
];

export const RAW_CASES: readonly RawCase[] = [...FRAMING, ...REQUESTS, ...BODIES];
