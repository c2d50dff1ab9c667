import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to one port on loopback that can be cut for one client while others still reach the server, or lead to another port. */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;
  /** Connections taken so far. */
  accepted = 0;

  /** @param target Where new connections lead; those that stand stay where they are. */
  private constructor(public target: number) {}

  static async start(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await proxy.mend();
    return proxy;
  }

  /** Ends every connection and takes no new one. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async mend(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((inward) => this.#join(inward));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  #join(inward: Socket): void {
    this.accepted += 1;
    const outward = connect(this.target, '127.0.0.1');
    for (const [socket, other] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
