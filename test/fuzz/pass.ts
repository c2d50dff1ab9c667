import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { documentOf } from './document';
import { ADMIN, VIEWER, type Target } from './target';

/** The sources beside this file before it was compiled. */
const HERE = join(__dirname, '../../../test/fuzz');
const FOLDER = resolve('.build/fuzz');
/** Bounds on hangs, which a busy machine does not reach. */
const REQUEST_SECONDS = 20;
const LONGEST_ANSWER_SECONDS = 10;
/** What schemathesis needs beside its time limit: loading, shrinking, the report. */
const GRACE_MS = 60_000;

const TOKENS = { admin: ADMIN, viewer: VIEWER, none: undefined } as const;
export type Who = keyof typeof TOKENS;

export interface PassResult {
  readonly requests: number;
  readonly passed: boolean;
  /** What schemathesis prints, to be shown where something was found. */
  readonly output: string;
}

interface Report {
  readonly test_cases: { readonly generated: number };
}

/** One run of schemathesis over the app, with one token. */
export async function runPass(
  program: string,
  target: Target,
  { who, seconds, seed }: { who: Who; seconds: number; seed: number },
): Promise<PassResult> {
  await mkdir(FOLDER, { recursive: true });
  const document = join(FOLDER, 'openapi.json');
  const report = join(FOLDER, 'report.json');
  await rm(report, { force: true });
  await writeFile(document, JSON.stringify(await documentOf(target.url)));
  const token = TOKENS[who];
  const args = [
    ...['--config-file', join(HERE, 'schemathesis.toml'), 'run', document, '--url', target.url],
    ...(token === undefined ? [] : ['--header', `Authorization: Bearer ${token}`]),
    // A live stream never ends; the Jest suite has it.
    ...['--exclude-path', '/admin/events/stream'],
    ...['--seed', String(seed), '--max-time', String(seconds), '--generation-database', 'none'],
    ...['--request-timeout', String(REQUEST_SECONDS), '--max-response-time', String(LONGEST_ANSWER_SECONDS)],
    ...['--continue-on-failure', '--suppress-health-check', 'all', '--no-color', '--report-json-path', report],
  ];
  const { code, output } = await run(program, args, seconds * 1_000 + GRACE_MS);
  const requests = await readFile(report, 'utf8').then(
    (text) => (JSON.parse(text) as Report).test_cases.generated,
    () => 0,
  );
  // A run that asked nothing has found nothing.
  return { requests, passed: code === 0 && requests > 0, output };
}

function run(
  program: string,
  args: readonly string[],
  limitMs: number,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    let output = '';
    const env = { ...process.env, PYTHONPATH: HERE, PYTHONDONTWRITEBYTECODE: '1', SCHEMATHESIS_HOOKS: 'hooks' };
    const child = spawn(program, args, { env, cwd: FOLDER, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (error) => resolve({ code: null, output: `${output}\n${error.message}` }));
    child.once('close', (code) => resolve({ code, output }));
  });
}
