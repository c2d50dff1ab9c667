/** A request that the server refuses; `status` is what the client sees as the error's code. */
export class ProtocolError extends Error {
  constructor(
    readonly status: string,
    message: string,
  ) {
    super(message);
    this.name = 'ProtocolError';
  }
}

/** What the real service can do and this one does not: refused, never silently accepted. */
export function unsupported(what: string): ProtocolError {
  return new ProtocolError('unsupported', `${what} is not implemented by this server`);
}
