import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';

/** Folder of the built page. A token, so that tests can run the sources with a page built elsewhere. */
export const DASHBOARD_FOLDER = Symbol('key-management:dashboard-folder');

interface Manifest {
  readonly script: string;
  readonly style: string;
}

interface DashboardAsset {
  readonly contentType: string;
  readonly text: string;
}

export interface BuiltDashboard {
  readonly manifest: Manifest;
  readonly assets: ReadonlyMap<string, DashboardAsset>;
}

/** The built page, read once and kept: three small files. */
@Injectable()
export class DashboardFiles {
  #built: BuiltDashboard | undefined;

  constructor(@Inject(DASHBOARD_FOLDER) private readonly folder: string) {}

  /** Undefined where the page was not built, as when the sources run without `npm run build`. */
  built(): BuiltDashboard | undefined {
    this.#built ??= this.#read();
    return this.#built;
  }

  #read(): BuiltDashboard | undefined {
    const text = (name: string): string => readFileSync(join(this.folder, name), 'utf8');
    try {
      const manifest = JSON.parse(text('manifest.json')) as Manifest;
      const assets = new Map<string, DashboardAsset>([
        [manifest.script, { contentType: 'text/javascript; charset=utf-8', text: text(manifest.script) }],
        [manifest.style, { contentType: 'text/css; charset=utf-8', text: text(manifest.style) }],
      ]);
      return { manifest, assets };
    } catch {
      return undefined;
    }
  }
}
