import { hashOf } from './hash';

/**
 * The place of one candidate in the order of preference for a thing, from 0 (rendezvous hashing): everybody who knows the same candidates
 * comes to the same order, without talking, and when one comes or goes only its own things change hands.
 */
export function rendezvousPlace(thing: string, candidate: string, candidates: Iterable<string>): number {
  const own = hashOf(`${candidate}\n${thing}`);
  let place = 0;
  for (const other of candidates) {
    if (other === candidate) continue;
    const score = hashOf(`${other}\n${thing}`);
    if (score > own || (score === own && other > candidate)) place += 1;
  }
  return place;
}
