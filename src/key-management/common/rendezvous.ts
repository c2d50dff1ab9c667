/** FNV-1a with a final mix (as in MurmurHash3), over UTF-16 units: 32 bits, the same on every machine. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

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
