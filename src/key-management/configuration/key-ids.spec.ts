import { secret } from '../../../test/canary/canary';
import { keyIdOf } from '../pool/key/api-key';
import { idProblems, secretIdFlaw, type NamedKey } from './key-ids';
import { resolveOptions } from './resolve-options';

const [ONE, TWO] = ['sk-proj-SIMULATED-one-0123456789', 'sk-proj-SIMULATED-two-0123456789'].map((key) =>
  secret(key),
) as [string, string];
const tokens = (): Promise<string> => Promise.resolve(ONE);

describe('ids of keys in the options', () => {
  const resolve = (keys: unknown[], env = {}) =>
    resolveOptions({ store: { kind: 'memory' }, providers: { acme: { keys: keys as never } } }, env).providers.get(
      'acme',
    )!.keys;

  it('name their keys; without one the key itself makes it', () => {
    const keys = resolve([{ key: ONE, id: 'a.b_c-1' }, TWO, { key: tokens, id: 'vertex' }]);
    expect(keys.map(({ key, tokens: get }) => [key.id, key.isNamed, get !== undefined])).toEqual([
      ['a.b_c-1', true, false],
      [keyIdOf(TWO), false, false],
      ['vertex', true, true],
    ]);
    expect(keys[0]!.key.tokenId).toBe(keyIdOf(ONE));
    expect(keys[2]!.key.masked).toBe('***');
  });

  it('may be the same for one key that is given twice', () => {
    expect(
      resolve([
        { key: ONE, id: 'a' },
        { key: ` ${ONE} `, id: 'a' },
      ]),
    ).toHaveLength(1);
  });

  it('one function may get the tokens of several keys', () => {
    expect(
      resolve([
        { key: tokens, id: 'a' },
        { key: tokens, id: 'b' },
      ]).map(({ key }) => key.id),
    ).toEqual(['a', 'b']);
  });

  it.each<[string, NamedKey[], string]>([
    ['a function without one', [{ key: tokens }], 'providers.acme.keys.0.id: is needed where the key is a function'],
    [
      'one that is the key',
      [{ key: 'abcdef-0123456789-ghijkl', id: 'abcdef-0123456789-ghijkl' }],
      'keys.0.id: must be a name for the key',
    ],
    ['a path', [{ key: ONE, id: '..' }], 'providers.acme.keys.0.id: must be 1 to 64 of a-z, 0-9'],
    [
      'one for two keys',
      [
        { key: ONE, id: 'a' },
        { key: TWO, id: 'a' },
      ],
      'keys.1.id: is the id of keys.0 too',
    ],
    [
      'one for two functions',
      [
        { key: tokens, id: 'a' },
        { key: () => tokens(), id: 'a' },
      ],
      'keys.1.id: is the id of keys.0 too',
    ],
    [
      'two for one key',
      [{ key: ONE }, { key: ONE, id: 'a' }],
      'keys.1.id: the same key stands in keys.0 under another id',
    ],
    [
      'the made id of another key',
      [{ key: ONE }, { key: TWO, id: keyIdOf(ONE) }],
      'keys.1.id: is the id of keys.0 too',
    ],
  ])('refuse %s, and show no key', (_, keys, said) => {
    expect(() => resolve(keys)).toThrow(said);
    expect(() => resolve(keys)).not.toThrow(/SIMULATED/);
  });

  it('stand in a JSON list of the environment, and a wrong one is refused by the name of the variable', () => {
    const env = (id: unknown) => ({ KEY_STORE: 'memory', OPENAI_API_KEYS: JSON.stringify([{ key: ONE, id }, TWO]) });
    const keysOf = (id: unknown) =>
      resolveOptions({}, env(id))
        .providers.get('openai')!
        .keys.map(({ key }) => key.id);
    expect(keysOf('team-a')).toEqual(['team-a', keyIdOf(TWO)]);
    expect(() => keysOf('Team A')).toThrow('OPENAI_API_KEYS (option providers.openai.keys.0.id): must be 1 to 64');
    expect(() => keysOf(7)).toThrow('OPENAI_API_KEYS (option providers.openai.keys.0.id): must be text');
  });

  it('cost nothing where none is given', () => {
    const keys = Array.from({ length: 3 }, (_, n) => ({
      get key(): string {
        throw new Error(String(n));
      },
    }));
    expect(idProblems(keys)).toEqual([]);
  });

  it('are looked through for secrets', () => {
    expect(secretIdFlaw({ key: ONE, id: 'team.prod-eu_1' })).toBeUndefined();
    expect(secretIdFlaw({ key: ONE, id: keyIdOf(ONE) })).toBeUndefined();
    expect(secretIdFlaw({ key: tokens, id: 'hf_0123456789abcdefghij' })).toMatch(/looks like one/);
  });
});
