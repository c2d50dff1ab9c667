import { Server, Socket, type AddressInfo } from 'node:net';
import { before, dataOf, recorder } from './taps';

/** Ports of servers in this process, whose answers are tapped where they are written. */
const ownPorts = new Set<number>();
const kinds = new WeakMap<Socket, 'redis' | 'other'>();

type Served = Socket & { server?: Server | null; _httpMessage?: { req?: { method?: string; url?: string } } };

/** Taps answers of servers in this process, commands to Redis, and answers of servers in other processes. */
export function tapNetwork(): void {
  before(Server.prototype, 'listen', (server) => {
    server.once('listening', () => {
      const port = (server.address() as AddressInfo | null)?.port;
      if (port === undefined) return;
      ownPorts.add(port);
      server.once('close', () => ownPorts.delete(port));
    });
  });
  before(Socket.prototype, 'write', (socket, [chunk, encoding]) => said(socket, dataOf(chunk, encoding)));
  before(Socket.prototype, 'end', (socket, [chunk, encoding]) => {
    // The last piece is passed to `end`, not to `write`.
    said(socket, dataOf(chunk, encoding));
  });
  before(Socket.prototype, 'push', (socket, [chunk]) => heard(socket, dataOf(chunk, 'utf8')));
}

function said(socket: Served, data: Uint8Array | undefined): void {
  if (!data || data.length === 0) return;
  const { server } = socket;
  if (server) {
    // The length of a chunk of a body, and the line break after the chunk.
    if (
      recorder()!.isVendor(server) ||
      /^(?:[0-9a-f]{1,6}|(?:\r\n)+)$/.test(Buffer.from(data.subarray(0, 8)).toString('latin1'))
    )
      return;
    recorder()!.output('HTTP answers', data, socket);
  } else if (kindOf(socket, data) === 'redis') recorder()!.output('Redis commands', withoutPassword(data), socket);
}

/** A client may send its password to the server in this command, and nowhere else. */
const withoutPassword = (data: Uint8Array): string =>
  Buffer.from(data)
    .toString('latin1')
    .replace(/\$4\r\nauth\r\n(?:\$\d+\r\n[^\r]*\r\n){1,2}/gi, '');

function kindOf(socket: Socket, data: Uint8Array): 'redis' | 'other' {
  let kind = kinds.get(socket);
  // Redis's protocol: `*3\r\n$3\r\nSET\r\n…`
  const isRedis = data[0] === 0x2a && /^\*\d+\r\n\$/.test(Buffer.from(data.subarray(0, 16)).toString('latin1'));
  if (!kind) kinds.set(socket, (kind = isRedis ? 'redis' : 'other'));
  return kind;
}

function heard(socket: Served, data: Uint8Array | undefined): void {
  const { server, remotePort } = socket;
  if (!data || server || remotePort === undefined || ownPorts.has(remotePort)) return;
  if (recorder()!.isVendor(remotePort)) return;
  recorder()!.output('answers of other processes', data, socket);
}
