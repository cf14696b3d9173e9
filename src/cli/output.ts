/** Prints one JSON document on stdout: the whole of what a command prints there under `--json`. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Prints lines on stdout: what a person asked for. */
export function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Prints lines on stderr: progress, logs, remarks; never part of what a command answers. */
export function remark(...lines: string[]): void {
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** Whether ANSI styles are wanted on stdout (https://no-color.org). */
export function styled(stream: { isTTY?: boolean } = process.stdout): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** `text` in bold where the terminal shows it. */
export function bold(text: string): string {
  return styled() ? `\u001b[1m${text}\u001b[22m` : text;
}

/** `text` in faint letters where the terminal shows them. */
export function faint(text: string): string {
  return styled() ? `\u001b[2m${text}\u001b[22m` : text;
}
