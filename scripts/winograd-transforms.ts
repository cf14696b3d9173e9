/**
 * Writes the transforms of Winograd's F(6, 3) as AssemblyScript (S. Winograd, "Arithmetic complexity of computations", 1980, by
 * the Toom-Cook construction at the points 0, ±1, ±2, ±½ and ∞, as A. Lavin and S. Gray, "Fast algorithms for convolutional
 * neural networks", 2016, write it): six outputs of a three-tap correlation from eight products instead of eighteen,
 *
 *     y = Aᵀ [(G g) ⊙ (Bᵀ d)],   and its adjoint in g:   dg = Gᵀ [(A dy) ⊙ (Bᵀ d)].
 *
 * Each loop handles eight floats as two vectors `a` and `b`, all loads before all stores, which V8 fuses into one of eight.
 */

/** Products, which is also the number of inputs, and outputs of a tile. */
const planes = 8;
const outputs = 6;

/**
 * Bᵀ d; statements on four lanes, `@` stands for the half. Rows 3 to 6 are scaled by powers of two, undone in G, so that four constants
 * suffice: with the eight inputs they fit the registers.
 */
const inputTransform = [
  'const t0@ = multiplyAdd(c21_4, f32x4.sub(d4@, d2@), f32x4.sub(d0@, d6@));',
  'const t7@ = multiplyAdd(c21_4, f32x4.sub(d3@, d5@), f32x4.sub(d7@, d1@));',
  'const even1@ = multiplyAdd(minus17_4, d4@, f32x4.add(d2@, d6@));',
  'const odd1@ = multiplyAdd(minus17_4, d3@, f32x4.add(d1@, d5@));',
  'const t1@ = f32x4.add(even1@, odd1@);',
  'const t2@ = f32x4.sub(even1@, odd1@);',
  'const even2@ = multiplyAdd(minus5, d4@, multiplyAdd(four, d6@, d2@));',
  'const odd2@ = multiplyAdd(minus5, d3@, multiplyAdd(four, d5@, d1@));',
  'const twice2@ = f32x4.add(odd2@, odd2@);',
  'const t3@ = f32x4.add(even2@, twice2@);',
  'const t4@ = f32x4.sub(even2@, twice2@);',
  'const even3@ = multiplyAdd(minus5, d4@, multiplyAdd(four, d2@, d6@));',
  'const odd3@ = multiplyAdd(minus5, d3@, multiplyAdd(four, d1@, d5@));',
  'const twice3@ = f32x4.add(even3@, even3@);',
  'const t5@ = f32x4.add(twice3@, odd3@);',
  'const t6@ = f32x4.sub(twice3@, odd3@);',
];

/** Aᵀ of the products, plus the bias. */
const outputTransform = [
  'const s1@ = f32x4.add(f32x4.add(d1@, d2@), bias@);',
  'const m1@ = f32x4.add(f32x4.sub(d1@, d2@), bias@);',
  'const s2@ = f32x4.add(d3@, d4@);',
  'const m2@ = f32x4.sub(d3@, d4@);',
  'const s3@ = f32x4.add(d5@, d6@);',
  'const m3@ = f32x4.sub(d5@, d6@);',
  'const s2x4@ = f32x4.mul(four, s2@);',
  'const s3x2@ = f32x4.add(s3@, s3@);',
  'const s3x8@ = f32x4.mul(four, s3x2@);',
  'const m2x2@ = f32x4.add(m2@, m2@);',
  'const m2x8@ = f32x4.mul(four, m2x2@);',
  'const m3x4@ = f32x4.mul(four, m3@);',
  'let t0@ = multiplyAdd(four, s3x8@, f32x4.add(f32x4.add(d0@, s2@), s1@));',
  'let t1@ = multiplyAdd(four, m3x4@, f32x4.add(m2x2@, m1@));',
  'let t2@ = f32x4.add(f32x4.add(s2x4@, s3x8@), s1@);',
  'let t3@ = f32x4.add(f32x4.add(m2x8@, m3x4@), m1@);',
  'let t4@ = multiplyAdd(four, s2x4@, f32x4.add(s3x2@, s1@));',
  'let t5@ = multiplyAdd(four, m2x8@, f32x4.add(f32x4.add(d7@, m3@), m1@));',
];

