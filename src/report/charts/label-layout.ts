/** Characters of a line of an axis's labels: they stand beside two panels. */
const lineLength = 40;
/** Width of a chart in pixels, and what a character of a legend takes of it as Vega measures without fonts: 0.8 of its 11.5 pixels. */
const chartWidth = 860;
const characterWidth = 9.2;
const symbolWidth = 30;

/** A label in lines of at most forty characters where words allow it: all of it is shown, never cut off. */
export function wrapLabel(label: string): string[] {
  const lines: string[] = [];
  for (const word of label.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= lineLength) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Labels beside an axis: Vega sets the first of `lines` lines at the tick and the others below, so shorter ones are moved to the middle. */
export function axisLabels(labels: readonly string[]): { texts: string[]; lines: number } {
  const wrapped = labels.map(wrapLabel);
  const lines = Math.max(1, ...wrapped.map((label) => label.length));
  const above = (label: readonly string[]) => Array.from({ length: (lines - label.length) >> 1 }, () => '');
  return { texts: wrapped.map((label) => [...above(label), ...label].join('\n')), lines };
}

/** How many of these labels a legend over a chart of that width holds side by side: from one to `most`. */
export function legendColumns(labels: readonly string[], most: number, width: number = chartWidth): number {
  const widest = Math.max(0, ...labels.map((label) => label.length)) * characterWidth + symbolWidth;
  return Math.max(1, Math.min(most, Math.floor(width / widest)));
}
