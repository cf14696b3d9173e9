import type { DatasetDefinition } from './dataset-definition.ts';

/** The public data sets by their names; each is loaded when it is asked for. */
export const definitions: Readonly<Record<string, () => Promise<DatasetDefinition>>> = {
  'speech-commands': async () => (await import('./speech-commands.ts')).speechCommands,
  nsynth: async () => (await import('./nsynth.ts')).nsynth,
  birds: async () => (await import('./birds.ts')).birds,
  'tut-urban-2018': async () => (await import('./tut-urban.ts')).tutUrban,
};

/** Names that a pipeline may give to `dataset`, besides `folder:` and `manifest:`. */
export const catalogueNames: readonly string[] = [...Object.keys(definitions), 'notes'];