/** A dy. Plane 1 is the plain sum of a tile's gradients. */
const gradientTransform = [
  'const t0@ = d0@;',
  'const even1@ = f32x4.add(f32x4.add(d0@, d2@), d4@);',
  'const odd1@ = f32x4.add(f32x4.add(d1@, d3@), d5@);',
  'const t1@ = f32x4.add(even1@, odd1@);',
  'const t2@ = f32x4.sub(even1@, odd1@);',
  'const even2@ = multiplyAdd(four, multiplyAdd(four, d4@, d2@), d0@);',
  'const odd2@ = multiplyAdd(four, multiplyAdd(four, d5@, d3@), d1@);',
  'const twice2@ = f32x4.add(odd2@, odd2@);',
  'const t3@ = f32x4.add(even2@, twice2@);',
  'const t4@ = f32x4.sub(even2@, twice2@);',
  'const even3@ = multiplyAdd(four, multiplyAdd(four, d0@, d2@), d4@);',
  'const odd3@ = multiplyAdd(four, multiplyAdd(four, d1@, d3@), d5@);',
  'const twice3@ = f32x4.add(even3@, even3@);',
  'const t5@ = f32x4.add(twice3@, odd3@);',
  'const t6@ = f32x4.sub(twice3@, odd3@);',
  'const t7@ = d5@;',
];

/** G g. */
const filterTransform = [
  'const even1@ = f32x4.add(d0@, d2@);',
  'const even2@ = multiplyAdd(four, d2@, d0@);',
  'const even3@ = multiplyAdd(four, d0@, d2@);',
  'const t0@ = d0@;',
  'const t1@ = f32x4.mul(minus2_9, f32x4.add(even1@, d1@));',
  'const t2@ = f32x4.mul(minus2_9, f32x4.sub(even1@, d1@));',
  'const t3@ = f32x4.mul(c1_360, multiplyAdd(two, d1@, even2@));',
  'const t4@ = f32x4.mul(c1_360, multiplyAdd(minus2, d1@, even2@));',
  'const t5@ = f32x4.mul(c1_360, multiplyAdd(two, d1@, even3@));',
  'const t6@ = f32x4.mul(c1_360, multiplyAdd(minus2, d1@, even3@));',
  'const t7@ = d2@;',
];

/** Gᵀ of the summed products. */
const filterAdjoint = [
  'const s1@ = f32x4.mul(minus2_9, f32x4.add(d1@, d2@));',
  'const m1@ = f32x4.mul(minus2_9, f32x4.sub(d1@, d2@));',
  'const s2@ = f32x4.mul(c1_360, f32x4.add(d3@, d4@));',
  'const m2@ = f32x4.mul(c1_360, f32x4.sub(d3@, d4@));',
  'const s3@ = f32x4.mul(c1_360, f32x4.add(d5@, d6@));',
  'const m3@ = f32x4.mul(c1_360, f32x4.sub(d5@, d6@));',
  'const t0@ = multiplyAdd(four, s3@, f32x4.add(f32x4.add(d0@, s1@), s2@));',
  'const t1@ = multiplyAdd(two, f32x4.add(m2@, m3@), m1@);',
  'const t2@ = f32x4.add(multiplyAdd(four, s2@, s1@), f32x4.add(s3@, d7@));',
];

/*
 * Stride 2: y[n] = g0 e[n] + g1 o[n] + g2 e[n + 1] with the even and odd inputs e and o. The part of g0 and g2 is a two-tap
 * correlation of stride 1: F(4, 2) at the points 0, ±1, 2 and ∞, five products instead of eight. The part of g1 stays as it is.
 */
const splitPlanes = 5;
const splitOutputs = 4;

const evenTransform = [
  'const n@ = f32x4.sub(d3@, d1@);',
  'const t0@ = multiplyAdd(two, f32x4.sub(d0@, d2@), n@);',
  'const t1@ = multiplyAdd(minus2, d1@, f32x4.sub(d3@, d2@));',
  'const t2@ = multiplyAdd(two, d1@, multiplyAdd(minus3, d2@, d3@));',
  'const t3@ = n@;',
  'const t4@ = multiplyAdd(minus2, n@, f32x4.sub(d4@, d2@));',
];

/** Of the products; with the products of the odd inputs, which come after them, and the bias. */
const evenOutput = (rest: (output: number) => string) => [
  'const s@ = f32x4.add(d1@, d2@);',
  'const m@ = f32x4.sub(d1@, d2@);',
  'const x2@ = f32x4.add(d3@, d3@);',
  'const x4@ = f32x4.add(x2@, x2@);',
  'const x8@ = f32x4.add(x4@, x4@);',
  `let t0@ = f32x4.add(f32x4.add(f32x4.add(d0@, s@), d3@), ${rest(0)});`,
  `let t1@ = f32x4.add(f32x4.add(m@, x2@), ${rest(1)});`,
  `let t2@ = f32x4.add(f32x4.add(s@, x4@), ${rest(2)});`,
  `let t3@ = f32x4.add(f32x4.add(f32x4.add(m@, x8@), d4@), ${rest(3)});`,
];

