import { connect, type Socket } from 'node:net';

/** Leaks to plant (`--leak`), which the soak must find. Each is as small as one careless line causes. */
export const LEAK_KINDS = ['heap', 'timers', 'sockets'] as const;
export type LeakKind = (typeof LEAK_KINDS)[number];

const EVERY = 200;

/** Must be called once per call of the app. */
export function leakOf(kind: LeakKind | undefined, port: () => number): () => void {
  const kept: string[][] = [];
  const sockets: Socket[] = [];
  let calls = 0;
  return () => {
    calls += 1;
    if (kind === 'heap') kept.push(Array.from({ length: 16 }, (_, n) => `${calls}:${n}`));
    if (calls % EVERY !== 0) return;
    if (kind === 'timers') setInterval(() => undefined, 3_600_000);
    if (kind === 'sockets') sockets.push(connect(port(), '127.0.0.1').on('error', () => undefined));
  };
}
