import { absentPeer, missingPeer } from './optional-peer';

/** What Node throws for `require` and `import` of a package that is not there. */
const notFound = (name: string, code: string, requiredBy = '/app/main.js'): Error =>
  Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- ${requiredBy}`), { code });

describe('a package that an app may do without', () => {
  it.each(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])('is told to be absent by %s', (code) => {
    expect(absentPeer('pg', notFound('pg', code))).toBeUndefined();
    expect(missingPeer('pg', 'pg@8', 'The postgres store', notFound('pg', code))).toBe(
      'The postgres store needs the package pg, which is not installed: npm i pg@8 (or pnpm add pg@8).',
    );
  });

  it.each([
    [
      'one of its own dependencies is missing',
      notFound('pg-types', 'MODULE_NOT_FOUND', '/app/node_modules/other/x.js'),
    ],
    ['it throws while it is loaded', new Error("Cannot find module 'other'")],
    ['its own files are broken', Object.assign(new SyntaxError('Unexpected token'), { code: 'ERR_X' })],
  ])('is there and does not work where %s', (_, error) => {
    const wanted = 'ioredis';
    expect(() => absentPeer(wanted, error)).toThrow(error);
    expect(missingPeer(wanted, wanted, 'The redis store', error)).toBe(
      'The redis store could not load the package ioredis. Install it anew: npm i ioredis (or pnpm add ioredis).',
    );
  });

  it('is not taken for absent where only a part of the name is missing', () => {
    const error = notFound('pg-types', 'MODULE_NOT_FOUND', '/app/node_modules/pg/lib/index.js');
    expect(missingPeer('pg', 'pg@8', 'The postgres store', error)).toMatch(/^The postgres store could not load/);
    expect(absentPeer('pg', notFound('pg/lib/client', 'MODULE_NOT_FOUND'))).toBeUndefined();
  });

  it('is not taken for absent because it stands in the stack of who required what is missing', () => {
    const error = notFound('denque', 'MODULE_NOT_FOUND', '/app/node_modules/ioredis/built/index.js');
    expect(() => absentPeer('ioredis', error)).toThrow(error);
  });
});
