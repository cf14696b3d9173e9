/** a · b + c on four lanes: one instruction where the module is built with relaxed SIMD, two roundings otherwise. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    return f32x4.relaxed_madd(a, b, c);
  } else {
    return f32x4.add(f32x4.mul(a, b), c);
  }
}

/** Rounds a number of bytes up to whole cache lines. */
// @ts-ignore: decorator
@inline
export function lines(bytes: usize): usize {
  return (bytes + 63) & ~63;
}
