/**
 * Writes the transforms of Winograd's F(4, 3) as AssemblyScript (S. Winograd, "Arithmetic complexity of computations", 1980;
 * matrices of A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", 2016, eq. 13): four outputs of a
 * three-tap correlation from six products instead of twelve,
 *
 *     y = Aᵀ [(G g) ⊙ (Bᵀ d)],   and its adjoint in g:   dg = Gᵀ [(A dy) ⊙ (Bᵀ d)].
 *
 * Each loop handles eight floats as two vectors `a` and `b`, all loads before all stores, which V8 fuses into one of eight.
 */

/** Statements on four lanes; `@` stands for the half. */
const inputTransform = [
  'const even@ = multiplyAdd(minus4, d2@, d4@);',
  'const odd@ = multiplyAdd(minus4, d1@, d3@);',
  'const near@ = f32x4.sub(d4@, d2@);',
  'const far@ = f32x4.sub(d3@, d1@);',
  'const t0@ = multiplyAdd(four, d0@, multiplyAdd(minus5, d2@, d4@));',
  'const t1@ = f32x4.add(even@, odd@);',
  'const t2@ = f32x4.sub(even@, odd@);',
  'const t3@ = multiplyAdd(two, far@, near@);',
  'const t4@ = multiplyAdd(minus2, far@, near@);',
  'const t5@ = multiplyAdd(four, d1@, multiplyAdd(minus5, d3@, d5@));',
];

const outputTransform = [
  'const s12@ = f32x4.add(d1@, d2@);',
  'const d12@ = f32x4.sub(d1@, d2@);',
  'const s34@ = f32x4.add(d3@, d4@);',
  'const d34@ = f32x4.sub(d3@, d4@);',
  'let t0@ = f32x4.add(f32x4.add(f32x4.add(d0@, s12@), s34@), bias@);',
  'let t1@ = f32x4.add(multiplyAdd(two, d34@, d12@), bias@);',
  'let t2@ = f32x4.add(multiplyAdd(four, s34@, s12@), bias@);',
  'let t3@ = f32x4.add(f32x4.add(multiplyAdd(eight, d34@, d12@), d5@), bias@);',
];

const gradientTransform = [
  'const t0@ = d0@;',
  'const s02@ = f32x4.add(d0@, d2@);',
  'const s13@ = f32x4.add(d1@, d3@);',
  'const f02@ = multiplyAdd(four, d2@, d0@);',
  'const f13@ = multiplyAdd(eight, d3@, f32x4.mul(two, d1@));',
  'const t1@ = f32x4.add(s02@, s13@);',
  'const t2@ = f32x4.sub(s02@, s13@);',
  'const t3@ = f32x4.add(f02@, f13@);',
  'const t4@ = f32x4.sub(f02@, f13@);',
  'const t5@ = d3@;',
];

/** G g and Gᵀ g. */
const filterTransform = [
  'const ends@ = f32x4.add(d0@, d2@);',
  'const quarter@ = multiplyAdd(four, d2@, d0@);',
  'const t0@ = f32x4.mul(oneFourth, d0@);',
  'const t1@ = f32x4.mul(minusSixth, f32x4.add(ends@, d1@));',
  'const t2@ = f32x4.mul(minusSixth, f32x4.sub(ends@, d1@));',
  'const t3@ = f32x4.mul(one24th, multiplyAdd(two, d1@, quarter@));',
  'const t4@ = f32x4.mul(one24th, multiplyAdd(minus2, d1@, quarter@));',
  'const t5@ = d2@;',
];

const filterAdjoint = [
  'const s12@ = f32x4.mul(minusSixth, f32x4.add(d1@, d2@));',
  'const d12@ = f32x4.mul(minusSixth, f32x4.sub(d1@, d2@));',
  'const s34@ = f32x4.mul(one24th, f32x4.add(d3@, d4@));',
  'const d34@ = f32x4.mul(one24th, f32x4.sub(d3@, d4@));',
  'const t0@ = multiplyAdd(oneFourth, d0@, f32x4.add(s12@, s34@));',
  'const t1@ = multiplyAdd(two, d34@, d12@);',
  'const t2@ = f32x4.add(multiplyAdd(four, s34@, s12@), d5@);',
];

const constants: Record<string, string> = {
  two: '2',
  minus2: '-2',
  four: '4',
  minus4: '-4',
  minus5: '-5',
  eight: '8',
  oneFourth: '0.25',
  minusSixth: '<f32>(-1.0 / 6.0)',
  one24th: '<f32>(1.0 / 24.0)',
};

