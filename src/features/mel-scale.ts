/** Slaney's scale: linear below 1 kHz at 200/3 Hz a mel, logarithmic above with 27 mels for a factor of 6.4 (Auditory Toolbox, librosa). */
const slaneyHertzPerMel = 200 / 3;
const slaneyKnee = 1000 / slaneyHertzPerMel;
const slaneyLogStep = Math.log(6.4) / 27;

/** Mels of a frequency in hertz (≥ 0). `htk`: 1127 ln(1 + f / 700), as in HTK and TensorFlow. */
export function hertzToMel(hertz: number, scale: 'htk' | 'slaney'): number {
  if (scale === 'htk') return 1127 * Math.log1p(hertz / 700);
  return hertz < 1000 ? hertz / slaneyHertzPerMel : slaneyKnee + Math.log(hertz / 1000) / slaneyLogStep;
}

/** The inverse of `hertzToMel`. */
export function melToHertz(mel: number, scale: 'htk' | 'slaney'): number {
  if (scale === 'htk') return 700 * Math.expm1(mel / 1127);
  return mel < slaneyKnee ? mel * slaneyHertzPerMel : 1000 * Math.exp((mel - slaneyKnee) * slaneyLogStep);
}
