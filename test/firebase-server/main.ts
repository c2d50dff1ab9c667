import { FirebaseServer } from './firebase-server';

/**
 * The server as a process of its own: `node test/support/ts-child.cjs test/firebase-server/main.ts [port] [dataFile]`.
 * Prints one line, `listening <port>`, when it is ready.
 */
async function main(): Promise<void> {
  const [port, dataFile] = process.argv.slice(2);
  const server = await FirebaseServer.start({ port: Number(port ?? 0), dataFile: dataFile || undefined });
  process.stdout.write(`listening ${server.port}\n`);
}

void main();