/** The source of the virtual module `./winograd-transforms`. */
export function winogradSource(): string {
  return [
    `import { multiplyAdd } from './arithmetic';`,
    rowTransform('transformInput', 6, inputTransform, 6),
    rowTransform('transformGradient', 4, gradientTransform, 6),
    planeTransform('transformFilter', 3, filterTransform, 6),
    planeTransform('transformFilterAdjoint', 6, filterAdjoint, 3),
    outputFunction(),
  ].join('\n');
}

/**
 * For `count` tiles: rows that `sources` [inputs][stride / 4] points at, `depth` floats of each from `first` on (a multiple of
 * 4), become target [outputs][tile][…], `planeBytes` and `rowBytes` apart; 16-float panels are `panelBytes` apart.
 */
function rowTransform(name: string, inputs: number, statements: string[], outputs: number): string {
  const body = (halves: string[]) =>
    transformBody(
      halves,
      inputs,
      statements,
      outputs,
      (index) => `s${index} + o`,
      (index) => (index === 0 ? 'to' : `to + ${index} * planeBytes`),
    );
  return `export function ${name}(sources: usize, stride: usize, count: i32, first: i32, depth: i32, target: usize, rowBytes: usize, planeBytes: usize, panelBytes: usize): void {
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
function planeTransform(name: string, inputs: number, statements: string[], outputs: number): string {
  const body = (halves: string[]) =>
    transformBody(
      halves,
      inputs,
      statements,
      outputs,
      (index) => `source + ${index} * sourcePlane`,
      (index) => `target + ${index} * targetPlane`,
    );
  return `export function ${name}(source: usize, sourcePlane: usize, target: usize, targetPlane: usize, bytes: usize): void {
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
 * One panel of 16 columns: source [6][tile][16] (planes \`planeBytes\` apart) becomes the rows that \`targets\` [4][stride / 4]
 * points at, plus \`targetOffset\`. \`header\`: bias, and with \`epilogue\` scale and offset: relu(·) · scale + offset.
 */
function outputFunction(): string {
  const halves = ['a', 'b'];
  const both = (lines: string[]) => lines.map((line) => halves.map((half) => line.replaceAll('@', half)).join(' '));
  return `export function transformOutput(source: usize, planeBytes: usize, count: i32, targets: usize, stride: usize, targetOffset: usize, header: usize, epilogue: bool): void {
  ${constantsOf(outputTransform)}
  const zero = f32x4.splat(0);
  for (let o: usize = 0; o < 64; o += 32) {
    const biasa = v128.load(header + o), biasb = v128.load(header + o, 16);
    const scalea = v128.load(header + o, 64), scaleb = v128.load(header + o, 80);
    const offseta = v128.load(header + o, 128), offsetb = v128.load(header + o, 144);
    let from = source + o;
    let to = targets;
    const column = targetOffset + o;
    for (let tile = 0; tile < count; tile++) {
      ${range(6)
        .map((index) => `const at${index} = from + ${index} * planeBytes;`)
        .join('\n      ')}
      ${range(6)
        .map((index) => `const d${index}a = v128.load(at${index}), d${index}b = v128.load(at${index}, 16);`)
        .join('\n      ')}
      ${both(outputTransform).join('\n      ')}
      if (epilogue) {
        ${both(range(4).map((index) => `t${index}@ = multiplyAdd(f32x4.max(t${index}@, zero), scale@, offset@);`)).join('\n        ')}
      }
      ${range(4)
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

function transformBody(
  halves: string[],
  inputs: number,
  statements: string[],
  outputs: number,
  source: (index: number) => string,
  target: (index: number) => string,
): string {
  return [
    ...range(inputs).map((index) => `const p${index} = ${source(index)};`),
    ...range(inputs).flatMap((index) =>
      halves.map((half, h) => `const d${index}${half} = v128.load(p${index}, ${h * 16});`),
    ),
    ...statements.flatMap((statement) => halves.map((half) => statement.replaceAll('@', half))),
    ...range(outputs).map((index) => `const q${index} = ${target(index)};`),
    ...range(outputs).flatMap((index) =>
      halves.map((half, h) => `v128.store(q${index}, t${index}${half}, ${h * 16});`),
    ),
  ].join('\n        ');
}

function constantsOf(statements: string[]): string {
  const text = statements.join(' ');
  return Object.entries(constants)
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(text))
    .map(([name, value]) => `const ${name} = f32x4.splat(${value});`)
    .join(' ');
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
