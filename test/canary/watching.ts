import { canary } from './canary';

type Class = new (...args: never[]) => object;
type Methods = Record<string, (...args: unknown[]) => unknown>;

/** What a method gave back, threw, or resolved or rejected with. */
export type Look = (result: unknown, args: readonly unknown[], self: object) => void;

/** Puts something into a module when it is first used: a factory runs only then, and gives the module itself. */
export function watch<M extends object>(path: string, put: (actual: M) => Partial<M> | undefined): void {
  let loading = false;
  jest.doMock(path, () => {
    // Modules that know each other meet before they are whole.
    if (loading) return jest.requireActual<M>(path);
    loading = true;
    const actual = jest.requireActual<M>(path);
    loading = false;
    const instead = put(actual);
    return instead ? { ...actual, ...instead } : actual;
  });
}

/** Looks at what the methods come to, beside whoever called them, so that nothing comes later than without. */
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

/** The class itself, told of what its objects are made of. */
export const constructed = <C extends Class>(Of: C, tell: (args: readonly unknown[], made: object) => void): C =>
  new Proxy(Of, {
    construct(target, args: unknown[], newTarget: Class) {
      const made = Reflect.construct(target, args, newTarget) as object;
      tell(args, made);
      return made;
    },
  });

/** The class itself; what its objects are made of is a secret. */
export const secretive = <C extends Class>(Of: C): C => constructed(Of, ([text]) => tellSecretOf(text));

/** Of a URL the password is secret, of a service account its private key; of other texts all. */
export function tellSecretOf(text: unknown): void {
  if (typeof text !== 'string') return;
  if (/^\w+:\/\//.test(text)) canary()?.secret(decodeURIComponent(URL.canParse(text) ? new URL(text).password : ''));
  else if (text.trimStart().startsWith('{')) canary()?.secret(/"private_key"\s*:\s*"([^"]+)/.exec(text)?.[1] ?? '');
  else canary()?.secret(text);
}
