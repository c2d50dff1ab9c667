/** One benchmark in a process of its own: the others' code and garbage must not slow it. */
async function main([name = '', ...flags]: string[]): Promise<void> {
  const { measure } = (await import(`./${name}/main.js`)) as {
    measure: (flags: readonly string[]) => Promise<object>;
  };
  const report = await measure(flags);
  await new Promise<void>((sent) => {
    process.send!(report, () => sent());
  });
  process.disconnect();
}

void main(process.argv.slice(2));
