import path from 'node:path';
import '@tensorflow/tfjs-backend-wasm';
import { sharedFolder } from '../shared.ts';
import { goldenNetworks, goldenNetworkTests } from './golden-network.ts';

const keptHere = path.join(import.meta.dirname, '../fixtures/nn');

/** Where the whole set is not beside the checkout, the three networks kept here. */
goldenNetworkTests('cpu', goldenNetworks(sharedFolder('golden/network') ?? keptHere));

/** tfjs's fallback backend, on one network. */
const { folder, cases } = goldenNetworks(keptHere);
goldenNetworkTests('wasm', { folder, cases: cases.filter(({ file }) => file.startsWith('diffstride-axis')) });
