import fc from 'fast-check';

// The same examples in every run, so that a failure means a change; SPECTRIDE_PROPERTY_SEED tries others.
const seed = Number(process.env.SPECTRIDE_PROPERTY_SEED ?? 2022);
if (!Number.isInteger(seed))
  throw new Error(`SPECTRIDE_PROPERTY_SEED is ${process.env.SPECTRIDE_PROPERTY_SEED}, expected an integer`);
fc.configureGlobal({ seed });
