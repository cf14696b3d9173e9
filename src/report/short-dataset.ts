/** A data set's name without the folders above it: reports are passed on. */
export function shortDataset(dataset: string): string {
  return withFolders(dataset, 0);
}

/** Short names of data sets, with as many of the folders above as tell different ones apart. */
export function shortDatasets(datasets: readonly string[]): string[] {
  const different = new Set(datasets).size;
  const deepest = Math.max(0, ...datasets.map((dataset) => dataset.split(/[/\\]/).length));
  for (let folders = 0; folders < deepest; folders++) {
    const names = datasets.map((dataset) => withFolders(dataset, folders));
    if (new Set(names).size === different) return names;
  }
  return [...datasets];
}

function withFolders(dataset: string, folders: number): string {
  const [, kind, location] = /^(folder|manifest):(.*)$/s.exec(dataset) ?? [];
  if (kind === undefined || location === undefined) return dataset;
  return `${kind}:${location
    .split(/[/\\]/)
    .filter((part) => part !== '')
    .slice(-1 - folders)
    .join('/')}`;
}
