import path from 'node:path';
import { sharedFolder } from '../shared.ts';
import { goldenNetworks, goldenNetworkTests } from './golden-network.ts';

/** Where the whole set is not beside the checkout, the three networks kept here. */
const folder = sharedFolder('golden/network') ?? path.join(import.meta.dirname, '../fixtures/nn');

goldenNetworkTests('cpu', goldenNetworks(folder));
