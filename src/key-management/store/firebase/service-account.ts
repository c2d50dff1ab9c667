import { readFile } from 'node:fs/promises';
import type { ServiceAccount } from 'firebase-admin/app';
import { StoreError } from '../port/store-error';

const MEND =
  'Set it to a service account key (Firebase console → Project settings → Service accounts → Generate new private key): the path of the file, or the JSON itself.';

/**
 * Reads `FIREBASE_CREDENTIALS_JSON`. No message repeats anything of the value but a path.
 * @throws StoreError `not_usable`
 */
export async function readServiceAccount(credentials: string | undefined): Promise<ServiceAccount> {
  const value = credentials?.trim() ?? '';
  if (value === '') throw problem('is not set, and only an emulator needs none');
  if (value.startsWith('{')) return parse(value, 'holds invalid JSON');
  // A damaged JSON text (cut off at its start, say) must not be printed as if it were a path.
  if (/["{}\n]|PRIVATE KEY/.test(value)) throw problem('is neither a path nor a JSON object');
  let text: string;
  try {
    text = await readFile(value, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw problem(`names the file ${value}, which cannot be read (${code})`);
  }
  return parse(text, `names the file ${value}, which holds invalid JSON`);
}

function parse(text: string, invalid: string): ServiceAccount {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw problem(invalid);
  }
  const account = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  if (account.type !== undefined && account.type !== 'service_account')
    throw problem('is not the key of a service account');
  const missing = ['project_id', 'client_email', 'private_key'].filter((name) => typeof account[name] !== 'string');
  if (missing.length > 0) throw problem(`lacks ${missing.join(', ')}`);
  return {
    projectId: account.project_id as string,
    clientEmail: account.client_email as string,
    privateKey: account.private_key as string,
  };
}

/** @internal */
export function problem(what: string): StoreError {
  return new StoreError('not_usable', `FIREBASE_CREDENTIALS_JSON ${what}. ${MEND}`);
}
