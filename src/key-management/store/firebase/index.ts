export { FirebaseKeyStore } from './firebase-key-store';
export type { FirebaseKeyStoreOptions } from './firebase-options';
