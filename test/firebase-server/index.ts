export { FirebaseServer } from './firebase-server';
export { startFirebaseServerProcess } from './process';
export { TcpProxy } from './tcp-proxy';
export type { FirebaseServerProcess } from './process';
