/** No client encodes a path more often; proxies decode it once each. */
const MOST_DECODINGS = 5;
/** Longer than any character's shortest form (RFC 3629, section 10): written so only to hide what it is. */
const OVERLONG = /%(?:c[01]|e0%[89]|f0%8)/i;

/**
 * Whether a server on the way may see a `.` or `..` segment in what stands below the base path. `URL` has taken out those that it knows;
 * others decode once more, take a backslash for a slash, cut what stands after `;`, `?`, `#` or a NUL, drop control characters and spaces,
 * or fold wide characters (NFKC). Encodings as such pass: names of models hold `%2F`.
 */
export function climbsOut(path: string): boolean {
  let text = path;
  for (let count = 0; count <= MOST_DECODINGS; count += 1) {
    if (OVERLONG.test(text) || text.split(/[/\\]/).some(isDots)) return true;
    const next = decodedOnce(text);
    if (next === text) return false;
    text = next;
  }
  return true;
}

/** `.%00.`: cut at the NUL, it is one dot; with it dropped, two. */
const isDots = (segment: string): boolean => {
  const bare = segment.split(/[;?#]/, 1)[0]!;
  return DOTS.test(bare.split('\0', 1)[0]!) || DOTS.test(bare);
};

const DOTS = /^[\p{C}\p{Z}]*\.[\p{C}\p{Z}]*(?:\.[\p{C}\p{Z}]*)?$/u;

/** Percent-encoding as UTF-8, IIS's `%uXXXX`, and the compatible forms of characters. */
const decodedOnce = (text: string): string =>
  text
    .replace(/%u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'))
    .normalize('NFKC');
