/** One benchmark in a process of its own: the others' code and garbage must not slow it. */
async function main([name = '']: string[]): Promise<void> {
  const { measure } = (await import(`./${name}/main.js`)) as { measure: () => Promise<object> };
  const report = await measure();
  await new Promise<void>((sent) => {
    process.send!(report, () => sent());
  });
  process.disconnect();
}

void main(process.argv.slice(2));
