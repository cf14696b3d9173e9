import fc from 'fast-check';
import { sampleFingerprint } from '../../src/datasets/sample-fingerprint.ts';

function fingerprint(channels: readonly (readonly number[])[], rate = 16000): string {
  const made = sampleFingerprint(rate);
  made.push(channels.map((samples) => Float32Array.from(samples)));
  return made.digest();
}

/** Samples of 16 bits, among them one that is neither all but 0 nor all but full scale, where the two divisors differ by nothing. */
const integers = fc
  .array(fc.integer({ min: -32767, max: 32767 }), { maxLength: 50 })
  .map((samples) => [1000, ...samples]);

describe('sampleFingerprint()', () => {
  test('is equal exactly for equal 16-bit samples, whether they were divided by 32768 or 32767', () => {
    fc.assert(
      fc.property(integers, integers, (a, b) => {
        const wav = fingerprint([a.map((value) => value / 32768)]);
        expect(fingerprint([a.map((value) => value / 32767)])).toBe(wav);
        expect(fingerprint([b.map((value) => value / 32768)]) === wav).toBe(String(a) === String(b));
      }),
    );
  });

  test('is that of the blocks put together', () => {
    fc.assert(
      fc.property(integers, fc.nat(50), (a, cut) => {
        const samples = a.map((value) => value / 32768);
        const made = sampleFingerprint(16000);
        for (const block of [samples.slice(0, cut), samples.slice(cut)]) made.push([Float32Array.from(block)]);
        expect(made.digest()).toBe(fingerprint([samples]));
      }),
    );
  });

  test('takes equal channels for one, and tells others and other rates apart', () => {
    const [left, right] = [
      [0.1, 0.2],
      [0.2, 0.1],
    ];
    expect(fingerprint([left, left])).toBe(fingerprint([left]));
    expect(fingerprint([left, right])).not.toBe(fingerprint([left]));
    expect(fingerprint([left, right])).not.toBe(fingerprint([right, left]));
    expect(fingerprint([left], 8000)).not.toBe(fingerprint([left]));
  });
});
