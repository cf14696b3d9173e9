type Color = readonly [number, number, number];

/** Nine stops of matplotlib's viridis (CC0): from dark to bright, even steps of lightness. */
const viridis: readonly Color[] = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
];

/** Blue over white to red, for differences either way. */
const diverging: readonly Color[] = [
  [33, 102, 172],
  [103, 169, 207],
  [209, 229, 240],
  [247, 247, 247],
  [253, 219, 199],
  [239, 138, 98],
  [178, 24, 43],
];

const colorMaps = { sequential: viridis, diverging };
export type ColorMap = keyof typeof colorMaps;

/** The colour of a share from 0 to 1, between the map's stops linearly; other shares are those of the nearest end. */
export function colorOf(map: ColorMap, share: number): [number, number, number] {
  const stops = colorMaps[map];
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(place));
  const [low, high] = [stops[index] ?? [0, 0, 0], stops[index + 1] ?? [0, 0, 0]];
  const mix = (channel: 0 | 1 | 2) => Math.round(low[channel] + (place - index) * (high[channel] - low[channel]));
  return [mix(0), mix(1), mix(2)];
}