/** Plane 1 is the plain sum of a tile's gradients. */
const evenGradient = [
  'const even@ = f32x4.add(d0@, d2@);',
  'const odd@ = f32x4.add(d1@, d3@);',
  'const t0@ = d0@;',
  'const t1@ = f32x4.add(even@, odd@);',
  'const t2@ = f32x4.sub(even@, odd@);',
  'const t3@ = multiplyAdd(eight, d3@, multiplyAdd(four, d2@, multiplyAdd(two, d1@, d0@)));',
  'const t4@ = d3@;',
];

const evenFilter = [
  'const t0@ = f32x4.mul(half, d0@);',
  'const t1@ = f32x4.mul(minusHalf, f32x4.add(d0@, d1@));',
  'const t2@ = f32x4.mul(sixth, f32x4.sub(d1@, d0@));',
  'const t3@ = f32x4.mul(sixth, multiplyAdd(two, d1@, d0@));',
  'const t4@ = d1@;',
];

const evenFilterAdjoint = [
  'const a@ = f32x4.mul(minusHalf, d1@);',
  'const b@ = f32x4.mul(sixth, d2@);',
  'const c@ = f32x4.mul(sixth, d3@);',
  'const t0@ = f32x4.add(multiplyAdd(half, d0@, a@), f32x4.sub(c@, b@));',
  'const t1@ = f32x4.add(multiplyAdd(two, c@, f32x4.add(a@, b@)), d4@);',
];

/*
 * Stride 2 on lines padded at both ends: the even inputs are a polynomial of degree 5 in each tile and (g2, g0) one of degree 1;
 * their product has seven coefficients, found at the points 0, ±1, ±2 and ±½. Evaluation, and the transposed interpolation, are
 * transforms of F(6, 3) but for the plane of the point ∞.
 */
const overlapPlanes = 7;
const evensOfOverlap = 6;

const withoutInfinity = (statements: string[]) => statements.filter((statement) => !statement.startsWith('const t7@'));

/** Interpolation, up to the factors that the filter's transform contains, plus what `rest` holds for the same outputs. */
const overlapOutput = [
  'const s1@ = f32x4.add(d1@, d2@);',
  'const m1@ = f32x4.sub(d1@, d2@);',
  'const s2@ = f32x4.add(d3@, d4@);',
  'const m2@ = f32x4.sub(d3@, d4@);',
  'const s3@ = f32x4.add(d5@, d6@);',
  'const m3@ = f32x4.sub(d5@, d6@);',
  'const m2x2@ = f32x4.add(m2@, m2@);',
  'const s3x2@ = f32x4.add(s3@, s3@);',
  'const x@ = f32x4.mul(c21_4, d0@);',
  'let t0@ = d0@;',
  'let t1@ = multiplyAdd(four, m3@, f32x4.add(m1@, m2x2@));',
  'let t2@ = multiplyAdd(four, s3x2@, f32x4.sub(f32x4.add(s1@, s2@), x@));',
  'let t3@ = multiplyAdd(minus5, f32x4.add(m2x2@, m3@), f32x4.mul(minus17_4, m1@));',
  'let t4@ = multiplyAdd(minus5, f32x4.add(s2@, s3x2@), multiplyAdd(minus17_4, s1@, x@));',
  'let t5@ = multiplyAdd(four, m2x2@, f32x4.add(m1@, m3@));',
  'let t6@ = multiplyAdd(four, s2@, f32x4.add(f32x4.sub(s1@, d0@), s3x2@));',
];

const overlapFilter = [
  'const t0@ = d1@;',
  'const t1@ = f32x4.mul(minus2_9, f32x4.add(d1@, d0@));',
  'const t2@ = f32x4.mul(minus2_9, f32x4.sub(d1@, d0@));',
  'const t3@ = f32x4.mul(c1_360, multiplyAdd(two, d0@, d1@));',
  'const t4@ = f32x4.mul(c1_360, multiplyAdd(minus2, d0@, d1@));',
  'const double@ = f32x4.add(d0@, d0@);',
  'const t5@ = f32x4.mul(c1_360, multiplyAdd(four, d1@, double@));',
  'const t6@ = f32x4.mul(c1_360, f32x4.sub(f32x4.mul(four, d1@), double@));',
];

