// @ts-nocheck: AssemblyScript, compiled by asc alone.

/** Rectified linear unit; NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function rectify(x: v128): v128 {
  return f32x4.max(x, f32x4.splat(0));
}

/** Rectified linear unit of one number; NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function rectifyScalar(x: f32): f32 {
  return max<f32>(x, 0);
}
