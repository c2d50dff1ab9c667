import { createHash } from 'node:crypto';

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function filler(seed: string, length: number, alphabet = ALPHANUMERIC): string {
  let text = '';
  for (let block = 0; text.length < length; block += 1) {
    for (const byte of createHash('sha256').update(`${seed}:${block}`).digest())
      text += alphabet.charAt(byte % alphabet.length);
  }
  return text.slice(0, length);
}

const SHAPES: Readonly<Record<string, (seed: string) => string>> = {
  openai: (seed) => `sk-proj-SIMULATED${filler(seed, 65)}T3BlbkFJ${filler(`${seed}b`, 74)}`,
  openai_legacy: (seed) => `sk-SIMULATED${filler(seed, 11)}T3BlbkFJ${filler(`${seed}b`, 20)}`,
  anthropic: (seed) => `sk-ant-api03-SIMULATED${filler(seed, 84)}AA`,
  google: (seed) => `AQ.Ab8RN6SIMULATED${filler(seed, 35)}`,
  google_legacy: (seed) => `AIzaSIMULATED${filler(seed, 26)}`,
  groq: (seed) => `gsk_SIMULATED${filler(seed, 43)}`,
  xai: (seed) => `xai-SIMULATED${filler(seed, 71)}`,
  deepseek: (seed) => `sk-${filler(seed, 32, 'abcdefghijklmnopqrstuvwxyz0123456789')}`,
  openrouter: (seed) => `sk-or-v1-${filler(seed, 64, '0123456789abcdef')}`,
};

/** A fake key of the vendor's shape, always the same for the same n. Unknown vendors get `sk-SIMULATED…`. */
export function fakeKey(vendor: string, n: number): string {
  const shape = SHAPES[vendor] ?? ((seed: string) => `sk-SIMULATED${filler(seed, 39)}`);
  return shape(`${vendor}#${n}`);
}
