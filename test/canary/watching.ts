import { canary } from './canary';

type Class = new (...args: never[]) => object;
type Methods = Record<string, (...args: unknown[]) => unknown>;

/** What a method returned, threw, or resolved or rejected with. */
export type Look = (result: unknown, args: readonly unknown[], self: object) => void;

/** Patches a module when it is first loaded: Jest runs the factory of a mock then, and the factory returns the real module. */
export function watch<M extends object>(path: string, put: (actual: M) => Partial<M> | undefined): void {
  let loading = false;
  jest.doMock(path, () => {
    // Modules that import each other see each other before they are complete.
    if (loading) return jest.requireActual<M>(path);
    loading = true;
    const actual = jest.requireActual<M>(path);
    loading = false;
    const instead = put(actual);
    return instead ? { ...actual, ...instead } : actual;
  });
}

/** Inspects results of the methods beside the caller, so that no result arrives later than without the canary. */
export function after(prototype: object, names: readonly string[], look: Look): undefined {
  for (const name of names) {
    const original = (prototype as Methods)[name]!;
    const value = function (this: object, ...args: unknown[]): unknown {
      const seen = (result: unknown): void => look(result, args, this);
      let result: unknown;
      try {
        result = Reflect.apply(original, this, args);
      } catch (error) {
        seen(error);
        throw error;
      }
      if (result instanceof Promise) result.then(seen, seen);
      else seen(result);
      return result;
    };
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  }
}

/** Wraps a class so that a function receives the arguments of its constructor. */
export const constructed = <C extends Class>(Of: C, tell: (args: readonly unknown[], made: object) => void): C =>
  new Proxy(Of, {
    construct(target, args: unknown[], newTarget: Class) {
      const made = Reflect.construct(target, args, newTarget) as object;
      tell(args, made);
      return made;
    },
  });

/** Wraps a class whose first constructor argument is a secret. */
export const secretive = <C extends Class>(Of: C): C => constructed(Of, ([text]) => tellSecretOf(text));

/** The secret part: of a URL its password, of a service account its private key, of another text all of it. */
export function tellSecretOf(text: unknown): void {
  if (typeof text !== 'string') return;
  if (/^\w+:\/\//.test(text)) canary()?.secret(decodeURIComponent(URL.canParse(text) ? new URL(text).password : ''));
  else if (text.trimStart().startsWith('{')) canary()?.secret(/"private_key"\s*:\s*"([^"]+)/.exec(text)?.[1] ?? '');
  else canary()?.secret(text);
}
