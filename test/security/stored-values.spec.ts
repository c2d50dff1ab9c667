import { readIdentity } from '../../src/key-management/store/keys/key-documents';
import type { Json } from '../../src/key-management/store/port/key-store';
import { KeyVault } from '../../src/key-management/store/keys/key-vault';
import { SecretText } from '../../src/key-management/common/secret-text';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { KeyRoute } from '../../src/key-management/pool/key/key-route';
import type { KeyRecord } from '../../src/key-management/pool/key/key-record';
import { fakeKey } from '../simulator';

describe('what somebody else wrote into the store', () => {
  it.each<Json>([-1, 0, '5', null, {}, [1], Infinity])(
    'as a weight or a limit is left out where it is no number of use: %j',
    (value) => {
      const identity = readIdentity({
        maskedKey: 'x',
        weight: value,
        limits: { concurrency: value, tokensPerMinute: 5 },
      });
      expect(identity).toMatchObject({ weight: 1, limits: { tokensPerMinute: 5 } });
      expect(identity!.limits).not.toHaveProperty('concurrency');
    },
  );

  it('as another limit is left out', () => {
    const limits = readIdentity({ maskedKey: 'x', limits: { concurrency: 3, burst: 9 } })!.limits;
    expect(limits).toEqual({ concurrency: 3 });
  });

  it('does not bring an encrypted key into another pool, or under another id', () => {
    const vault = new KeyVault([new SecretText('the secret of this very test')]);
    const [key, other] = [new ApiKey(fakeKey('openai', 1)), new ApiKey(fakeKey('openai', 2))];
    const sealed = vault.seal({ origin: 'runtime', key, provider: 'openai' } as KeyRecord)!;
    expect(vault.open(sealed, 'openai', key.id)).toMatchObject({ kind: 'key' });
    expect(vault.open(sealed, 'evil', key.id)).toEqual({ kind: 'damaged' });
    expect(vault.open(sealed, 'openai', other.id)).toEqual({ kind: 'damaged' });
  });

  it("does not say where another key goes: a key's own base URL and headers are bound to it", () => {
    const vault = new KeyVault([new SecretText('the secret of this very test')]);
    const recordOf = (n: number, route?: KeyRoute): KeyRecord =>
      ({ origin: 'runtime', key: new ApiKey(fakeKey('openai', n)), provider: 'openai', route }) as KeyRecord;
    const routed = recordOf(1, new KeyRoute('https://one.example', { 'X-Workspace': 'wrkspc_0123456789' }));
    const plain = recordOf(2);
    const sealed = vault.seal(routed)!;
    expect(JSON.stringify(sealed)).not.toMatch(/one\.example|wrkspc/);
    const opened = vault.open(sealed, 'openai', routed.key.id);
    expect(opened.kind === 'key' && opened.route?.revealHeaders()).toEqual({ 'x-workspace': 'wrkspc_0123456789' });
    const moved = { ...vault.seal(plain)!, route: sealed.route };
    expect(vault.open(moved, 'openai', plain.key.id)).toEqual({ kind: 'damaged' });
    expect(vault.open({ ...sealed, route: 'v2.x' }, 'openai', routed.key.id)).toEqual({ kind: 'damaged' });
  });

  it('is never encrypted twice under the same nonce', () => {
    const vault = new KeyVault([new SecretText('the secret of this very test')]);
    const key = fakeKey('openai', 1);
    const nonces = Array.from({ length: 200 }, () => {
      const record = { origin: 'runtime', key: new ApiKey(key), provider: 'openai' } as KeyRecord;
      return vault.seal(record)!.secret.split('.')[2];
    });
    expect(new Set(nonces).size).toBe(200);
  });
});
