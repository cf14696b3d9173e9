/** The part of yauzl 3 that is used here. */
declare module 'yauzl' {
  import type { Readable } from 'node:stream';

  export interface Entry {
    readonly fileName: string;
    readonly uncompressedSize: number;
    readonly crc32: number;
    readonly externalFileAttributes: number;
    isEncrypted(): boolean;
  }

  export interface ZipFile {
    readEntry(): void;
    openReadStream(entry: Entry, callback: (error: Error | null, stream: Readable) => void): void;
    close(): void;
    on(event: 'entry', listener: (entry: Entry) => void): this;
    on(event: 'end', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  export function open(
    path: string,
    options: { lazyEntries: boolean; autoClose: boolean; validateEntrySizes: boolean },
    callback: (error: Error | null, zipFile: ZipFile) => void,
  ): void;

  const yauzl: { open: typeof open };
  export default yauzl;
}
