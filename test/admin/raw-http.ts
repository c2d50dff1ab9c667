import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';

export const portOf = (app: INestApplication): number =>
  ((app.getHttpServer() as Server).address() as AddressInfo).port;

/** A connection whose errors are nobody's. */
export const rawSocket = (port: number): Socket => connect(port, '127.0.0.1').on('error', () => undefined);

/** Writes bytes as they are, and reads until the server closes. `end` closes the writing side after them. */
export function rawExchange(port: number, bytes: string | Buffer, { end = false } = {}): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = rawSocket(port);
    socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
    socket.on('close', () => resolve(text));
    socket.write(bytes);
    if (end) socket.end();
  });
}

export const statusesOf = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
