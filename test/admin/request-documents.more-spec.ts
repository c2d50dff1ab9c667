import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { asJsonSchema } from '../support/json-schema';
import { CASES, KEYS, type HostileCase } from './hostile-cases';
import { startApi, type ApiUnderTest, type Method } from './support';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: object;
}
interface Operation {
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: { 'application/json': { schema: object } } };
  responses: Record<string, { headers?: object }>;
}
interface Document {
  paths: Record<string, Partial<Record<Method, Operation>>>;
  components: object;
}

type Asked = Pick<HostileCase, 'method' | 'path' | 'body'>;
const ID = '0123456789abcdef';

describe('what the OpenAPI document says of requests', () => {
  let api: ApiUnderTest;
  let document: Document;
  let schemas: Ajv;

  beforeAll(async () => {
    api = await startApi();
    document = asJsonSchema((await api.send('get', '/docs-json', null).expect(200)).body) as Document;
    schemas = new Ajv({ strict: false, coerceTypes: true });
    addFormats(schemas);
    schemas.addSchema({ $id: 'document', components: document.components });
  });
  afterAll(() => api.app.close());

  const fits = (schema: object, value: unknown, strictly: boolean): boolean => {
    const text = JSON.stringify(schema).replaceAll('#/components', 'document#/components');
    const ajv = strictly ? new Ajv({ strict: false }) : schemas;
    if (strictly) addFormats(ajv).addSchema({ $id: 'document', components: document.components });
    return ajv.validate(JSON.parse(text) as object, value);
  };

  /** Whether the document allows the request. */
  function allows({ method = 'post', path = KEYS, body }: Asked): boolean {
    const [plain = '', query = ''] = path.replace(':id', ID).split('?');
    const found = Object.entries(document.paths)
      .map(([template, methods]) => ({
        operation: methods[method],
        match: new RegExp(`^${template.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(plain),
      }))
      .find(({ operation, match }) => operation && match)!;
    const { parameters = [], requestBody } = found.operation!;
    const asked = new URLSearchParams(query);
    const pathFits = parameters
      .filter((parameter) => parameter.in === 'path')
      .every(({ name, schema }) => fits(schema, decodeURIComponent(found.match!.groups![name]!), true));
    const queryFits = [...asked.keys()].every((name) => {
      const parameter = parameters.find((each) => each.in === 'query' && each.name === name);
      return parameter && asked.getAll(name).length === 1 && fits(parameter.schema, asked.get(name), false);
    });
    const bodyFits = !requestBody
      ? body === undefined
      : body === undefined
        ? !requestBody.required
        : fits(requestBody.content['application/json'].schema, JSON.parse(JSON.stringify(body)), true);
    return pathFits && queryFits && bodyFits;
  }

  // Which cursors were given out no schema can say; that names of prototypes are refused, none needs to.
  const refused = CASES.filter(
    ({ status, raw, name }) => status === 400 && raw === undefined && !/cursor|bad escapes|limit in hex/.test(name),
  );

  it.each(refused)('forbids what is refused: $name', (asked) => {
    expect(allows(asked)).toBe(false);
  });

  it.each<Asked>([
    { body: { keys: ['sk-1', { key: 'sk-2' }] } },
    {
      body: {
        keys: [{ key: 'k', label: '', weight: 0.5, quota_group: 'g', models: [], limits: { concurrency: null } }],
      },
    },
    { body: { keys: [{ key: 'k', limits: { requests_per_minute: 0.5, tokens_per_minute: 1e9 } }] } },
    { method: 'patch', path: `${KEYS}/:id`, body: { label: null } },
    { method: 'patch', path: `${KEYS}/:id`, body: { enabled: true, weight: 1_000, limits: {} } },
    { method: 'patch', path: '/admin/configuration', body: { max_retries: 0 } },
    { method: 'patch', path: '/admin/configuration', body: { health_check_interval_minutes: 0.05 } },
    { path: '/admin/health-checks' },
    { path: '/admin/health-checks', body: {} },
    { path: '/admin/health-checks', body: { provider: 'My-Vendor.eu' } },
    { path: `${KEYS}/bulk`, body: { action: 'disable', ids: [ID, ID] } },
    { path: `${KEYS}/bulk`, body: { action: 'check', where: { status: 'healthy' } } },
    { path: `${KEYS}/bulk`, body: { action: 'delete', where: { label: '', account: 'org-1' } } },
    { path: '/admin/providers/openai/pause' },
    { path: '/admin/providers/openai/pause', body: { until: '2099-01-01T00:00:00+02:00' } },
    { path: '/admin/providers/openai/resume' },
    { method: 'get', path: '/admin/failed-calls?limit=500&provider=openai&outcome=no_key' },
    { method: 'get', path: `${KEYS}?limit=500&status=healthy&label=team-a&account=org-1` },
    { method: 'get', path: '/admin/events?limit=1&type=admin_action&provider=openai' },
    {
      method: 'get',
      path: `/analytics/openai/keys/:id/timeline?resolution=hour&from=0013-08-20T16:24:16.3Z&to=2026-01-01T00:00:00%2B02:00`,
    },
  ])('allows what is accepted: $method $path $body', async (asked) => {
    expect(allows(asked)).toBe(true);
    const { method = 'post', path = KEYS, body } = asked;
    const answer = await api.send(method, path.replace(':id', ID)).send(body as object);
    // There is no such key; nothing else is wrong.
    expect([200, 404]).toContain(answer.status);
  });

  it('names each parameter once, and the refusals that have a cause of their own', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { parameters = [], requestBody, responses }] of Object.entries(methods)) {
        const names = parameters.map((each) => `${each.in} ${each.name.toLowerCase()}`);
        expect([path, names]).toEqual([path, [...new Set(names)]]);
        if (requestBody)
          expect([path, method, Object.keys(responses)]).toEqual([
            path,
            method,
            expect.arrayContaining(['413', '415']),
          ]);
        if (responses['429']) {
          expect(responses['429'].headers).toHaveProperty('Retry-After');
          expect(responses['401']!.headers).toHaveProperty('WWW-Authenticate');
        }
      }
    }
    expect(document.paths['/admin/events/stream']!.get!.responses).toHaveProperty('503');
  });
});
