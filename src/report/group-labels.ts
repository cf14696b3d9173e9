import type { RunVariant } from './run-variant.ts';

/** One short name a group: its pipeline's name, and its model where the pipelines alone do not tell groups apart. */
export function groupLabels(variants: readonly RunVariant[]): string[] {
  const names = variants.map((variant) => variant.group.runs[0]?.pipeline.name ?? variant.group.label);
  return variants.map((variant, index) => {
    const name = names[index] ?? '';
    const kin = variants.filter((_, other) => names[other] === name);
    if (kin.length === 1) return name;
    const sameLabel = kin.filter((other) => other.label === variant.label);
    return sameLabel.length === 1 ? `${name}, ${variant.label}` : variant.group.label;
  });
}
