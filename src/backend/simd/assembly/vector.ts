// @ts-nocheck: AssemblyScript, compiled by asc alone.

/**
 * Rectified linear unit; NaN stays NaN. pmax(x, 0) is 0 where x < 0 and x otherwise: one instruction, where f32x4.max takes seven to
 * treat NaN and signed zeros as IEEE's maximum does.
 */
// @ts-ignore: decorator
@inline
export function rectify(x: v128): v128 {
  return f32x4.pmax(x, f32x4.splat(0));
}

/** Rectified linear unit of one number; NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function rectifyScalar(x: f32): f32 {
  return max<f32>(x, 0);
}
