const WRITERS = ['status', 'send', 'json'] as const;

const answered = new WeakSet<object>();

/** Whether this module has answered the request, sent or still on its way through the hooks of Fastify. */
export const isAnswered = (response: object): boolean => answered.has(response);

/**
 * Keeps an answer that a handler of this module has written as it is. Nest writes what comes out of the interceptors of the host app
 * last: where one of them answered in the place of the handler (a cache, say) that is the answer, and otherwise it comes too late, so
 * that this one write has no effect. Later ones have theirs, as Fastify's when one of its hooks fails.
 */
export function keepAnswer(response: object): void {
  answered.add(response);
  for (const name of WRITERS) {
    const value = (): object => {
      Reflect.deleteProperty(response, name);
      return response;
    };
    Object.defineProperty(response, name, { configurable: true, value });
  }
}
