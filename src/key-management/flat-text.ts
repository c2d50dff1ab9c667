/** One text of its own: what `slice` and `+` give holds on to the texts that it came from. */
export const flatText = (...parts: readonly string[]): string => parts.join('');

/** The same text without what it was cut from. */
export const flatCopy = (text: string): string => flatText(text.slice(0, 1), text.slice(1));
