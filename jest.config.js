/** Tests run as native ES modules; TypeScript is stripped by swc. Types are checked by `npm run types`, not here. */
export default {
  testEnvironment: '<rootDir>/test/environment.js',
  roots: ['<rootDir>/test'],
  setupFiles: ['<rootDir>/test/properties.ts'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024', experimental: { keepImportAttributes: true } },
        module: { type: 'es6' },
      },
    ],
  },
  moduleFileExtensions: ['ts', 'js', 'json', 'node'],
  testTimeout: 180_000,
  // Jest's own default leaves one processor out: with two, it would run one suite after another.
  maxWorkers: '100%',
};
