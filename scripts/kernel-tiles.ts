/**
 * Writes the unrolled inner loops of the matrix kernels as AssemblyScript: a language without arrays of registers cannot
 * express "24 accumulators" otherwise. Everything around these loops is plain AssemblyScript in src/backend/simd/assembly/.
 *
 * A register tile is 6 rows × 16 columns: 24 accumulators of four floats, which V8 fuses into 12 of eight, beside two for the
 * columns and one for the broadcast row value: 15 of the 16 registers of AVX2.
 */

const mostRows = 6;
const quads = 4; // 16 columns = 4 vectors of 4

/** The source of the virtual module `./tiles`. */
export function tilesSource(): string {
  const rows = range(mostRows).map((index) => index + 1);
  return [
    `import { multiplyAdd } from './arithmetic';`,
    ...rows.map(gatherTile),
    dispatch('gatherTile', gatherParameters, rows),
    ...rows.map((count) => packedTile('packedTile', count, packedParameters, mostRows * 4)),
    dispatch('packedTile', packedParameters, rows),
    ...rows.map((count) => packedTile('planeTile', count, planeParameters, 'leftStep')),
    dispatch('planeTile', planeParameters, rows),
  ].join('\n');
}

const gatherParameters: [string, string][] = [
  ['sources', 'usize'],
  ['sourcesStride', 'usize'],
  ['taps', 'i32'],
  ['depth', 'i32'],
  ['panel', 'usize'],
  ['header', 'usize'],
  ['targets', 'usize'],
  ['targetOffset', 'usize'],
  ['epilogue', 'bool'],
];

/**
 * target_r[16] = bias[16] + Σ over taps and depth of source_{tap, r}[k] · panel[tap][k][16], for `count` rows r.
 * `sources`: for each tap a row of pointers, `sourcesStride` bytes apart. `targets`: pointers, to which `targetOffset` is added.
 * `header`: bias[16], and with `epilogue` scale[16] and offset[16]: the result is then relu(·) · scale + offset.
 * relu is pmax(x, 0): one instruction on x64, where max takes seven, and NaN stays NaN.
 */
function gatherTile(count: number): string {
  const accumulators = grid(count);
  const step = (offset: number) => [
    ...range(quads).map((q) => `const b${q} = v128.load(panel, ${offset * 64 + q * 16});`),
    ...range(count).map((r) => {
      const products = range(quads).map((q) => `c${r}_${q} = multiplyAdd(a, b${q}, c${r}_${q});`);
      return `{ const a = v128.load32_splat(a${r}, ${offset * 4}); ${products.join(' ')} }`;
    }),
  ];
  const advance = (steps: number) => [`panel += ${steps * 64};`, ...range(count).map((r) => `a${r} += ${steps * 4};`)];
  const unrolled = 4;
  return `function gatherTile${count}(${parameterList(gatherParameters)}): void {
  ${accumulators.map(([r, q]) => `let c${r}_${q} = v128.load(header, ${q * 16});`).join('\n  ')}
  for (let tap = 0; tap < taps; tap++) {
    ${range(count)
      .map((r) => `let a${r} = <usize>load<u32>(sources, ${r * 4});`)
      .join('\n    ')}
    sources += sourcesStride;
    let k = 0;
    for (; k + ${unrolled} <= depth; k += ${unrolled}) {
      ${range(unrolled)
        .map((offset) => `{ ${step(offset).join('\n      ')} }`)
        .join('\n      ')}
      ${advance(unrolled).join('\n      ')}
    }
    for (; k < depth; k++) {
      ${step(0).join('\n      ')}
      ${advance(1).join('\n      ')}
    }
  }
  if (epilogue) {
    const zero = f32x4.splat(0);
    ${range(quads)
      .map(
        (q) => `const scale${q} = v128.load(header, ${64 + q * 16}), offset${q} = v128.load(header, ${128 + q * 16});`,
      )
      .join('\n    ')}
    ${accumulators.map(([r, q]) => `c${r}_${q} = multiplyAdd(f32x4.pmax(c${r}_${q}, zero), scale${q}, offset${q});`).join('\n    ')}
  }
  ${range(count)
    .map(
      (r) =>
        `{ const target = <usize>load<u32>(targets, ${r * 4}) + targetOffset; ${range(quads)
          .map((q) => `v128.store(target, c${r}_${q}, ${q * 16});`)
          .join(' ')} }`,
    )
    .join('\n  ')}
}`;
}

const packedParameters: [string, string][] = [
  ['left', 'usize'],
  ['right', 'usize'],
  ['depth', 'i32'],
  ['target', 'usize'],
  ['targetStride', 'usize'],
  ['accumulate', 'bool'],
];

/** As `packedTile`, but the values of one k are `leftStep` bytes from those of the next: columns of a plane. */
const planeParameters: [string, string][] = [['leftStep', 'usize'], ...packedParameters];

/**
 * target_r[16] (+)= Σ_k left[k][6] (row r of it) · right[k][16], for `count` rows r, both operands packed for the purpose.
 * The sum starts from zero and is added to the target at the end, so long sums are made of short ones.
 */
function packedTile(name: string, count: number, parameters: [string, string][], leftStep: number | string): string {
  const accumulators = grid(count);
  const step = (offset: number) => [
    ...range(quads).map((q) => `const b${q} = v128.load(right, ${offset * 64 + q * 16});`),
    ...range(count).map((r) => {
      const products = range(quads).map((q) => `c${r}_${q} = multiplyAdd(a, b${q}, c${r}_${q});`);
      return `{ const a = v128.load32_splat(left, ${r * 4}); ${products.join(' ')} }`;
    }),
    `left += ${leftStep};`,
  ];
  const unrolled = 4;
  return `function ${name}${count}(${parameterList(parameters)}): void {
  ${accumulators.map(([r, q]) => `let c${r}_${q} = f32x4.splat(0);`).join('\n  ')}
  let k = 0;
  for (; k + ${unrolled} <= depth; k += ${unrolled}) {
    ${range(unrolled)
      .map((offset) => `{ ${step(offset).join('\n    ')} }`)
      .join('\n    ')}
    right += ${unrolled * 64};
  }
  for (; k < depth; k++) {
    ${step(0).join('\n    ')}
    right += 64;
  }
  if (accumulate) {
    let row = target;
    ${range(count)
      .map(
        (r) =>
          `${range(quads)
            .map((q) => `c${r}_${q} = f32x4.add(c${r}_${q}, v128.load(row, ${q * 16}));`)
            .join(' ')} row += targetStride;`,
      )
      .join('\n    ')}
  }
  ${range(count)
    .map(
      (r) =>
        `${range(quads)
          .map((q) => `v128.store(target, c${r}_${q}, ${q * 16});`)
          .join(' ')} target += targetStride;`,
    )
    .join('\n  ')}
}`;
}

/** A function that picks the tile of `count` rows. */
function dispatch(name: string, parameters: [string, string][], rows: number[]): string {
  const values = parameters.map(([parameter]) => parameter).join(', ');
  const [most, ...fewer] = rows.toReversed();
  return `// @ts-ignore: decorator
@inline
export function ${name}(count: i32, ${parameterList(parameters)}): void {
  if (count >= ${most}) ${name}${most}(${values});
  ${fewer.map((count) => `else if (count == ${count}) ${name}${count}(${values});`).join('\n  ')}
}`;
}

function parameterList(parameters: [string, string][]): string {
  return parameters.map(([name, type]) => `${name}: ${type}`).join(', ');
}

function grid(rows: number): [number, number][] {
  return range(rows).flatMap((r) => range(quads).map((q): [number, number] => [r, q]));
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
