import type { Call, Said } from './call';

/** What the model answers: the same for the same vendor and model, in several words, cut at the caller's cap. */
export function say(call: Call, vendor: string, text: string | undefined, cap: number | undefined): Said {
  const all = (text ?? `Hello from ${vendor}, ${call.model}.`).split(/(?<=\S)(?=\s)/);
  const words = cap === undefined || cap >= all.length ? all : all.slice(0, Math.max(1, cap));
  return {
    words,
    text: words.join(''),
    finish: words.length === all.length ? 'stop' : 'length',
    inputTokens: Math.max(1, Math.ceil(call.bodyBytes / 4)),
    outputTokens: words.length,
  };
}
