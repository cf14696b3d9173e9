import path from 'node:path';
import { packageRoot } from '../package-root.ts';
import type { Case } from './case.ts';
import type { Row } from './result.ts';
import { median } from './rounds.ts';
import { commandName, type Measurement, ownSide, runSide, type Side, splitCommand } from './side.ts';

const ours = 'spectride';

/** The number under `key` of the library `name` in a measurement of `log-mel-speed.ts` or its peer. */
function speed(measurement: Measurement | undefined, name: string, key: string): number {
  const library = measurement?.[name];
  const value = typeof library === 'object' && library !== null ? Object.entries(library).find(([k]) => k === key) : [];
  return typeof value?.[1] === 'number' ? value[1] : Number.NaN;
}

/** Log-mel on one thread, 60 s of audio at once and as 60 clips. */
const logMel: Case = {
  id: 'log-mel',
  async run(context) {
    const place = { threads: 1, processors: context.place.processors?.split(',')[0] };
    const repeats = ['--repeats', String(Math.max(5, 3 * context.steps))];
    const own = ownSide(ours, 'log-mel-speed', repeats);
    const peer: Side | undefined = context.logMelPeer
      ? { name: commandName(context.logMelPeer), command: [...splitCommand(context.logMelPeer), ...repeats] }
      : undefined;
    const pairs: { own: Measurement; peer: Measurement | undefined }[] = [];
    for (let round = 0; round < context.rounds; round++) {
      context.onRun(this.id)(own, round);
      const mine = await runSide(own, place);
      if (peer) context.onRun(this.id)(peer, round);
      pairs.push({ own: mine, peer: peer && (await runSide(peer, place)) });
    }
    const peerNames = Object.keys(pairs[0]?.peer ?? {});
    return [
      { load: 'whole', key: 'whole_ms' },
      { load: 'clips', key: 'clips_ms' },
    ].map(({ load, key }): Row => {
      const of = (side: 'own' | 'peer', name: string) => median(pairs.map((pair) => speed(pair[side], name, key)));
      const row: Row = {
        id: `log-mel/${load}`,
        unit: 'ms for 60 s',
        medians: Object.fromEntries([
          ...Object.keys(pairs[0]?.own ?? {}).map((name) => [name, of('own', name)]),
          ...peerNames.map((name) => [name, of('peer', name)]),
        ]),
      };
      if (peerNames.length === 0) return row;
      const ratios = pairs.map(
        (pair) => Math.min(...peerNames.map((name) => speed(pair.peer, name, key))) / speed(pair.own, ours, key),
      );
      return {
        ...row,
        ratio: median(ratios),
        comparison: `fastest peer / ${ours}`,
        goal: { direction: 'at least', bar: 1, moonshot: 2 },
      };
    });
  },
};

/** From the shell to the last line of `spectride --help`. */
const coldStart: Case = {
  id: 'cold-start',
  async run(context) {
    const extension = path.extname(import.meta.filename);
    const folder = extension === '.ts' ? 'src' : 'dist';
    const main = path.join(packageRoot, folder, 'cli', `main${extension}`);
    const side = ownSide(ours, 'cold-start', [main]);
    const times: number[] = [];
    for (let round = 0; round < context.rounds; round++) {
      context.onRun(this.id)(side, round);
      const { median_ms: time } = await runSide(side, context.place);
      times.push(typeof time === 'number' ? time : Number.NaN);
    }
    return [
      {
        id: this.id,
        unit: 'ms',
        medians: { 'spectride --help': median(times) },
        goal: { direction: 'at most', bar: 300 },
      },
    ];
  },
};

/** The cases that need no model. */
export const smallCases: Case[] = [logMel, coldStart];
