/**
 * How long a thread that waits looks again and again before it sleeps. Waking a sleeping thread takes some 50 µs, on a virtual
 * machine several times that, so the threads of a program that has its processors to itself do better not to sleep between two jobs. A
 * program that shares them takes from the others, and from its own threads, what it spends looking. The system says
 * which it is: the threads of the second are often put off their processors against their will.
 */
const alone = 1;
const sharing = 0.08;

/** Times a second and thread. Programs that share processors are put off 150 times and more, others some 30 times. */
const oftenPutOff = 75;
const periodMilliseconds = 250;

/** Decides anew every 250 ms for the process it runs in. */
export class Patience {
  readonly #threads: number;
  readonly #timesPutOff: () => number;
  #looked: number;
  #seen: number;
  /** Milliseconds to look before sleeping. */
  milliseconds = sharing;

  /** @param timesPutOff involuntary context switches of the process so far (on Windows always 0) */
  constructor(threads: number, now: number, timesPutOff = () => process.resourceUsage().involuntaryContextSwitches) {
    this.#threads = threads;
    this.#timesPutOff = timesPutOff;
    this.#looked = now;
    this.#seen = timesPutOff();
  }

  /** Tells it the time, in milliseconds. */
  update(now: number): void {
    const passed = now - this.#looked;
    if (passed < periodMilliseconds) return;
    const times = this.#timesPutOff();
    const rate = ((times - this.#seen) / passed) * 1000;
    this.milliseconds = rate > oftenPutOff * this.#threads ? sharing : alone;
    this.#looked = now;
    this.#seen = times;
  }
}
