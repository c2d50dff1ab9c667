import crypto from 'node:crypto';
import fc from 'fast-check';
import { inspect } from 'node:util';
import { decryptSecret, encryptionKeys, encryptSecret } from './encryption';

const SECRET = 'a secret of enough characters';
const OLD = 'the secret of the year before';
const CONTEXT = 'openai/0123456789abcdef';
const VALUE = 'sk-proj-CANARY-0123456789';

describe('secrets at rest', () => {
  const keys = encryptionKeys(SECRET);
  const encrypted = encryptSecret(VALUE, keys, CONTEXT);

  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(decryptSecret(encryptSecret(value, keys, CONTEXT), keys, CONTEXT)).toEqual({
          ok: true,
          value,
          needsRotation: false,
        });
      }),
    );
  });

  it('read differently each time, and hold nothing of the value or the secret', () => {
    const texts = Array.from({ length: 100 }, () => encryptSecret(VALUE, keys, CONTEXT));
    expect(new Set(texts).size).toBe(100);
    for (const text of texts) {
      expect(text).toMatch(/^v2\.[0-9a-f]{12}\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/);
      expect(text + Buffer.from(text.split('.')[3]!, 'base64url').toString()).not.toContain('CANARY');
    }
  });

  it('come back in another process with the same secret', () => {
    expect(decryptSecret(encrypted, encryptionKeys(` ${SECRET}\n`), CONTEXT)).toEqual({
      ok: true,
      value: VALUE,
      needsRotation: false,
    });
  });

  it('come back from the form of version 1, and are to be written anew', () => {
    // Made by the code of that version.
    const earlier = 'v1.a32bf979393a.5p_RK3RehYOubHrU.oqaF2sy5gvpKRzYplGqza46oDzaq3gAt-w.yjDzNcPaGfr2SLEHrqJxVw';
    expect(decryptSecret(earlier, keys, CONTEXT)).toEqual({ ok: true, value: VALUE, needsRotation: true });
    expect(decryptSecret(earlier, encryptionKeys('another secret of that length', SECRET), CONTEXT).ok).toBe(true);
    expect(decryptSecret(earlier, encryptionKeys(OLD), CONTEXT)).toEqual({ ok: false, reason: 'wrong_secret' });
    expect(decryptSecret(`v2${earlier.slice(2)}`, keys, CONTEXT).ok).toBe(false);
  });

  it('come back for what they are bound to only', () => {
    for (const other of ['openai/0123456789abcdee', 'anthropic/0123456789abcdef', '']) {
      expect(decryptSecret(encrypted, keys, other)).toEqual({ ok: false, reason: 'damaged' });
    }
  });

  it('notice each changed character', () => {
    for (let i = 0; i < encrypted.length; i++) {
      const changed = encrypted.slice(0, i) + (encrypted[i] === '0' ? '1' : '0') + encrypted.slice(i + 1);
      const result = decryptSecret(changed, keys, CONTEXT);
      // The last character of a base64url part has bits that no byte takes up.
      expect(result.ok && result.value !== VALUE).toBe(false);
      if (!'.'.includes(encrypted[i + 1] ?? '.')) expect(result.ok).toBe(false);
    }
  });

  it.each(['', 'v2', 'v2....', VALUE, 'v3' + encrypted.slice(2), encrypted + '.x', encrypted.slice(0, -4)])(
    'say that %j is damaged',
    (text) => {
      expect(decryptSecret(text, keys, CONTEXT)).toEqual({ ok: false, reason: 'damaged' });
    },
  );

  it('say that the secret is wrong, and come back when it is right again', () => {
    expect(decryptSecret(encrypted, encryptionKeys(OLD), CONTEXT)).toEqual({ ok: false, reason: 'wrong_secret' });
    expect(decryptSecret(encrypted, keys, CONTEXT).ok).toBe(true);
  });

  it.each([`${'x'.repeat(16)}, ${SECRET} ,`, [SECRET]])('are rotated from earlier secrets (%j)', (previous) => {
    const rotated = encryptionKeys(OLD, previous);
    expect(decryptSecret(encrypted, rotated, CONTEXT)).toEqual({ ok: true, value: VALUE, needsRotation: true });
    const again = encryptSecret(VALUE, rotated, CONTEXT);
    expect(decryptSecret(again, encryptionKeys(OLD), CONTEXT)).toEqual({
      ok: true,
      value: VALUE,
      needsRotation: false,
    });
  });

  it('need a secret of 16 characters', () => {
    expect(() => encryptionKeys('x'.repeat(15))).toThrow(/^KEY_ENCRYPTION_SECRET is too short.*16 characters.*openssl/);
    expect(() => encryptionKeys(' '.repeat(20))).toThrow(/KEY_ENCRYPTION_SECRET/);
    expect(() => encryptionKeys(SECRET, 'hunter2')).toThrow(/^KEY_ENCRYPTION_SECRET_PREVIOUS/);
    expect(() => encryptionKeys(SECRET, 'hunter2')).not.toThrow(/hunter2/);
    // Each secret in both forms.
    expect(encryptionKeys('x'.repeat(16), '').all).toHaveLength(2);
  });

  it('cost a guesser of the secret much time and memory', () => {
    const scrypt = jest.spyOn(crypto, 'scryptSync');
    encryptionKeys(SECRET, OLD);
    expect(scrypt.mock.calls.map(([secret]) => secret)).toEqual([SECRET, OLD]);
    for (const [, , , { N = 0, r = 0 } = {}] of scrypt.mock.calls)
      expect(N * r * 128).toBeGreaterThanOrEqual(32 * 2 ** 20);
    scrypt.mockRestore();
  });

  it('print nothing of their keys', () => {
    const shown = inspect(keys, { depth: null, showHidden: true }) + JSON.stringify(keys);
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(keys.current.key.export().toString('hex'));
  });
});
