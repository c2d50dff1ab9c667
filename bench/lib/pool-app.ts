import 'reflect-metadata';
import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { KeyManagementModule, KeyPoolService, type KeyManagementModuleOptions } from '../../src/key-management';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import type { KeyPool } from '../../src/key-management/pool/key-pool';
import { HEALTHY } from '../../src/key-management/pool/key/key-state';

export const benchKey = (n: number): string => `sk-proj-BENCH${String(n).padStart(40, '0')}`;

/** The package in a Nest app as a user has it: store, statistics, events, analytics, metrics and the admin API's listeners. */
export async function startApp(options: KeyManagementModuleOptions): Promise<INestApplicationContext> {
  @Module({ imports: [KeyManagementModule.forRoot({ store: { kind: 'memory' }, ...options })] })
  class BenchApp {}
  Logger.overrideLogger(false);
  return NestFactory.createApplicationContext(BenchApp, { logger: false, abortOnError: false });
}

/** Keys that were checked already, here or, where the store knows them, by another instance. */
export function fill(app: INestApplicationContext, provider: string, count: number): KeyPool {
  const pool = app.get(KeyPoolService).ensurePool(provider);
  for (let n = 0; n < count; n += 1) {
    const record = pool.add(new ApiKey(benchKey(n)), {}, 'configuration', 'configuration');
    if (record.isUnchecked) pool.setState(record, HEALTHY, 'probe');
    record.lastCheckedAt = Date.now();
  }
  return pool;
}
