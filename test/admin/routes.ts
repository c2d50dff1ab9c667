import type { Method } from './support';

export interface Route {
  method: Method;
  path: string;
  access: 'public' | 'viewer' | 'admin';
  body?: object;
  /** Of a successful answer. */
  status?: number;
}

/** Every route of the API, for a provider `openai` with a key of that id. */
export const routesFor = (id: string): Route[] => [
  { method: 'get', path: '/health', access: 'public' },
  { method: 'get', path: '/health/live', access: 'public' },
  { method: 'get', path: '/health/ready', access: 'public' },
  { method: 'get', path: '/health/keys', access: 'viewer' },
  { method: 'get', path: '/analytics/openai', access: 'viewer' },
  { method: 'get', path: '/admin/providers/openai/keys', access: 'viewer' },
  { method: 'get', path: `/admin/providers/openai/keys/${id}`, access: 'viewer' },
  {
    method: 'post',
    path: '/admin/providers/openai/keys',
    access: 'admin',
    body: { keys: ['sk-proj-not-a-real-key-00000'] },
  },
  { method: 'patch', path: `/admin/providers/openai/keys/${id}`, access: 'admin', body: { label: 'x' } },
  { method: 'post', path: `/admin/providers/openai/keys/${id}/check`, access: 'admin' },
  {
    method: 'post',
    path: '/admin/providers/openai/keys/bulk',
    access: 'admin',
    body: { action: 'check', ids: [id] },
  },
  { method: 'post', path: '/admin/providers/openai/pause', access: 'admin', body: {} },
  { method: 'post', path: '/admin/providers/openai/resume', access: 'admin' },
  { method: 'get', path: '/admin/failed-calls', access: 'viewer' },
  { method: 'post', path: '/admin/health-checks', access: 'admin', body: {} },
  { method: 'get', path: '/admin/configuration', access: 'viewer' },
  { method: 'patch', path: '/admin/configuration', access: 'admin', body: { max_retries: 3 } },
  { method: 'get', path: '/admin/events', access: 'viewer' },
  { method: 'delete', path: `/admin/providers/openai/keys/${id}`, access: 'admin', status: 204 },
];
