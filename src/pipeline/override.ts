import { parse } from 'yaml';
import { BadInputError } from '../errors.ts';

/** Keys that would reach into JavaScript's own objects. */
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * A copy of `document` with one value replaced: `a.b=c`, lists by index (`tasks.0.dataset=…`); the value is YAML (`8`, `true`,
 * `[1, 2]`, `{ relative: 0.05 }`), an index one behind a list's end appends to it.
 * @throws BadInputError naming the override where it is not of this form or its path leads nowhere.
 */
export function override(document: unknown, assignment: string): unknown {
  const equals = assignment.indexOf('=');
  const keys = assignment.slice(0, Math.max(0, equals)).split('.');
  if (equals < 1 || keys.some((key) => key === '' || forbidden.has(key))) {
    throw new BadInputError(`--set ${assignment}: expected key.key=value, such as train.batch=32`);
  }
  let value: unknown;
  try {
    value = parse(assignment.slice(equals + 1));
  } catch {
    throw new BadInputError(`--set ${assignment}: expected a YAML value behind the "=", found one that cannot be read`);
  }
  return withoutRival(replace(document ?? {}, keys, value, assignment), keys.join('.'));
}

/** A run's length is told in steps or in epochs: saying one takes the other back. */
const rivals: Readonly<Record<string, string>> = { 'train.steps': 'epochs', 'train.epochs': 'steps' };

function withoutRival(document: unknown, changed: string): unknown {
  const rival = rivals[changed];
  if (rival === undefined || typeof document !== 'object' || document === null || !('train' in document))
    return document;
  const { [rival]: _, ...train } = document.train as Record<string, unknown>;
  return { ...document, train };
}

function replace(node: unknown, keys: readonly string[], value: unknown, assignment: string): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (Array.isArray(node)) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index > node.length) {
      throw new BadInputError(`--set ${assignment}: expected an index from 0 to ${node.length}, found "${key}"`);
    }
    return Object.assign([...node], { [index]: replace(node[index] ?? {}, rest, value, assignment) });
  }
  // A scalar gives way to a mapping: `smoothness.relative=0.05` where smoothness was a number.
  const mapping: Record<string, unknown> = typeof node === 'object' && node !== null ? { ...node } : {};
  mapping[key] = replace(mapping[key], rest, value, assignment);
  return mapping;
}