const overlapFilterAdjoint = [
  'const s1@ = f32x4.mul(minus2_9, f32x4.add(d1@, d2@));',
  'const m1@ = f32x4.mul(minus2_9, f32x4.sub(d1@, d2@));',
  'const s2@ = f32x4.mul(c1_360, f32x4.add(d3@, d4@));',
  'const m2@ = f32x4.mul(c1_360, f32x4.sub(d3@, d4@));',
  'const s3@ = f32x4.mul(c1_360, f32x4.add(d5@, d6@));',
  'const m3@ = f32x4.mul(c1_360, f32x4.sub(d5@, d6@));',
  'const t0@ = multiplyAdd(two, f32x4.add(m2@, m3@), m1@);',
  'const t1@ = multiplyAdd(four, s3@, f32x4.add(f32x4.add(d0@, s1@), s2@));',
];

const copies = (from: number, to: number, count: number) =>
  range(count).map((index) => `const t${to + index}@ = d${from + index}@;`);

const constants: Record<string, string> = {
  minusHalf: '-0.5',
  minus3: '-3',
  sixth: '<f32>(1.0 / 6.0)',
  half: '0.5',
  two: '2',
  minus2: '-2',
  four: '4',
  minus5: '-5',
  eight: '8',
  minus17_4: '-4.25',
  c21_4: '5.25',
  minus2_9: '<f32>(-2.0 / 9.0)',
  c1_360: '<f32>(1.0 / 360.0)',
};

/** The source of the virtual module `./winograd-transforms`. */
export function winogradSource(): string {
  return [
    `import { multiplyAdd } from './arithmetic';`,
    constantsFunction(),
    rowTransform('transformInput', planes, inputTransform),
    rowTransform('transformGradient', outputs, gradientTransform),
    planeTransform('transformFilter', 3, filterTransform),
    planeTransform('transformFilterAdjoint', planes, filterAdjoint),
    outputFunction('transformOutput', planes, outputTransform, outputs),
    rowTransform('transformEven', splitPlanes, evenTransform),
    rowTransform('transformSplitInput', 9, [...evenTransform, ...copies(5, 5, 4)]),
    rowTransform('transformSplitGradient', splitOutputs, [...evenGradient, ...copies(0, 5, 4)]),
    planeTransform('transformEvenFilter', 2, evenFilter),
    planeTransform('transformEvenFilterAdjoint', splitPlanes, evenFilterAdjoint),
    outputFunction(
      'transformSplitOutput',
      9,
      evenOutput((output) => `f32x4.add(d${5 + output}@, bias@)`),
      splitOutputs,
    ),
    outputFunction(
      'transformEvenOutput',
      splitPlanes,
      evenOutput(() => 'bias@'),
      splitOutputs,
    ),
    rowTransform('copyRows', 1, copies(0, 0, 1)),
    rowTransform('transformEvens', evensOfOverlap, withoutInfinity(gradientTransform)),
    rowTransform('transformOverlapGradient', overlapPlanes, withoutInfinity(inputTransform)),
    planeTransform('transformOverlapFilter', 2, overlapFilter),
    planeTransform('transformOverlapFilterAdjoint', overlapPlanes, overlapFilterAdjoint),
    outputFunction(
      'transformEvensAdjoint',
      overlapPlanes,
      outputTransform.map((statement) => statement.replace('f32x4.add(d7@, m3@)', 'm3@')),
      evensOfOverlap,
    ),
    overlapFunction('transformOverlap'),
  ].join('\n');
}

/**
 * For `count` tiles: rows that `sources` [inputs][stride / 4] points at, `depth` floats of each from `first` on (a multiple of
 * 4), become target [outputs][tile][…], `planeBytes` and `rowBytes` apart; 16-float panels are `panelBytes` apart.
 */
function rowTransform(name: string, inputs: number, statements: string[]): string {
  const body = (halves: string[]) =>
    transformBody(
      halves,
      inputs,
      statements,
      (index) => `s${index} + o`,
      (index) => (index === 0 ? 'to' : `to + ${index} * planeBytes`),
    );
  return `export function ${name}(sources: usize, stride: usize, count: i32, first: i32, depth: i32, target: usize, rowBytes: usize, planeBytes: usize, panelBytes: usize, constants: usize): void {
  ${constantsOf(statements)}
  const begin = <usize>first << 2;
  const end = begin + (<usize>depth << 2);
  for (let tile = 0; tile < count; tile++) {
    ${range(inputs)
      .map((index) => `const s${index} = <usize>load<u32>(sources + ${index} * stride);`)
      .join('\n    ')}
    sources += 4;
    let row = target;
    let o = begin;
    while (o + 64 <= end) {
      for (let to = row; to < row + 64; to += 32) {
        ${body(['a', 'b'])}
        o += 32;
      }
      row += panelBytes;
    }
    for (let to = row; o < end; to += 16) {
      ${body(['a'])}
      o += 16;
    }
    target += rowBytes;
  }
}`;
}

