/** A stretch of a text, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A beginning or an end of a secret of this length or more counts as an echo; shorter ones are how vendors mask. */
const SHORTEST_ECHO = 12;
/** Shorter "secrets" are words, and masking words destroys evidence. */
const SHORTEST_SECRET = 4;
const MOST_SPANS = 2_000;

/** Where a text holds one of the secrets, in any form in which software echoes it. */
export function secretSpans(text: string, secrets: readonly string[]): Span[] {
  const spans: Span[] = [];
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET || text.length < Math.min(secret.length, SHORTEST_ECHO)) continue;
    for (const form of formsOf(secret)) findEchoes(text, form, spans);
  }
  return spans;
}

function formsOf(secret: string): ReadonlySet<string> {
  const forms = new Set<string>([secret, JSON.stringify(secret).slice(1, -1), percentEncoded(secret)]);
  // Base64 depends on where the secret begins in its group of three bytes (`Basic user:key`).
  for (let shift = 0; shift < 3; shift++) {
    const encoded = Buffer.from('\0'.repeat(shift) + secret).toString('base64');
    const inner = encoded.slice(shift === 0 ? 0 : shift + 1).replace(/={1,2}$/, '');
    const stable = inner.slice(0, inner.length - 1);
    forms.add(stable);
    forms.add(stable.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return forms;
}

function percentEncoded(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    return secret;
  }
}

function findEchoes(text: string, form: string, spans: Span[]): void {
  if (form.length < SHORTEST_SECRET) return;
  const length = Math.min(SHORTEST_ECHO, form.length);
  const head = form.slice(0, length);
  for (let at = text.indexOf(head); at >= 0 && spans.length < MOST_SPANS;) {
    let same = length;
    while (same < form.length && text.charCodeAt(at + same) === form.charCodeAt(same)) same++;
    spans.push({ from: at, to: at + same });
    at = text.indexOf(head, at + same);
  }
  const tail = form.slice(-length);
  for (let at = text.indexOf(tail); at >= 0 && spans.length < MOST_SPANS; at = text.indexOf(tail, at + length)) {
    let same = length;
    while (same < form.length && at + length - same > 0 && echoes(text, at + length - same - 1, form, same)) same++;
    spans.push({ from: at + length - same, to: at + length });
  }
}

const echoes = (text: string, at: number, form: string, fromEnd: number): boolean =>
  text.charCodeAt(at) === form.charCodeAt(form.length - fromEnd - 1);
