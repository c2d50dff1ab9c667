import { execFileSync } from 'node:child_process';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { asJsonSchema } from '../support/json-schema';
import OpenAI from 'openai';
import { keyIdOf, RetryExecutorService } from '../../src/key-management';
import { VendorSimulator } from '../simulator';
import { routesFor, type Route } from './routes';
import { startApi, VIEWER, type ApiUnderTest } from './support';

interface Operation {
  summary?: string;
  security?: object[];
  responses: Record<string, { content?: { 'application/json': { schema: object } } }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

/** Nothing may be answered that the schema does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return 'properties' in copy && !('additionalProperties' in copy) && copy.type === 'object'
    ? { ...copy, additionalProperties: false }
    : copy;
}

/** The validator is an ES module, which Jest cannot load: it runs in a process of its own. */
const VALIDATE = `
  import { readFileSync } from 'node:fs';
  import { Validator } from '@seriousme/openapi-schema-validator';
  const result = await new Validator().validate(JSON.parse(readFileSync(0, 'utf8')));
  console.log(JSON.stringify(result));`;

const validated = (document: Document): string =>
  execFileSync(process.execPath, ['--input-type=module', '--eval', VALIDATE], {
    input: JSON.stringify(document),
    encoding: 'utf8',
  });

describe('the OpenAPI document', () => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  let document: Document;
  let schemas: Ajv;
  let keys: string[];

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    keys = simulator.openai.newKeys(3);
    const { baseUrl } = simulator.openai;
    api = await startApi({
      options: { providers: { openai: { keys, baseUrl } }, backoff: { initialMs: 0, maxMs: 0 } },
    });
    document = (await api.send('get', '/docs-json', null).expect(200)).body as Document;
    schemas = new Ajv({ strict: false, allErrors: true });
    addFormats(schemas);
    schemas.addSchema({ $id: 'document', components: closed(asJsonSchema(document.components)) as object });
  });
  afterAll(async () => {
    await api.app.close();
    await simulator.close();
  });

  /** The documented operation whose path template fits. */
  const operationOf = ({ method, path }: Pick<Route, 'method' | 'path'>): Operation => {
    const plain = path.replace(/\?.*/, '');
    const fits = (template: string): boolean => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(plain);
    // A path without a parameter is meant before one with.
    const templates = Object.keys(document.paths)
      .filter(fits)
      .sort((a, b) => a.split('{').length - b.split('{').length);
    return document.paths[templates[0]!]![method]!;
  };

  const validatorFor = (operation: Operation, status: number): ValidateFunction | undefined => {
    const schema = operation.responses[status]?.content?.['application/json'].schema;
    if (!schema) return undefined;
    return schemas.compile(
      JSON.parse(JSON.stringify(schema).replaceAll('#/components', 'document#/components')) as object,
    );
  };

  it('is valid OpenAPI 3', () => {
    expect(JSON.parse(validated(document))).toEqual({ valid: true });
    expect(document.openapi).toMatch(/^3\./);
  });

  it('names every component that it refers to, also where the host app makes the document', () => {
    const own = SwaggerModule.createDocument(api.app, new DocumentBuilder().build()) as unknown as Document;
    expect(own.components.schemas).toEqual(document.components.schemas);
    const referred = [...JSON.stringify(own).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(referred.length).toBeGreaterThan(50);
    expect(Object.keys(own.components.schemas)).toEqual(expect.arrayContaining(referred));
  });

  it('has every route, with a summary, its error answers and bearer auth', () => {
    for (const route of routesFor('0123456789abcdef')) {
      const operation = operationOf(route);
      expect(operation).toMatchObject({ summary: expect.any(String) });
      const statuses = Object.keys(operation.responses);
      if (route.access === 'public') {
        // A process that answers is alive, whatever else.
        expect(statuses).toEqual(route.path === '/health/live' ? ['200'] : ['200', '503']);
      } else {
        expect(operation.security).toEqual([{ bearer: [] }]);
        expect(statuses).toEqual(expect.arrayContaining([String(route.status ?? 200), '401', '403', '404', '429']));
      }
    }
    expect(document.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('shows no key that could be one', () => {
    expect(JSON.stringify(document)).not.toMatch(/sk-(?!proj-FAKE|1234\.\.\.cdef)/);
  });

  it('says what is really answered, also after calls, cools down and removals', async () => {
    const { openai } = simulator;
    openai.key(keys[0]!, { kind: 'invalid' });
    openai.key(keys[1]!, { kind: 'alwaysRateLimited', retryAfterMs: 60_000 });
    const executor = api.app.get(RetryExecutorService);
    for (let index = 0; index < 6; index += 1) {
      await executor.execute('openai', ({ apiKey }) =>
        new OpenAI({ apiKey, baseURL: `${openai.baseUrl}/v1`, maxRetries: 0 }).chat.completions.create({
          model: 'gpt-5-nano',
          messages: [{ role: 'user', content: 'Hello' }],
        }),
      );
    }
    const [added] = openai.newKeys(1) as [string];
    const id = keyIdOf(keys[2]!);
    const requests: Route[] = [
      { ...routesFor(id)[7]!, body: { keys: [{ key: added, models: ['m'] }, 'sk-bad', keys[0]] } },
      ...routesFor(id),
      { method: 'get', path: '/admin/events?limit=500', access: 'viewer' },
    ];
    for (const route of requests) {
      const answer = await api.send(route.method, route.path).send(route.body);
      expect([route.path, answer.status]).toEqual([route.path, route.status ?? 200]);
      checkAnswer(route, answer.status, answer.body);
    }
  });

  const checkAnswer = (route: Route, status: number, body: unknown): void => {
    const validate = validatorFor(operationOf(route), status);
    if (status === 204) return;
    if (!validate) throw new Error(`${route.method} ${route.path}: ${status} is not documented`);
    validate(body);
    expect({ route: route.path, errors: validate.errors }).toEqual({ route: route.path, errors: null });
  };

  it('says what errors are answered as', async () => {
    const path = '/admin/providers/openai/keys';
    const refusals: [Route, string | null, number][] = [
      [{ method: 'post', path, access: 'admin', body: { keys: [5] } }, 'admin', 400],
      [{ method: 'get', path, access: 'viewer' }, null, 401],
      [{ method: 'post', path, access: 'admin', body: {} }, VIEWER, 403],
      [{ method: 'get', path: '/analytics/nobody', access: 'viewer' }, 'admin', 404],
      [
        { method: 'post', path, access: 'admin', body: { keys: [{ key: 'k' }, { key: 'k', label: 'l' }] } },
        'admin',
        409,
      ],
      [{ method: 'post', path, access: 'admin', body: { keys: ['k'.repeat(1_100_000)] } }, 'admin', 413],
    ];
    for (const [route, token, status] of refusals) {
      const answer = await api.send(route.method, route.path, token === 'admin' ? undefined : token).send(route.body);
      expect([route.path, answer.status]).toEqual([route.path, status]);
      checkAnswer(route, status, answer.body);
    }
  });

  it('is shown by a page that its own policy lets work', async () => {
    const page = await api.send('get', '/docs', null).expect(200);
    expect(page.text).toContain('swagger-ui');
    const policy = page.headers['content-security-policy'] ?? '';
    expect(policy).toContain("script-src 'self'");
    for (const script of page.text.matchAll(/<script src="\.\/([^"]+)"/g)) {
      await api.send('get', `/${script[1]!}`, null).expect(200);
    }
    expect(page.text).not.toMatch(/<script>[^<]/);
  });
});
