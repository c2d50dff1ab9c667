import { serverNow } from '../model/server-time';
import { Store, useStore } from './store';

/** The server's time, once a second, for everything that counts down. */
const clock = new Store(serverNow());

setInterval(() => clock.set(serverNow()), 1_000);

export const useNow = (): number => useStore(clock);
