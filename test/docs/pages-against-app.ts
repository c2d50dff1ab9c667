import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { keyIdOf } from '../../src/key-management';
import { AppModule } from '../../src/app.module';
import { setUpApp } from '../../src/app-setup';
import type { Stage } from './stage';

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  readonly language: string;
  readonly line: number;
  readonly code: string;
}

const PAGE = 'docs/http-api.md';
const HTTP_ROUTE = /^\| (GET|POST|PATCH|DELETE) \| `(\/[^`]*)`.*? \| (anyone|viewer|admin) \|/gm;

/** What is read of the document. */
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly schema: { readonly enum?: readonly string[] } }[];
}

/** What docs/http-api.md says of routes, roles, documents and curl against the host app itself. */
export async function checkPagesAgainstApp(blocks: readonly Block[], stage: Stage): Promise<void> {
  const url = await stage.serve(AppModule, (app) => setUpApp(app as NestExpressApplication));
  const { ADMIN_TOKEN = '', VIEWER_TOKEN = '' } = process.env;
  const keyId = keyIdOf(process.env.OPENAI_API_KEYS!.split(',')[0]!);
  const asked = (path: string): string => `${url}${path.replace('{provider}', 'openai').replace('{id}', keyId)}`;
  const page = readFileSync(PAGE, 'utf8');
  const routes = [...page.matchAll(HTTP_ROUTE)].map(([, method, path, role]) => ({
    method: method!,
    path: path!,
    role: role!,
  }));

  const documented = (await (await fetch(`${url}/docs-json`)).json()) as OpenApi;
  const ofTheApp = Object.entries(documented.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const outsideOfTheDocument = ['GET /dashboard', 'GET /docs'];
  const onThePage = routes.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(onThePage.sort(), [...ofTheApp, ...outsideOfTheDocument].sort(), `routes of ${PAGE}`);

  const parameters = documented.paths['/admin/events']?.get?.parameters ?? [];
  const types = parameters.find(({ name }) => name === 'type')?.schema.enum ?? [];
  const events = /^## Events$([\s\S]*?)^## /m.exec(page)?.[1] ?? '';
  const explained = [...events.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, names]) => names!.match(/\w+/g)!);
  assert.deepEqual(explained.sort(), [...types].sort(), `types of events on ${PAGE}`);

  for (const { method, path, role } of routes) {
    const answer = async (token?: string): Promise<number> => {
      const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
      const signal = AbortSignal.timeout(10_000);
      const { status, body } = await fetch(asked(path), { method, headers, signal });
      await body?.cancel();
      return status;
    };
    const opens = { nobody: await answer(), viewer: await answer(VIEWER_TOKEN) };
    const what = `${method} ${path} is for ${role}`;
    if (role === 'anyone') assert.notEqual(opens.nobody, 401, what);
    else assert.equal(opens.nobody, 401, what);
    if (role === 'admin') assert.equal(opens.viewer, 403, what);
    else assert(opens.viewer < 400 || path === '/dashboard', `${what}, and answers a viewer with ${opens.viewer}`);
  }

  const status = await fetch(`${url}/health/keys`, { headers: { authorization: `Bearer ${VIEWER_TOKEN}` } });
  const answered = (await status.json()) as object;
  const shown = blocks.find(({ page, language }) => page === PAGE && language === 'json');
  sameShape(JSON.parse(shown!.code) as object, answered, 'the status document');

  for (const block of blocks) {
    if (block.page === PAGE && block.language === 'sh' && block.code.includes('curl')) {
      await runCurl(block, url, { ADMIN_TOKEN, ID: keyId, KEY: stage.simulator.openai.newKeys(1)[0]! });
    }
  }
}

/** Each field that is shown is there, and no other. Lists are compared by their first entries, counts by name are not compared. */
function sameShape(shown: unknown, answered: unknown, at: string): void {
  if (typeof shown !== 'object' || shown === null || at.endsWith('status_breakdown')) return;
  if (Array.isArray(shown)) {
    sameShape(shown[0], (answered as unknown[])[0], `${at}[0]`);
    return;
  }
  const fields = Object.keys(answered as object);
  const names = at.endsWith('.providers') ? Object.keys(shown) : fields;
  assert.deepEqual(Object.keys(shown).sort(), names.sort(), at);
  for (const [name, value] of Object.entries(shown)) {
    sameShape(value, (answered as Record<string, unknown>)[name], `${at}.${name}`);
  }
}

/** Runs the block in a shell; each curl must get an answer of success. */
async function runCurl({ code, line }: Block, url: string, env: Record<string, string>): Promise<void> {
  const script = `set -eu\ncurl() { command curl --fail -o /dev/null "$@" || { echo "curl $*" >&2; exit 1; }; }\n${code}`;
  const shell = spawn('bash', ['-c', script.replace('http://localhost:3000', url)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  shell.stderr.on('data', (data) => (said += String(data)));
  const exitCode = await new Promise((resolve) => shell.on('close', resolve));
  assert.equal(exitCode, 0, `${PAGE}:${line}: ${said}`);
}
