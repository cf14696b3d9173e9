import { z } from 'zod';
import { nearest } from './edit-distance.ts';
import { pipelineSchema } from './schema.ts';

/** The part of JSON Schema that our schemas use. */
interface SchemaNode {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: SchemaNode[];
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  prefixItems?: SchemaNode[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

let cachedRoot: SchemaNode | undefined;

function root(): SchemaNode {
  cachedRoot ??= z.toJSONSchema(pipelineSchema, { io: 'input' }) as SchemaNode;
  return cachedRoot;
}

/** Every schema that may stand at a path: alternatives are followed side by side. */
function nodesAt(path: readonly PropertyKey[]): SchemaNode[] {
  let nodes: SchemaNode[] = [root()];
  for (const key of path) {
    nodes = nodes
      .flatMap((node) => node.anyOf ?? [node])
      .flatMap((node) => {
        const child =
          typeof key === 'number' ? (node.prefixItems?.[key] ?? node.items) : node.properties?.[String(key)];
        return child ? [child] : [];
      });
  }
  return nodes.flatMap((node) => node.anyOf ?? [node]);
}

function describeNumber(node: SchemaNode): string {
  const whole = node.type === 'integer';
  const bounded = (value: number | undefined) => value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  if (node.exclusiveMinimum === 0 && !bounded(node.maximum)) return whole ? 'a positive integer' : 'a positive number';
  const parts: string[] = [];
  if (bounded(node.minimum)) parts.push(`at least ${node.minimum}`);
  if (node.exclusiveMinimum !== undefined) parts.push(`above ${node.exclusiveMinimum}`);
  if (bounded(node.maximum)) parts.push(`at most ${node.maximum}`);
  if (node.exclusiveMaximum !== undefined && bounded(node.exclusiveMaximum))
    parts.push(`below ${node.exclusiveMaximum}`);
  return `${whole ? 'an integer' : 'a number'}${parts.length ? ` of ${parts.join(' and ')}` : ''}`;
}

function describe(node: SchemaNode): string {
  if (node.const !== undefined) return String(node.const);
  if (node.enum) return `one of ${node.enum.join(', ')}`;
  switch (node.type) {
    case 'integer':
    case 'number':
      return describeNumber(node);
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'a text';
    case 'array':
      if (node.prefixItems) return `a list of ${node.prefixItems.length} numbers`;
      return 'a list of at least one entry';
    case 'object':
      return `a mapping with keys among ${Object.keys(node.properties ?? {}).join(', ')}`;
    default:
      return 'another value';
  }
}

/** What a pipeline may hold at a path, in words. */
function expectedAt(path: readonly PropertyKey[]): string {
  return [...new Set(nodesAt(path).map(describe))].join(', or ');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** The issue that says most: inside a union, that of the alternative which got furthest. */
function deepest(
  issue: z.core.$ZodIssue,
  path: readonly PropertyKey[],
): { issue: z.core.$ZodIssue; path: PropertyKey[] } {
  const here = [...path, ...issue.path];
  if (issue.code !== 'invalid_union') return { issue, path: here };
  const inner = issue.errors.flatMap((issues) => issues.map((one) => deepest(one, here)));
  const further = inner.filter((one) => one.path.length > here.length || one.issue.code === 'unrecognized_keys');
  return further.find((one) => one.issue.code === 'unrecognized_keys') ?? further[0] ?? { issue, path: here };
}

/** One sentence for the first thing that is wrong with a pipeline: the field, what was expected, what was found. */
export function explain(error: z.ZodError, input: unknown): string {
  const [first] = error.issues;
  if (first === undefined) return 'expected a pipeline';
  const { issue, path } = deepest(first, []);
  const field = path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = nodesAt(path).flatMap((node) => Object.keys(node.properties ?? {}));
    const meant = nearest(key, known);
    const hint = meant ? `did you mean "${meant}"?` : `expected one of ${known.join(', ')}`;
    return `${field ? `${field}.` : ''}${key}: unknown key; ${hint}`;
  }
  if (issue.code === 'custom') return `${field}: ${issue.message}`;
  if (issue.code === 'invalid_format')
    return `${field}: expected ${issue.message}, found ${show(valueAt(input, path))}`;
  return `${field || 'pipeline'}: expected ${expectedAt(path)}, found ${show(valueAt(input, path))}`;
}
