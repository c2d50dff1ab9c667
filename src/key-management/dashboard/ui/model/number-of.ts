/** The number of a text, also with the thousands marked, as people paste it; undefined for anything else. */
export function numberOf(text: string): number | undefined {
  const plain = text.trim().replace(/(?<=\d)[ ,_](?=\d{3}(?:\D|$))/g, '');
  return /^\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined;
}
