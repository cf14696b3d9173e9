import { fromHalf, toHalf } from '../../src/datasets/half-float.ts';

describe('half-precision values', () => {
  test('all 65,536 bit patterns read as the language reads them', () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const read = new Float32Array(65536);
    fromHalf(bits, read);
    // An independent reader: the definition of IEEE 754 binary16 in powers of two.
    const wrong: number[] = [];
    for (let i = 0; i < 65536; i++) {
      const exponent = (i >> 10) & 31;
      const fraction = i & 1023;
      const magnitude =
        exponent === 31
          ? fraction === 0
            ? Number.POSITIVE_INFINITY
            : Number.NaN
          : exponent === 0
            ? fraction / 2 ** 24
            : ((1024 + fraction) / 1024) * 2 ** (exponent - 15);
      if (!Object.is(read[i], Math.fround(i & 0x8000 ? -magnitude : magnitude))) wrong.push(i);
    }
    expect(wrong).toEqual([]);
    const numbers = bits.filter((_, i) => !Number.isNaN(read[i]));
    const values = read.filter((value) => !Number.isNaN(value));
    expect([...toHalf(values)]).toEqual([...numbers]);
  });

  test('are rounded to the nearest, and between two to the even one', () => {
    const values = new Float32Array(65536);
    fromHalf(
      Uint16Array.from({ length: 65536 }, (_, i) => i),
      values,
    );
    const wrong: number[] = [];
    for (let low = 0; low < 0x7bff; low++) {
      const [a, b] = [values[low] as number, values[low + 1] as number];
      const middle = (a + b) / 2;
      const beside = Float32Array.of(middle, a + (middle - a) * 0.999, b - (b - middle) * 0.999);
      const found = toHalf(beside).join();
      if (found !== `${low % 2 === 0 ? low : low + 1},${low},${low + 1}`) wrong.push(low);
    }
    expect(wrong).toEqual([]);
  });

  test('become infinity from 65,520 on, and NaN stays NaN', () => {
    expect([...toHalf(Float32Array.of(65519.99, 65520, -1e30, Number.NaN, 2 ** -25, -(2 ** -30)))]).toEqual([
      0x7bff, 0x7c00, 0xfc00, 0x7e00, 0, 0x8000,
    ]);
  });
});
