import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { RateLimiterMemory } from 'rate-limiter-flexible';

/** Wrong tokens that one address may present in a minute. */
const FAILED_TRIES_PER_MINUTE = 10;

/** Counts wrong tokens per address. A right token is never held up, so nobody can lock an administrator out. */
@Injectable()
export class FailedTriesService {
  #limiter: Promise<RateLimiterMemory> | undefined;

  /** Notes a wrong token. Answers the seconds to wait where there were too many, otherwise 0. */
  async note(address: string | undefined): Promise<number> {
    const bucket = bucketOf(address ?? '');
    this.#limiter ??= newLimiter();
    const limiter = await this.#limiter;
    const known = await limiter.get(bucket);
    // Counting on would only lengthen nothing: the minute runs from the first wrong token.
    if (known && known.consumedPoints >= FAILED_TRIES_PER_MINUTE) return Math.ceil(known.msBeforeNext / 1_000) || 1;
    await limiter.penalty(bucket);
    return 0;
  }
}

/** Loaded with the first wrong token. */
async function newLimiter(): Promise<RateLimiterMemory> {
  const { RateLimiterMemory: Limiter } = await import('rate-limiter-flexible');
  return new Limiter({ points: FAILED_TRIES_PER_MINUTE, duration: 60 });
}

/** Addresses fold into 65,536 buckets, which bounds the memory whatever is sent; an IPv6 client owns a whole /64. */
function bucketOf(address: string): string {
  const owner = isIPv6(address) && !address.includes('.') ? networkOf(address) : address;
  return createHash('sha256').update(owner).digest('hex').slice(0, 4);
}

/** The first four groups of an IPv6 address. */
function networkOf(address: string): string {
  const [start = '', end] = address.toLowerCase().split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const first = groups(start);
  const last = groups(end ?? '');
  const gap = end === undefined ? [] : Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [...first, ...gap, ...last]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
