import { formatDuration } from '../duration.ts';

/** Shows how far long work has come, on stderr: a bar with the time left on a terminal, else a plain line now and then. */
export interface ProgressDisplay {
  /** `note` stands behind the bar: the loss, say. */
  update(label: string, done: number, total: number, note?: string): void;
  /** Takes the bar away, so that other text can be printed. */
  clear(): void;
}

const barWidth = 24;
const terminalInterval = 100;
const plainInterval = 15_000;

export function createProgress(
  stream: { isTTY?: boolean; columns?: number; write(text: string): unknown } = process.stderr,
): ProgressDisplay {
  const terminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  let current = '';
  let began = 0;
  let first = 0;
  let shown = 0;
  let visible = false;

  return {
    update(label, done, total, note = '') {
      const now = performance.now();
      if (label !== current) {
        current = label;
        began = now;
        first = done;
        shown = terminal ? 0 : now;
      }
      const interval = terminal ? terminalInterval : plainInterval;
      if (now - shown < interval && !(terminal && done === total)) return;
      shown = now;
      const rate = (done - first) / Math.max(1, now - began);
      const left = rate > 0 ? `, ${formatDuration((total - done) / rate / 1000)} left` : '';
      const text = `${label}: ${done} of ${total}${left}${note ? `  ${note}` : ''}`;
      if (!terminal) {
        stream.write(`${text}\n`);
        return;
      }
      const filled = Math.round((barWidth * done) / Math.max(1, total));
      const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${text}`;
      stream.write(`\r\u001b[2K${bar.slice(0, (stream.columns ?? 80) - 1)}`);
      visible = true;
    },
    clear() {
      if (visible) stream.write('\r\u001b[2K');
      visible = false;
    },
  };
}
