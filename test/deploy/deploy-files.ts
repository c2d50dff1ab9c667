import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/** What stands in a file of YAML. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test that finds something else fails
export type Yaml = any;

const ROOT = resolve(__dirname, '../..');

export const textOf = (path: string): string => readFileSync(resolve(ROOT, path), 'utf8');
export const yamlOf = (path: string): Yaml => parse(textOf(path));

/** The objects of a file of Kubernetes, by their kind. */
export const manifestsOf = (path: string): Map<string, Yaml> =>
  new Map(parseAllDocuments(textOf(path)).map((document) => [document.get('kind') as string, document.toJS()]));

/** An instruction of the Dockerfile's last stage, or of all: `USER` → `['1000:1000']`. */
export function instructions(name: string, of: 'last stage' | 'all' = 'last stage'): string[] {
  const text = textOf('Dockerfile').replaceAll(/^#.*\n/gm, '');
  const stage = of === 'all' ? text : text.slice(text.lastIndexOf('\nFROM '));
  return [...stage.matchAll(new RegExp(`^${name} (.+)$`, 'gm'))].map(([, rest]) => rest!);
}

/** `ENV` of the image. */
export const imageEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    instructions('ENV')
      .join(' ')
      .split(' ')
      .map((pair) => pair.split('=') as [string, string]),
  );

export const command = (): string[] => JSON.parse(instructions('CMD')[0]!) as string[];
export const healthCommand = (): string[] =>
  JSON.parse(/CMD (\[.*\])$/.exec(instructions('HEALTHCHECK')[0]!)![1]!) as string[];
