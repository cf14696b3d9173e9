import path from 'node:path';
import { setBackend } from '../../src/backend/index.ts';
import { goldenNetworks, goldenNetworkTests } from '../nn/golden-network.ts';
import { sharedFolder } from '../shared.ts';

const folder = sharedFolder('golden/network') ?? path.join(import.meta.dirname, '../fixtures/nn');

goldenNetworkTests('simd', goldenNetworks(folder), () => setBackend('simd'));