/** target [outputs][bytes] = transform of source [inputs][bytes], planes apart; \`bytes\` is a multiple of 16. */
function planeTransform(name: string, inputs: number, statements: string[]): string {
  const body = (halves: string[]) =>
    transformBody(
      halves,
      inputs,
      statements,
      (index) => `source + ${index} * sourcePlane`,
      (index) => `target + ${index} * targetPlane`,
    );
  return `export function ${name}(source: usize, sourcePlane: usize, target: usize, targetPlane: usize, bytes: usize, constants: usize): void {
  ${constantsOf(statements)}
  let left = bytes;
  for (; left >= 32; left -= 32) {
    ${body(['a', 'b'])}
    source += 32;
    target += 32;
  }
  if (left >= 16) {
    ${body(['a'])}
  }
}`;
}

/**
 * One panel of 16 columns: source [inputs][tile][16] (planes \`planeBytes\` apart) becomes the rows that \`targets\` [outputs][stride / 4]
 * points at, plus \`targetOffset\`. \`header\`: bias, and with \`epilogue\` scale and offset: relu(·) · scale + offset.
 */
function outputFunction(name: string, inputs: number, statements: string[], outputs: number): string {
  const halves = ['a', 'b'];
  const both = (lines: string[]) => lines.map((line) => halves.map((half) => line.replaceAll('@', half)).join(' '));
  return `export function ${name}(source: usize, planeBytes: usize, count: i32, targets: usize, stride: usize, targetOffset: usize, header: usize, epilogue: bool, constants: usize): void {
  ${constantsOf(statements)}
  const zero = f32x4.splat(0);
  for (let o: usize = 0; o < 64; o += 32) {
    const biasa = v128.load(header + o), biasb = v128.load(header + o, 16);
    const scalea = v128.load(header + o, 64), scaleb = v128.load(header + o, 80);
    const offseta = v128.load(header + o, 128), offsetb = v128.load(header + o, 144);
    let from = source + o;
    let to = targets;
    const column = targetOffset + o;
    for (let tile = 0; tile < count; tile++) {
      ${range(inputs)
        .map((index) => `const at${index} = from + ${index} * planeBytes;`)
        .join('\n      ')}
      ${range(inputs)
        .map((index) => `const d${index}a = v128.load(at${index}), d${index}b = v128.load(at${index}, 16);`)
        .join('\n      ')}
      ${both(statements).join('\n      ')}
      if (epilogue) {
        ${both(range(outputs).map((index) => `t${index}@ = multiplyAdd(f32x4.pmax(t${index}@, zero), scale@, offset@);`)).join('\n        ')}
      }
      ${range(outputs)
        .map(
          (index) =>
            `{ const at = <usize>load<u32>(to + ${index} * stride) + column; v128.store(at, t${index}a); v128.store(at, t${index}b, 16); }`,
        )
        .join('\n      ')}
      from += 64;
      to += 4;
    }
  }
}`;
}

/**
 * One panel of 16 columns of whole lines: the products `source` [7][tile][16] of their tiles, `tilesOfLine` a line, and those of the
 * odd inputs, `rest` [line][6 · tilesOfLine + 1][16], to which the output that a tile shares with the next one is added. Otherwise as
 * `outputFunction`, with seven targets a tile, of which the last counts at the end of a line alone.
 */
