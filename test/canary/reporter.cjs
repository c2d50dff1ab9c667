const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** Sums up what the canary searched in all test files, and prints one line. A leak fails its test file, not the reporter. */
module.exports = class CanaryReporter {
  #folder = mkdtempSync(join(tmpdir(), 'akm-canary-'));
  #figures = join(this.#folder, 'figures.jsonl');

  constructor() {
    writeFileSync(this.#figures, '');
    // The worker processes of Jest inherit the variable.
    process.env.CANARY_FIGURES = this.#figures;
  }

  onRunComplete() {
    const files = readFileSync(this.#figures, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    rmSync(this.#folder, { recursive: true });
    process.stderr.write(`\n${summaryOf(files)}\n`);
  }
};

function summaryOf(files) {
  const channels = {};
  let [secrets, leaks, bytes, objects, ms] = [0, 0, 0, 0, 0];
  for (const file of files) {
    secrets += file.secrets;
    leaks += file.leaks;
    ms += file.ms;
    for (const [name, count] of Object.entries(file.channels)) {
      const sum = (channels[name] ??= { bytes: 0, objects: 0 });
      sum.bytes += count.bytes;
      sum.objects += count.objects;
      bytes += count.bytes;
      objects += count.objects;
    }
  }
  const parts = Object.entries(channels)
    .sort(([, a], [, b]) => b.bytes - a.bytes)
    .map(([name, count]) => `${name} ${megabytes(count.bytes)}${count.objects ? ` of ${count.objects} objects` : ''}`);
  return `Canary: ${secrets} secrets of ${files.length} test files looked for in ${megabytes(bytes)} and ${objects} objects on ${parts.length} channels in ${(ms / 1e3).toFixed(1)} s (${parts.join(', ')}): ${leaks} leaks.`;
}

const megabytes = (bytes) => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
