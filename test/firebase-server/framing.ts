const MAX_FRAME_CHARACTERS = 16384;

/** Joins a client's frames into messages: a long message is announced by a frame that holds only their number. */
export class FrameReader {
  #missing = 0;
  #parts: string[] = [];

  /** The whole message as soon as its last frame is there. The keep-alive "0" is none. */
  read(frame: string): string | undefined {
    if (this.#missing === 0) {
      if (!/^\d{1,6}$/.test(frame)) return frame;
      this.#missing = Number(frame);
      return undefined;
    }
    this.#parts.push(frame);
    this.#missing -= 1;
    if (this.#missing > 0) return undefined;
    const message = this.#parts.join('');
    this.#parts = [];
    return message;
  }
}

/** The frames of one message to a client. */
export function toFrames(message: string): string[] {
  if (message.length <= MAX_FRAME_CHARACTERS) return [message];
  const parts: string[] = [];
  for (let at = 0; at < message.length;) {
    let end = Math.min(at + MAX_FRAME_CHARACTERS, message.length);
    // Half a surrogate pair cannot be sent: a frame is UTF-8.
    if (/[\ud800-\udbff]/.test(message.charAt(end - 1))) end -= 1;
    parts.push(message.slice(at, end));
    at = end;
  }
  return [String(parts.length), ...parts];
}