function overlapFunction(name: string): string {
  const both = (lines: string[]) => lines.map((line) => ['a', 'b'].map((half) => line.replaceAll('@', half)).join(' '));
  const outputs = range(evensOfOverlap);
  const finish = (index: number) => `multiplyAdd(f32x4.pmax(t${index}@, zero), scale@, offset@)`;
  return `export function ${name}(source: usize, planeBytes: usize, rest: usize, lineCount: i32, tilesOfLine: i32, targets: usize, stride: usize, targetOffset: usize, header: usize, epilogue: bool, constants: usize): void {
  ${constantsOf(overlapOutput)}
  const zero = f32x4.splat(0);
  for (let o: usize = 0; o < 64; o += 32) {
    const biasa = v128.load(header + o), biasb = v128.load(header + o, 16);
    const scalea = v128.load(header + o, 64), scaleb = v128.load(header + o, 80);
    const offseta = v128.load(header + o, 128), offsetb = v128.load(header + o, 144);
    let from = source + o;
    let odd = rest + o;
    let to = targets;
    const column = targetOffset + o;
    for (let line = 0; line < lineCount; line++) {
      for (let tile = 0; tile < tilesOfLine; tile++) {
        ${range(overlapPlanes)
          .map((index) => `const at${index} = from + ${index} * planeBytes;`)
          .join('\n        ')}
        ${range(overlapPlanes)
          .map((index) => `const d${index}a = v128.load(at${index}), d${index}b = v128.load(at${index}, 16);`)
          .join('\n        ')}
        ${range(overlapPlanes)
          .map(
            (index) =>
              `const r${index}a = v128.load(odd, ${index * 64}), r${index}b = v128.load(odd, ${index * 64 + 16});`,
          )
          .join('\n        ')}
        ${both(overlapOutput).join('\n        ')}
        ${both(outputs.map((index) => `t${index}@ = f32x4.add(f32x4.add(t${index}@, r${index}@), bias@);`)).join('\n        ')}
        ${both([`t${evensOfOverlap}@ = f32x4.add(t${evensOfOverlap}@, r${evensOfOverlap}@);`]).join('\n        ')}
        if (epilogue) {
          ${both(outputs.map((index) => `t${index}@ = ${finish(index)};`)).join('\n          ')}
        }
        ${outputs
          .map(
            (index) =>
              `{ const at = <usize>load<u32>(to + ${index} * stride) + column; v128.store(at, t${index}a); v128.store(at, t${index}b, 16); }`,
          )
          .join('\n        ')}
        v128.store(odd, t${evensOfOverlap}a, ${evensOfOverlap * 64});
        v128.store(odd, t${evensOfOverlap}b, ${evensOfOverlap * 64 + 16});
        odd += ${evensOfOverlap * 64};
        from += 64;
        to += 4;
      }
      const at = <usize>load<u32>(to + ${evensOfOverlap} * stride - 4) + column;
      let lasta = v128.load(odd), lastb = v128.load(odd, 16);
      ${both(['last@ = f32x4.add(last@, bias@);']).join('\n      ')}
      if (epilogue) {
        ${both(['last@ = multiplyAdd(f32x4.pmax(last@, zero), scale@, offset@);']).join('\n        ')}
      }
      v128.store(at, lasta);
      v128.store(at, lastb, 16);
      odd += 64;
    }
  }
}`;
}

function transformBody(
  halves: string[],
  inputs: number,
  statements: string[],
  source: (index: number) => string,
  target: (index: number) => string,
): string {
  // An output is stored as soon as it is known, to free its register; loads all come first, as V8 fuses no load across a store.
  const stores = (statement: string): string[] => {
    const index = /^const t(\d+)@/.exec(statement)?.[1];
    return index === undefined
      ? []
      : [
          `const q${index} = ${target(Number(index))};`,
          ...halves.map((half, h) => `v128.store(q${index}, t${index}${half}, ${h * 16});`),
        ];
  };
  return [
    ...range(inputs).map((index) => `const p${index} = ${source(index)};`),
    ...range(inputs).flatMap((index) =>
      halves.map((half, h) => `const d${index}${half} = v128.load(p${index}, ${h * 16});`),
    ),
    ...statements.flatMap((statement) => [
      ...halves.map((half) => statement.replaceAll('@', half)),
      ...stores(statement),
    ]),
  ].join('\n        ');
}

/** Declares the constants that the statements use. */
function constantsOf(statements: string[]): string {
  const text = statements.join(' ');
  return Object.keys(constants)
    .map((name, index) => ({ name, index }))
    .filter(({ name }) => new RegExp(`\\b${name}\\b`).test(text))
    .map(({ name, index }) => `const ${name} = v128.load32_splat(constants, ${index * 4});`)
    .join(' ');
}

/** Writes the constants of the transforms. In memory, because V8 builds an immediate vector anew at every use of it in a loop. */
function constantsFunction(): string {
  return `export function writeConstants(table: usize): void {
  ${Object.values(constants)
    .map((value, index) => `f32.store(table, ${value}, ${index * 4});`)
    .join('\n  ')}
}`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
