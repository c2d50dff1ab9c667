import { readFileSync } from 'node:fs';
import { checkNodeVersion, isNodeVersionServed } from './node-version';

describe('the version of Node', () => {
  it.each(['16.20.2', '18.20.8', '20.18.3', '21.7.3', '22.11.0'])(
    'E10: %s is refused by name at the import',
    (version) => {
      expect(() => {
        checkNodeVersion(version);
      }).toThrow(`nestjs-ai-key-management needs Node 20.19 or later, 22.12 or later, or 24. This is Node ${version}`);
    },
  );

  it.each(['20.19.0', '20.20.2', '22.12.0', '23.0.0', '24.9.0', '30.1.0'])('E10: %s is let in', (version) => {
    expect(isNodeVersionServed(version)).toBe(true);
  });

  it.each(['index', 'testing'])('E10: is looked at before anything else is loaded by %s', (entry) => {
    const [first] = readFileSync(`${__dirname}/${entry}.ts`, 'utf8')
      .split('\n')
      .filter((line) => /^(?:im|ex)port /.test(line));
    expect(first).toBe("import './node-version';");
  });
});
