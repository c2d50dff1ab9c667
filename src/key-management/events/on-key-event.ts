import type { HeardKeyEvent, KeyEvent } from '../pool/key-events';
import { isRemovedStatus } from '../pool/key/key-state';

const KEY_EVENT_METADATA = Symbol('key-management:key-event');

/**
 * Marks a method of a Nest provider as listener to changes of keys and providers. It is called with the {@link KeyEvent}, after the change and apart from
 * the call that caused it; what it throws, or rejects with, is logged and costs no call. The provider must have the default scope.
 * @param types What to listen for; everything where none is given.
 */
export const OnKeyEvent =
  (...types: HeardKeyEvent[]) =>
  <Listener extends (event: never) => unknown>(
    _prototype: object,
    _name: string | symbol,
    descriptor: TypedPropertyDescriptor<Listener>,
  ): void => {
    Reflect.defineMetadata(KEY_EVENT_METADATA, types, descriptor.value!);
  };

/** What the method listens for; undefined where it is no listener. */
export const heardBy = (method: object): readonly HeardKeyEvent[] | undefined =>
  Reflect.getMetadata(KEY_EVENT_METADATA, method) as readonly HeardKeyEvent[] | undefined;

/** Whether a listener for these hears the event. */
export function hears(types: readonly HeardKeyEvent[], event: KeyEvent): boolean {
  return types.length === 0 || types.includes(event.type) || (isRemoval(event) && types.includes('key_removed'));
}

/** Whether a key left the pool by it. */
export const isRemoval = (event: KeyEvent): boolean =>
  event.type === 'status_changed' && isRemovedStatus(event.to) && !isRemovedStatus(event.from);
