import type { Method } from './support';

export const KEYS = '/admin/providers/openai/keys';
const SECRET = 'sk-proj-MISPLACED00000000000000000000000001';
const nested = (depth: number): string => '{"keys":'.repeat(depth) + '1' + '}'.repeat(depth);

export interface HostileCase {
  name: string;
  method?: Method;
  path?: string;
  body?: unknown;
  raw?: string;
  status: number | number[];
  field?: string;
  /** What is said of the field, where it matters. */
  problem?: string;
}

export const CASES: HostileCase[] = [
  { name: 'no body', status: 400, field: 'keys' },
  { name: 'null', raw: 'null', status: 400 },
  { name: 'an array for an object', body: ['a'], status: 400, field: 'body' },
  { name: 'a text for an object', raw: '"text"', status: 400 },
  { name: 'no JSON', raw: `{"keys":[${SECRET}]}`, status: 400 },
  { name: 'half of JSON', raw: '{"keys":["', status: 400 },
  { name: 'keys as text', body: { keys: SECRET }, status: 400, field: 'keys', problem: 'must be an array' },
  { name: 'keys as an object', body: { keys: { length: 5 } }, status: 400, field: 'keys' },
  { name: 'no keys', body: { keys: [] }, status: 400, field: 'keys' },
  { name: 'a number for a key', body: { keys: [1] }, status: 400, field: 'keys.0.key' },
  { name: 'null for a key', body: { keys: [null] }, status: 400, field: 'keys.0.key' },
  { name: 'a list for a key', body: { keys: [[SECRET]] }, status: 400, field: 'keys.0.key' },
  { name: 'a list of keys for a key', body: { keys: [[{ key: SECRET }]] }, status: 400, field: 'keys.0.key' },
  {
    name: 'a list of limits',
    body: { keys: [{ key: SECRET, limits: [{ concurrency: 1 }] }] },
    status: 400,
    field: 'keys.0.limits',
  },
  { name: 'a blank key', body: { keys: ['   '] }, status: 400, field: 'keys.0.key' },
  { name: 'a key that is an object', body: { keys: [{ key: { $gt: '' } }] }, status: 400, field: 'keys.0.key' },
  { name: 'a giant key', body: { keys: ['k'.repeat(3_000)] }, status: 400, field: 'keys.0.key' },
  { name: 'an endless key', body: { keys: ['k'.repeat(9_000)] }, status: 400, field: 'keys.0' },
  { name: 'an unknown field', body: { keys: [SECRET], admin: true }, status: 400, field: 'admin' },
  { name: 'a key for a field', body: { keys: ['k'], [SECRET]: 1 }, status: 400, field: '(unknown field)' },
  { name: 'an unknown field of a key', body: { keys: [{ key: SECRET, id: 'x' }] }, status: 400, field: 'keys.0.id' },
  { name: 'a wrong weight', body: { keys: [{ key: SECRET, weight: -1 }] }, status: 400, field: 'keys.0.weight' },
  { name: 'limits as text', body: { keys: [{ key: SECRET, limits: '5' }] }, status: 400, field: 'keys.0.limits' },
  {
    name: 'wrong limits',
    body: { keys: [{ key: SECRET, limits: { concurrency: 0.5 } }] },
    status: 400,
    field: 'keys.0.limits.concurrency',
  },
  { name: 'a prototype', raw: `{"keys":["${SECRET}"],"__proto__":{"admin":true}}`, status: 400 },
  { name: 'a constructor', raw: `{"keys":[{"key":"k","constructor":{"prototype":{}}}]}`, status: 400 },
  { name: 'deep JSON', raw: nested(50_000), status: 400 },
  { name: 'deep lists', raw: `{"keys":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, status: 400 },
  {
    name: '10,000 keys',
    body: { keys: Array.from({ length: 10_000 }, (_, n) => `sk-${n}`) },
    status: 400,
    field: 'keys',
  },
  { name: 'too large a body', raw: JSON.stringify({ keys: ['k'.repeat(2_000_000)] }), status: 413 },
  { name: 'a provider that nobody knows', path: '/admin/providers/nobody/keys', body: { keys: [SECRET] }, status: 404 },
  { name: 'a key for a provider', path: `/admin/providers/${SECRET}/keys`, body: { keys: ['k'] }, status: 404 },
  {
    name: 'a prototype for a provider',
    path: '/admin/providers/__proto__/keys',
    body: { keys: ['k'] },
    status: 400,
    field: 'provider',
  },
  {
    name: 'a constructor for a provider',
    path: '/admin/providers/constructor/keys',
    body: { keys: ['k'] },
    status: 404,
  },
  {
    name: 'a path for a provider',
    path: '/admin/providers/..%2f..%2fetc/keys',
    body: { keys: ['k'] },
    status: 400,
    field: 'provider',
  },
  { name: 'a NUL in the path', path: '/admin/providers/open%00ai/keys', body: { keys: ['k'] }, status: 400 },
  { name: 'bad escapes in the path', path: `/admin/providers/${SECRET}%zz/keys`, body: { keys: ['k'] }, status: 400 },
  { name: 'a key for an id', method: 'get', path: `${KEYS}/${SECRET}`, status: 400, field: 'id' },
  { name: 'a path for an id', method: 'delete', path: `${KEYS}/..%2f..`, status: 400, field: 'id' },
  { name: 'a method that is not there', method: 'put', path: `${KEYS}/${SECRET}`, status: 404 },
  { name: 'a route that is not there', method: 'get', path: `/admin/${SECRET}?key=${SECRET}`, status: 404 },
  { name: 'a limit of 0', method: 'get', path: `${KEYS}?limit=0`, status: 400, field: 'limit' },
  { name: 'a limit of 501', method: 'get', path: `${KEYS}?limit=501`, status: 400, field: 'limit' },
  { name: 'a limit in hex', method: 'get', path: `${KEYS}?limit=0x10`, status: 400, field: 'limit' },
  { name: 'a limit twice', method: 'get', path: `${KEYS}?limit=1&limit=2`, status: 400, field: 'limit' },
  { name: 'an unknown status', method: 'get', path: `${KEYS}?status=${SECRET}`, status: 400, field: 'status' },
  { name: 'an unknown query', method: 'get', path: `${KEYS}?${SECRET}=1`, status: 400, field: '(unknown field)' },
  { name: 'a made-up cursor', method: 'get', path: `${KEYS}?cursor=${SECRET}`, status: 400, field: 'cursor' },
  { name: 'a made-up event cursor', method: 'get', path: '/admin/events?cursor=LTE', status: 400, field: 'cursor' },
  { name: 'an unknown event type', method: 'get', path: '/admin/events?type=x', status: 400, field: 'type' },
  {
    name: 'a path for a provider of events',
    method: 'get',
    path: '/admin/events?provider=../x',
    status: 400,
    field: 'provider',
  },
  { name: 'no changes', method: 'patch', path: `${KEYS}/:id`, body: {}, status: 400, field: 'body' },
  {
    name: 'a text for a flag',
    method: 'patch',
    path: `${KEYS}/:id`,
    body: { enabled: 'false' },
    status: 400,
    field: 'enabled',
  },
  {
    name: 'null for a weight',
    method: 'patch',
    path: `${KEYS}/:id`,
    body: { weight: null },
    status: 400,
    field: 'weight',
  },
  {
    name: 'one good and one bad change',
    method: 'patch',
    path: `${KEYS}/:id`,
    body: { enabled: false, label: 5 },
    status: 400,
    field: 'label',
  },
  {
    name: 'another key of the key',
    method: 'patch',
    path: `${KEYS}/:id`,
    body: { key: SECRET },
    status: 400,
    field: 'key',
  },
  {
    name: 'retries as text',
    method: 'patch',
    path: '/admin/configuration',
    body: { max_retries: '5' },
    status: 400,
    field: 'max_retries',
  },
  {
    name: 'too many retries',
    method: 'patch',
    path: '/admin/configuration',
    body: { max_retries: 1e9 },
    status: 400,
    field: 'max_retries',
  },
  {
    name: 'no interval',
    method: 'patch',
    path: '/admin/configuration',
    body: { health_check_interval_minutes: 0 },
    status: 400,
    field: 'health_check_interval_minutes',
  },
  {
    name: 'a list for a provider to check',
    method: 'post',
    path: '/admin/health-checks',
    body: { provider: ['openai'] },
    status: 400,
    field: 'provider',
  },
  {
    name: 'a key for a provider to check',
    method: 'post',
    path: '/admin/health-checks',
    body: { provider: SECRET },
    status: 404,
  },
  { name: 'analytics of nobody', method: 'get', path: `/analytics/${SECRET}`, status: 404 },
];
