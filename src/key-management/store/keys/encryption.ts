import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  randomBytes,
  scryptSync,
  type KeyObject,
} from 'node:crypto';

/** A secret below this many characters is refused. */
const SHORTEST_ENCRYPTION_SECRET = 16;

/** `v2`: the secret goes through scrypt. `v1`, where it did not, is still read, and no longer written. */
const VERSION = 'v2';
const EARLIER = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const FINGERPRINT_BYTES = 6;
const SALT = 'nestjs-ai-key-management';
/** 32 MB and about a tenth of a second for each guess at a secret that a person made up; once per start for us. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** Prints no secret: a KeyObject inspects and serialises without its bytes. */
interface EncryptionKey {
  readonly version: string;
  readonly fingerprint: string;
  readonly key: KeyObject;
}

/** The key that encrypts, and all that decrypt. Made by {@link encryptionKeys}. */
export interface EncryptionKeys {
  readonly current: EncryptionKey;
  readonly all: readonly EncryptionKey[];
}

/**
 * - `wrong_secret`: encrypted under a secret that is not among those given.
 * - `damaged`: changed, cut, bound to another context, or not of this form at all.
 */
export type DecryptedSecret =
  { ok: true; value: string; needsRotation: boolean } | { ok: false; reason: 'wrong_secret' | 'damaged' };

/**
 * @param secret `KEY_ENCRYPTION_SECRET`: encrypts and decrypts.
 * @param previous `KEY_ENCRYPTION_SECRET_PREVIOUS`, a list or its comma-separated text: these only decrypt.
 * @throws Error that names the setting when a secret is too short
 */
export function encryptionKeys(secret: string, previous: string | readonly string[] = []): EncryptionKeys {
  const earlier = typeof previous === 'string' ? previous.split(',') : previous;
  const [current, ...forms] = deriveKeys(secret.trim(), 'KEY_ENCRYPTION_SECRET');
  const others = earlier
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .flatMap((each) => deriveKeys(each, 'KEY_ENCRYPTION_SECRET_PREVIOUS'));
  return { current, all: [current, ...forms, ...others] };
}

/**
 * `v2.<fingerprint of the key>.<iv>.<ciphertext>.<tag>`, in base64url. Each call gives another text.
 * @param context What the value belongs to, as `openai/0123456789abcdef`; it decrypts for nothing else.
 */
export function encryptSecret(value: string, { current }: EncryptionKeys, context: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', current.key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(context, VERSION));
  const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return [
    VERSION,
    current.fingerprint,
    ...[iv, text, cipher.getAuthTag()].map((part) => part.toString('base64url')),
  ].join('.');
}

/** Never throws. `needsRotation` says that an earlier secret decrypted it, or an earlier form of the current one: encrypt it again under the current one. */
export function decryptSecret(encrypted: string, { current, all }: EncryptionKeys, context: string): DecryptedSecret {
  const [version, fingerprint, ...parts] = encrypted.split('.');
  const [iv, text, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (
    (version !== VERSION && version !== EARLIER) ||
    !fingerprint ||
    parts.length !== 3 ||
    iv?.length !== IV_BYTES ||
    tag?.length !== TAG_BYTES ||
    !text
  ) {
    return { ok: false, reason: 'damaged' };
  }
  const found = all.find((each) => each.version === version && each.fingerprint === fingerprint);
  if (!found) return { ok: false, reason: 'wrong_secret' };
  try {
    const decipher = createDecipheriv('aes-256-gcm', found.key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(boundTo(context, version)).setAuthTag(tag);
    const value = Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
    return { ok: true, value, needsRotation: found.fingerprint !== current.fingerprint };
  } catch {
    return { ok: false, reason: 'damaged' };
  }
}

/** The key that encrypts, and those that open what earlier forms encrypted under the same secret. */
function deriveKeys(secret: string, setting: string): [EncryptionKey, ...EncryptionKey[]] {
  if (secret.length < SHORTEST_ENCRYPTION_SECRET) {
    throw new Error(
      `${setting} is too short: a secret has at least ${SHORTEST_ENCRYPTION_SECRET} characters. ` +
        `Make one with \`openssl rand -base64 32\` and set it on every instance.`,
    );
  }
  return [derived(VERSION, scryptSync(secret, SALT, 32, SCRYPT)), derived(EARLIER, secret)];
}

function derived(version: string, from: string | Buffer): EncryptionKey {
  const derive = (purpose: string, bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', from, SALT, `${purpose} ${version}`, bytes));
  return {
    version,
    fingerprint: derive('key fingerprint', FINGERPRINT_BYTES).toString('hex'),
    key: createSecretKey(derive('key encryption', 32)),
  };
}

const boundTo = (context: string, version: string): Buffer => Buffer.from(JSON.stringify([version, context]));
