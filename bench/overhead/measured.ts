import { bytesPerCall } from '../lib/bytes';
import { inLoops, interleaved, type Case } from '../lib/rounds';
import { say } from '../lib/say';
import { isNoise, spread, type Spread } from '../lib/statistics';
import type { PeerCall } from './peer-calls';

const ROUNDS = 11;
export const RAW = 'raw await';
export const YARDSTICK = 'cockatiel retry';

export interface Found {
  /** Nanoseconds. */
  readonly takes: Spread;
  /** Nanoseconds beyond the raw await, 1 and 64 in flight. */
  readonly one: Spread;
  readonly many: Spread;
  /** As multiples of what cockatiel's retry adds, in the same round; undefined where either cannot be told from nothing. */
  readonly ratio: Spread | undefined;
  readonly bytes: number;
}

/** What is measured beside the largest pools. */
export const isLarge = (name: string): boolean => name === RAW || name === YARDSTICK || name.includes(',000 keys');

export async function measured(calls: readonly PeerCall[]): Promise<Map<string, Found>> {
  const casesOf = (inFlight: number): Case[] =>
    calls.map(({ name, call, mostCalls }) => ({ name, ...inLoops(call, inFlight), mostCalls }));
  say('overhead: 1 in flight');
  const one = await interleaved(casesOf(1), ROUNDS);
  say('overhead: 64 in flight');
  const many = await interleaved(casesOf(64), ROUNDS);
  say('overhead: bytes');
  const bytes = new Map<string, number>();
  for (const each of casesOf(1)) bytes.set(each.name, await bytesPerCall(each));
  return new Map(
    calls.map(({ name }) => {
      const added = beyond(one.get(name)!, one.get(RAW)!);
      const yardstick = beyond(one.get(YARDSTICK)!, one.get(RAW)!);
      const isTold = !isNoise(spread(added)) && !isNoise(spread(yardstick));
      const found: Found = {
        takes: spread(one.get(name)!),
        one: spread(added),
        many: spread(beyond(many.get(name)!, many.get(RAW)!)),
        ratio: isTold ? spread(added.map((each, round) => each / yardstick[round]!)) : undefined,
        bytes: bytes.get(name)! - bytes.get(RAW)!,
      };
      return [name, found];
    }),
  );
}

const beyond = (measured: readonly number[], base: readonly number[]): number[] =>
  measured.map((each, round) => each - base[round]!);
