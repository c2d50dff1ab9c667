import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { transformSync } from 'esbuild';
import type * as Errors from './errors';

/** The errors as an app's bundler leaves them. */
function minified(): typeof Errors {
  const source = readFileSync(`${__dirname}/errors.ts`, 'utf8');
  const { code } = transformSync(source, { loader: 'ts', format: 'cjs', minify: true, target: 'node20' });
  const module = { exports: {} };
  // What esbuild made of the file is all that it runs.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  new Function('module', 'exports', 'require', code)(module, module.exports, createRequire(__filename));
  return module.exports as typeof Errors;
}

it('E10: errors keep their names where a bundler renames their classes', () => {
  const { AttemptsExhaustedError, NoHealthyKeysError, UnknownKeyError } = minified();
  const details = { provider: 'openai' };
  const errors = [
    new NoHealthyKeysError('none', { ...details, counts: {} }),
    new AttemptsExhaustedError('all used', details),
    new UnknownKeyError('openai', 'id'),
  ];
  expect(errors.map(({ name }) => name)).toEqual(['NoHealthyKeysError', 'AttemptsExhaustedError', 'UnknownKeyError']);
  expect(errors[0]!.constructor.name).not.toBe('NoHealthyKeysError');
});
