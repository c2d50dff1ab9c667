import { hash } from 'node:crypto';
import { secret } from '../canary/canary';

/** The longest key that is taken, as the signed tokens of clouds. Characters. */
export const LONGEST = 16_384;

/** The n-th fake key of that length. */
export function longKey(n: number): string {
  let text = 'bedrock-api-key-FAKE';
  for (let part = 0; text.length < LONGEST; part += 1) text += hash('sha256', `${n} ${part}`, 'base64url');
  return secret(text.slice(0, LONGEST));
}
