import { fieldsOf, itemsOf, jsonIn, parseBody, treeOf, type Tree } from './body-tree';

const deepest = (tree: Tree, depth = 0): number =>
  fieldsOf(tree).in === undefined ? depth : deepest(fieldsOf(tree).in, depth + 1);

describe('a parsed body', () => {
  it('holds own data properties, and runs no getter', () => {
    let ran = 0;
    const source = Object.create({ inherited: 1 }, { message: { value: 'x', enumerable: false } }) as object;
    Object.defineProperty(source, 'code', { get: () => ++ran, enumerable: true });
    expect({ ...fieldsOf(treeOf(source)) }).toEqual({ message: 'x' });
    expect(ran).toBe(0);
  });

  it('is frozen through and through, without a prototype', () => {
    const tree = fieldsOf(treeOf({ error: { details: [{ reason: 'R' }] } }));
    const details = itemsOf(fieldsOf(tree.error).details);
    for (const branch of [tree, tree.error, details, details[0]]) expect(Object.isFrozen(branch)).toBe(true);
    expect(Object.getPrototypeOf(tree)).toBeNull();
    expect(fieldsOf(jsonIn('{"a":1}')).constructor).toBeUndefined();
  });

  it('leaves out an object within itself, but not one that stands twice', () => {
    const twice = { code: 'c' };
    const source: Record<string, unknown> = { a: twice, b: [twice] };
    source.self = source;
    expect(JSON.parse(JSON.stringify(treeOf(source)))).toEqual({ a: { code: 'c' }, b: [{ code: 'c' }] });
  });

  it('is bounded in depth, width and length of texts, and keeps what lies nearest', () => {
    let nested: object = {};
    for (let n = 0; n < 100; n += 1) nested = { in: nested };
    expect(deepest(treeOf(nested))).toBeLessThan(17);
    const wide = { a: Array.from({ length: 1_000 }, () => Array.from({ length: 1_000 }, () => [1, 2, 3])), z: 'kept' };
    const text = JSON.stringify(treeOf(wide));
    expect(text.length).toBeLessThan(20_000);
    expect(fieldsOf(treeOf(wide)).z).toBe('kept');
    expect(String(fieldsOf(treeOf({ text: 'x'.repeat(1e6) })).text)).toHaveLength(65_536);
  });

  it('survives proxies that throw, and takes no bytes for fields', () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    const trap = () => {
      throw new Error('trap');
    };
    const hostile = new Proxy({}, { ownKeys: trap, getOwnPropertyDescriptor: trap });
    expect(JSON.stringify(treeOf({ proxy, hostile, bytes: Buffer.alloc(9), ok: 1 }))).toBe(
      '{"proxy":{},"hostile":{},"bytes":{},"ok":1}',
    );
  });

  it('is the same tree when it is parsed once more', () => {
    const tree = treeOf({ a: 1 });
    expect(treeOf(tree)).toBe(tree);
    expect(parseBody(tree)).toEqual({ kind: 'json', value: tree });
  });
});
