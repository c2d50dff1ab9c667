/** Hands a file over that was made in the page. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Excel takes a file for UTF-8 only where it says so. */
export const downloadCsv = (name: string, text: string): void =>
  download(`${name}.csv`, 'text/csv;charset=utf-8', `\uFEFF${text}`);
